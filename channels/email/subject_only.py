"""Puts the subject in front of a text that says nothing without it."""

from __future__ import annotations

import re

from channels.email.mail_languages import SUBJECT_WORDS
from channels.email.reply_text import reads_like_nothing

_SIGN_OFF = re.compile(
    r"\A\s*(?:thanks|thank you|thx|regards|best|kind regards|cheers|sincerely|danke|grüße|gruß|viele grüße|lg|vg|mfg"
    r"|merci|cordialement|gracias|saludos|obrigad[oa]|atenciosamente|cumprimentos|grazie|saluti|groet|groeten|dank|pozdrawiam"
    r"|dziękuję|děkuji|s pozdravem|mvh|hälsningar|hilsen|tak|takk|terveisin|kiitos|üdv|köszönöm|mulțumesc|teşekkürler"
    r"|saygılarımla|спасибо|с уважением|дякую|з повагою|ευχαριστώ|よろしく|谢谢|謝謝|감사)\b"
    r"[^\n]{0,30}(?:\n[^\n?]{0,40}){0,4}\Z",
    re.IGNORECASE,
)
"""A text that is nothing but a sign-off, with the name below it."""
_WORD = re.compile(r"[^\W\d_]+")
_POINTER_WORDS = 8
_POINTER_CHARS = 24
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def with_subject(text: str, subject: str, *, is_first: bool) -> str:
    """Return what the customer says: with the subject if the text is empty, a pointer to it or a signature.

    Args:
        text: The customer's own words.
        subject: The mail's subject.
        is_first: Whether the mail answers none, so that the subject is the customer's own.
    """
    if not subject or not text.strip():
        return text or subject
    if subject.casefold() in text.casefold():
        return text
    words = _WORD.findall(text)
    if not words or _points_to_subject(text, words) or (is_first and _is_signed_only(text)):
        return f"{subject}\n\n{text}"
    return text


def _is_signed_only(text: str) -> bool:
    return reads_like_nothing(text) or (
        bool(_SIGN_OFF.match(text)) and len(_WORD.findall(text)) <= _POINTER_WORDS
    )


def _points_to_subject(text: str, words: list[str]) -> bool:
    if len(words) > _POINTER_WORDS or (_CJK.search(text) and len(text) > _POINTER_CHARS):
        return False
    lower = text.casefold()
    return any(word in lower for word in SUBJECT_WORDS)
