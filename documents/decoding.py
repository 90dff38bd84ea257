"""Decodes text files of any encoding, mislabelled ones included."""

from __future__ import annotations

import codecs
import re
import unicodedata

from charset_normalizer import from_bytes

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})")
_HEAD_BYTES = 4096
_SAMPLE_BYTES = 200_000
_C1 = re.compile("[\x80-\x9f]")
_TWICE = re.compile("[ÃÂâ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
"""UTF-8 that was read as cp1252 and written as UTF-8 again."""
_OTHER_SCRIPT = re.compile(rb"[\xc0-\xff]{4}")
_WESTERN = frozenset(
    "äöüÄÖÜßéèêëàâáíìîïóòôõúùûñãçÉÈÀÂÁÍÓÚÑÇåÅøØæÆœŒ€£’‘“”„–—…°«»·©®§¿¡\N{NO-BREAK SPACE}"
)
_CENTRAL = frozenset("ąćęłńśźżčďěňřšťůžőűăţşáéíóúýöüäßĄĆĘŁŃŚŹŻČĎĚŇŘŠŤŮŽŐŰÁÉÍÓÚÝÖÜÄ€’‘“”„–—…°§")
_USUAL = {"cp1252": _WESTERN, "mac-roman": _WESTERN, "cp1250": _CENTRAL}
"""The first of the best wins."""
_NOT_SHOWN = {
    code: None for code in (*range(9), 11, *range(14, 32), 127, 0xAD, 0x200B, 0x2060, 0xFEFF)
}
_SPACES = {code: " " for code in (0x00A0, 0x2007, 0x202F)}


def decode(content: bytes) -> str:
    """Return the text of a file without control characters, its lines ended by line feeds.

    A mark at its start decides first, then UTF-8 where the bytes are valid, then what the file declares, then
    what its bytes look like. Labels are wrong more often than bytes are valid UTF-8 by chance.

    Raises:
        ValueError: It is no text.
    """
    text = plain_signs(_undo_double(_decode(content)))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")


def plain_signs(text: str) -> str:
    """Return text without control and invisible characters, its letters composed and its spaces plain."""
    return unicodedata.normalize("NFC", text.translate(_NOT_SHOWN).translate(_SPACES))


def _decode(content: bytes) -> str:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) if encoding == "utf-8" else 0 :].decode(encoding, "replace")
    wide = _wide(content)
    if wide is not None:
        return wide
    if content.count(0) > len(content) // 100:
        raise ValueError("it is no text file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(content) - 3 and error.end == len(content):
            return content[: error.start].decode("utf-8")  # It was cut within its last character.
    for encoding in _declared(content):
        # Browsers read Latin-1 as cp1252 as well: the signs that differ are never meant as controls.
        real = "cp1252" if encoding in ("iso8859-1", "ascii") else encoding
        if real == "utf-8":
            continue
        try:
            text = content.decode(real)
        except UnicodeDecodeError:
            continue
        if not _C1.search(text):
            return text
    return _guess(content)


def _wide(content: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of Latin text is zero."""
    sample = content[:_HEAD_BYTES]
    if len(sample) < 4:
        return None
    for encoding, zeros, others in (
        ("utf-16-le", sample[1::2], sample[::2]),
        ("utf-16-be", sample[::2], sample[1::2]),
    ):
        if zeros.count(0) > 0.7 * len(zeros) and others.count(0) < 0.05 * len(others):
            return content.decode(encoding, "replace")
    return None


def _declared(content: bytes) -> list[str]:
    found = []
    for name in _DECLARED.findall(content[:_HEAD_BYTES]):
        try:
            found.append(codecs.lookup(name.decode("ascii")).name)
        except LookupError:
            continue
    return found


def _guess(content: bytes) -> str:
    """Decode a text in a Latin script by the letters that are usual in it, and one in another by statistics."""
    if _OTHER_SCRIPT.search(content):
        best = from_bytes(content[:_SAMPLE_BYTES]).best()
        if best is not None:
            return content.decode(best.encoding, "replace")
    texts = [(content.decode(encoding, "replace"), usual) for encoding, usual in _USUAL.items()]
    return max(texts, key=lambda item: sum(sign in item[1] for sign in item[0]))[0]


def _undo_double(text: str) -> str:
    """Text that was encoded twice, read as what it was meant to be."""
    for _ in range(2):
        if not _TWICE.search(text):
            return text
        try:
            text = "".join(_redecode(line) for line in text.splitlines(keepends=True))
        except UnicodeError:
            return text
    return text


def _redecode(line: str) -> str:
    if not _TWICE.search(line):
        return line
    raw = b"".join(
        sign.encode("latin-1") if 0x80 <= ord(sign) <= 0x9F else sign.encode("cp1252")
        for sign in line
    )
    return raw.decode("utf-8")
