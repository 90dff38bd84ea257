"""Finds the files that the program ships with, in the checkout or inside the installed package."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
IS_CHECKOUT = (ROOT / "pyproject.toml").is_file()
_FOLDER = ROOT if IS_CHECKOUT else Path(__file__).parent / "shipped"


def shipped(name: str) -> Path:
    """Return the path of a file or folder named as in the checkout; setup.py lists those in a wheel."""
    return _FOLDER / name
