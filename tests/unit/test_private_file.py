"""Checks that a file with secrets is whole or not there, and nobody else reads it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from serve_app.private_file import write_private


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    write_private(path, "{}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_former_content(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    write_private(path, "former")
    path.with_name("secrets.json.new").mkdir()
    with pytest.raises(OSError, match="secrets"):
        write_private(path, "later")
    assert path.read_text() == "former"
