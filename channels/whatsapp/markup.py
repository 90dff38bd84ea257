"""Writes a reply's Markdown with the few signs that WhatsApp supports."""

from __future__ import annotations

from channels.rich_text import TextWriter
from domain.channels import ChannelConfig
from domain.splitting import split_at_sentences

MAX_BODY_CHARS = 1600
"""Twilio's limit for one WhatsApp message."""

_WRITER = TextWriter(
    {"strong": "*", "em": "_", "s": "~", "code_inline": "`", "fence": "```"},
)


def to_whatsapp_markup(text: str) -> str:
    """Write bold and headings as `*bold*`, links as words and address, tables as lists; code stays."""
    return _WRITER.write(text)


def message_texts(text: str, config: ChannelConfig) -> list[str]:
    """Return the text of each message that a reply is sent in."""
    limit = min(config.max_chars or MAX_BODY_CHARS, MAX_BODY_CHARS)
    return split_at_sentences(to_whatsapp_markup(text), limit)
