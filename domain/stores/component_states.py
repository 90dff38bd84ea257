"""Declares what the stages read and write of their components' states."""

from __future__ import annotations

from typing import Protocol

from domain.components import ComponentState


class ComponentStates(Protocol):
    """How the last real work of each component went, reported by whoever did it."""

    async def succeed(self, component: str) -> None:
        """Real work succeeded."""
        ...

    async def fail(self, component: str, error: str) -> None:
        """Real work failed; `error` is for staff and holds no customer's data."""
        ...

    async def all(self) -> dict[str, ComponentState]:
        """Return the states by component."""
        ...
