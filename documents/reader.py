"""Reads files in a process of its own, with limits on size and time, so that no file holds or kills a replica."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from typing_extensions import override

from documents.reading import READERS, suffix_of
from domain.documents import DocumentReader, ImportLimits, Problem, ReadFile, SourceFile
from domain.errors import Malformed
from sandbox.process import ChildProcess, GaveUp


class FileReader(DocumentReader):
    """`DocumentReader` for HTML, Markdown, CSV, PDF, Word and plain text; `close` it after use."""

    def __init__(self, limits: ImportLimits = ImportLimits()) -> None:  # noqa: B008 (frozen)
        self._limits = limits
        self._thread = ThreadPoolExecutor(1, "file-reader")
        self._child = ChildProcess("documents.reading:answer")

    @override
    async def read(self, file: SourceFile) -> ReadFile:
        suffix = suffix_of(file.name)
        if suffix not in READERS:
            return _refused(file, f"files of the kind {suffix or 'without an ending'} are not read")
        if len(file.content) > self._limits.file_bytes:
            return _refused(file, f"it is larger than {self._limits.file_bytes // 1024**2} MiB")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._read, file)

    def close(self) -> None:
        """Let the file under way be read and end the process. Blocks until then."""
        self._thread.submit(self._child.end)
        self._thread.shutdown(wait=True)

    def _read(self, file: SourceFile) -> ReadFile:
        try:
            found = self._child.ask(
                (file, self._limits), timedelta(seconds=self._limits.seconds_a_file)
            )
        except GaveUp as error:
            is_cut_off = str(error) in ("EOFError", "OSError", "BrokenPipeError")
            return _refused(
                file, "it takes too long to read" if is_cut_off else f"it can't be read ({error})"
            )
        except Malformed as error:
            return _refused(file, str(error))
        assert isinstance(found, ReadFile)
        return found


def _refused(file: SourceFile, reason: str) -> ReadFile:
    return ReadFile(problems=(Problem(file.name, reason),))
