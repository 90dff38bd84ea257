"""Decodes bytes and header words of mail whose charsets are wrong, unknown or missing."""

from __future__ import annotations

import base64
import binascii
import quopri
import re

from charset_normalizer import from_bytes

_MIN_GUESS_BYTES = 200
"""On fewer bytes, statistics find exotic alphabets in western text."""
_ENCODED_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?)")
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_FOLD = re.compile(r"\r?\n(?=[ \t])|[\r\n]")
_ONE_BYTE = ("cp125", "windows-125", "iso-8859", "iso8859", "latin")
_CHARSET_ALIASES = {
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "utf8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
}
"""A mail's label to the codec that reads it: the superset, as in browsers (WHATWG Encoding)."""


_SAYS_NOTHING = frozenset({"us-ascii", "ascii", "ansi_x3.4-1968", "7bit", "8bit", "x-unknown"})
"""Labels of programs that do not know the charset; wrong for bytes above 127."""


def decode_bytes(raw: bytes, charset: str | None) -> str:
    """Decode bytes whose charset may be wrong, unknown or missing; never raises.

    Bytes above 127 that are valid UTF-8 count as UTF-8 even if a one-byte charset is named: mislabelled
    UTF-8 is common, and text in such a charset is hardly ever valid UTF-8.
    """
    codec = _codec(charset)
    if codec in _SAYS_NOTHING:
        codec = ""
    for candidate in ("utf-8", codec) if codec.startswith(_ONE_BYTE) else (codec, "utf-8"):
        if _is_known(candidate):
            try:
                return raw.decode(candidate)
            except UnicodeError:
                continue
    if _is_known(codec):
        return raw.decode(codec, "replace")
    guess = from_bytes(raw[:20_000]).best() if len(raw) >= _MIN_GUESS_BYTES else None
    return raw.decode(guess.encoding if guess else "cp1252", "replace")


def unfold(value: str) -> str:
    """Put a header's value on one line and read its raw 8-bit bytes (surrogates in `email`) as UTF-8.

    RFC 6532 allows no other charset there; anything else becomes U+FFFD.
    """
    text = _FOLD.sub("", value)
    if text.isascii():
        return text
    try:
        raw = text.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return text
    return raw.decode("utf-8", "replace") if not _ENCODED_WORD.search(text) else _read_mixed(raw)


def _read_mixed(raw: bytes) -> str:
    """Decode 8-bit characters inside an encoded word, whose charset is mostly western."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def decode_header(value: str) -> str:
    """Decode an unfolded header; RFC 2047 words that split a character are joined first."""
    text = _BETWEEN_WORDS.sub(r"\1", value)
    pieces: list[str] = []
    pending: list[tuple[str, bytes]] = []
    position = 0
    for match in _ENCODED_WORD.finditer(text):
        charset, encoding, content = match.groups()
        if match.start() > position:
            pieces += (_flush(pending), text[position : match.start()])
        elif pending and pending[-1][0].lower() != charset.lower():
            pieces.append(_flush(pending))
        pending.append((charset, _word_bytes(charset, encoding, content)))
        position = match.end()
    pieces += (_flush(pending), text[position:])
    return "".join(pieces).replace("\x00", "")


def _word_bytes(charset: str, encoding: str, content: str) -> bytes:
    if encoding in "bB":
        return decode_base64(content)
    codec = _codec(charset)
    is_plain = content.isascii() or not _is_known(codec)
    raw = content.encode("utf-8" if is_plain else codec, "replace")
    return quopri.decodestring(raw.replace(b"_", b" "))


def decode_base64(content: str) -> bytes:
    """Decode as many bytes as there are, without other characters and what was cut off."""
    clean = _NO_BASE64.sub("", content)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    try:
        return base64.b64decode(clean + "=" * (-len(clean) % 4))
    except binascii.Error:
        return content.encode()


def _flush(pending: list[tuple[str, bytes]]) -> str:
    if not pending:
        return ""
    text = decode_bytes(b"".join(data for _, data in pending), pending[0][0])
    pending.clear()
    return text


def _codec(charset: str | None) -> str:
    name = (charset or "").lower()
    return _CHARSET_ALIASES.get(name, name)


def _is_known(codec: str) -> bool:
    """Return whether Python has a text codec of that name."""
    try:
        return isinstance("".encode(codec), bytes)
    except (LookupError, ValueError, TypeError):
        return False


def one_line(text: str) -> str:
    """Replace control characters, line ends among them, by blanks."""
    return _CONTROLS.sub(" ", text).strip()
