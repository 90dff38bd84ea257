"""Holds the database as each release left it, for the tests of upgrades."""

from __future__ import annotations

import tomllib

from serve_app.shipped import ROOT


def version() -> str:
    """The project's, as pyproject.toml states it."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])
