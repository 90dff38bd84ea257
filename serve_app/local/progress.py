"""Shows the progress of a start: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


class Progress:
    """Shows one step at a time; each ends with a line that tells its duration."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)

    def warn(self, text: str) -> None:
        """Show a sentence that the operator has to know."""
        self._console.print(f"  ! {text}", style="yellow", markup=False, soft_wrap=True)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show `what` while the block runs; an error marks the step as failed and is raised on."""
        began = time.monotonic()
        try:
            if self._console.is_terminal:
                with self._console.status(what):
                    yield
            else:
                self._console.print(f"  … {what}")
                yield
        except BaseException:
            self._console.print(f"[red]  ✗ {what}[/red] ({time.monotonic() - began:.1f} s)")
            raise
        self._console.print(f"[green]  ✓[/green] {what} ({time.monotonic() - began:.1f} s)")
