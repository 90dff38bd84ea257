"""Renders a reply as the HTML part of a mail."""

from __future__ import annotations

from channels.rich_text import to_html as to_fragment


def to_html(text: str) -> str:
    """Return an HTML document that says the same as `text`, whose own tags are escaped."""
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{to_fragment(text)}\n</body></html>\n'
