"""Turns Markdown and leftovers of HTML into plain words."""

from __future__ import annotations

import html
import re

from documents.tables import say_tables

_FENCE = re.compile(r"^[^\S\n]*(?:```|~~~)[^\n]*$\n?", re.MULTILINE)
_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:p|div|span|ul|ol|li|b|strong|em|i|u|a|h[1-6]|table|thead|tbody|tr|td|th|blockquote|img|code|pre|sup|sub|"
    r"details|summary|section|article|font|small|mark|kbd|hr|dl|dt|dd)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#[xX][0-9a-fA-F]{2,5});")
_IMAGE = re.compile(r"!\[[^\[\]\n]*\]\([^()\n]*\)[^\S\n]?")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^\[()\s]*)(?:[^\S\n]+\"[^\"\n]*\")?\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_RULE = re.compile(
    r"^[^\S\n]*+(?:(?:-[^\S\n]*+){3,}+|(?:\*[^\S\n]*+){3,}+|(?:_[^\S\n]*+){3,}+|={3,}+)$\n?",
    re.MULTILINE,
)
_HEADING = re.compile(r"^[^\S\n]*+#{1,6}[^\S\n]([^\n]*)$", re.MULTILINE)
_QUOTE = re.compile(r"^[^\S\n]*(?:>[^\S\n]?)+", re.MULTILINE)
_BOLD_AT_START = re.compile(
    r"^([^\S\n]*(?:(?:[-*•]|\d{1,2}[.)])[^\S\n]+)?)\*\*([^*\n]+)\*\*", re.MULTILINE
)
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*|(?<!\w)__([^_\n]+)__(?!\w)")
_ITALIC = re.compile(
    r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,200}?)(?<=\S)\*(?![\w*])|(?<![\w_/.])_(?=[^\s_])([^_\n]{1,200}?)(?<=\S)_(?![\w_])"
)
_STRUCK = re.compile(r"~~([^~\n]+)~~|==([^=\n]+)==")
_CODE = re.compile(r"(?<!`)`{1,3}+([^`\n]++)`{1,3}+")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")
_ATTRIBUTES = re.compile(r"\{[:#.][\w:#. =\"-]{0,100}\}")
_ITEM_MARK = re.compile(r"^([^\S\n]*)[*+][^\S\n]+", re.MULTILINE)
_LEFT_OVER = re.compile(r"\*\*|[\u200b\u2060\ufeff\u00ad]")
_QUOTE_MARK = re.compile(r"[\"“”„»«]")
_SPACES = re.compile(r"(?<=\S)[^\S\n]{2,}(?=\S)")


def plain_text(text: str) -> str:
    """Return the words: names of buttons in quotation marks, tables as lines, and no mark-up."""
    text = _without_comments(text)
    text = say_tables(text)
    text = _FENCE.sub("", text)
    text = _BREAK_TAG.sub("\n", text)
    text = _TAG.sub("", text)
    text = _IMAGE.sub("", text)
    text = _RULE.sub("", text)
    text = _QUOTE.sub("", text)
    text = _HEADING.sub(_heading, text)
    text = _ITEM_MARK.sub(r"\1- ", text)
    text = _BOLD_AT_START.sub(r"\1\2", text)
    text = _BOLD.sub(lambda found: _quoted(found.group(1) or found.group(2)), text)
    text = _LINK.sub(_link, text)
    text = _AUTOLINK.sub(lambda found: found.group(1).removeprefix("mailto:"), text)
    text = _CODE.sub(r"\1", text)
    text = _ITALIC.sub(lambda found: found.group(1) or found.group(2), text)
    text = _STRUCK.sub(lambda found: found.group(1) or found.group(2), text)
    text = _ATTRIBUTES.sub("", text)
    text = _ESCAPE.sub(r"\1", text)
    text = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    text = _LEFT_OVER.sub("", text)
    return _SPACES.sub(" ", text)


def _without_comments(text: str) -> str:
    first, *others = text.split("<!--")
    return first + "".join(part.partition("-->")[2] if "-->" in part else part for part in others)


def _heading(found: re.Match[str]) -> str:
    return found.group(1).strip().rstrip("#").rstrip()


def _quoted(name: str) -> str:
    return name if _QUOTE_MARK.search(name) else f"“{name}”"


def _link(found: re.Match[str]) -> str:
    words, target = found.groups()
    is_shown = target.startswith(("https://", "http://")) and target not in words
    return f"{words} ({target})" if is_shown else words
