"""Where the files lie that the program ships with: in the checkout, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
IS_CHECKOUT = (ROOT / "pyproject.toml").is_file()
_FOLDER = ROOT if IS_CHECKOUT else Path(__file__).parent / "shipped"


def shipped(name: str) -> Path:
    """A file or folder of the checkout by its name there; setup.py says which ones a wheel carries."""
    return _FOLDER / name
