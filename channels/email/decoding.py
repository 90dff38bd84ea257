"""Decodes bytes and header words of mail whose charsets are wrong, unknown or missing."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re

import chardet

_MAX_GUESS_BYTES = 20_000
_LEAST_VALID_SHARE = 0.9
"""Of bytes above 127 that are UTF-8: the rest is damage, and not another charset."""
_ENCODED_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?)")
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_FOLD = re.compile(r"\r?\n(?=[ \t])|[\r\n]")
_ESCAPE = re.compile(rb"(\x1b(?:\$\([A-Z@]|\$[A-Z@]|\([A-Z]))")
_CODE_PAGE = re.compile(
    r"(?:x-)?(?:windows|win|cp|ansi|ms|ibm|dos|oem)?[-_ ]?(?:cp)?[-_ ]?(\d{3,5})"
)
_ONE_BYTE = ("cp125", "iso-8859", "iso8859", "latin", "cp874", "koi8", "mac")
_CHARSET_ALIASES = {
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "korean": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "chinese": "gb18030",
    "gb_2312-80": "gb18030",
    "big5": "big5hkscs",
    "big-5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ms_kanji": "cp932",
    "csshiftjis": "cp932",
    "windows-31j": "cp932",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-9": "cp1254",
    "latin5": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "tis620": "cp874",
    "utf8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "unicode": "utf-16",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "logical": "iso-8859-8",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "macintosh": "mac-roman",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "x-euc-jp": "euc-jp",
    "cseucpkdfmtjapanese": "euc-jp",
}
"""A mail's label to the codec that reads it: the superset, as in browsers (WHATWG Encoding)."""
_JAPANESE = (
    "iso-2022-jp",
    "csiso2022jp",
    "iso2022jp",
    "iso2022_jp",
    "cp5022",
    "euc-jp",
    "eucjp",
    "cp51932",
)
"""Labels of text that programs write with the rows that their makers added, which Python's codecs refuse."""
_DAMAGE = "\x80"
"""What no Shift_JIS text has."""
_WESTERN = ("cp1250", "cp1252", "cp1254", "cp1257", "iso-8859-1", "iso-8859-2", "iso-8859-4")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")
_LONGEST_ACCENTS = 1.7
_SAYS_NOTHING = frozenset(
    {
        *("us-ascii", "ascii", "ansi_x3.4-1968", "7bit", "8bit", "binary", "x-unknown"),
        *("unknown-8bit", "unknown", "x-user-defined", "default", "default_charset", "none", "undefined"),
    }
)  # fmt: skip
"""Labels of programs that do not know the charset; wrong for bytes above 127."""


def decode_bytes(raw: bytes, charset: str | None) -> str:
    """Decode bytes whose charset may be wrong, unknown or missing; never raises.

    Bytes above 127 that are valid UTF-8 count as UTF-8 even if a one-byte charset is named: mislabelled
    UTF-8 is common, and text in such a charset is hardly ever valid UTF-8.
    """
    marked = _by_mark(raw)
    if marked is not None:
        return marked
    codec = _codec(charset)
    if codec in _SAYS_NOTHING:
        codec = ""
    if b"\x1b$" in raw and (codec.startswith(_JAPANESE) or not codec or codec == "utf-8"):
        return _decode_escaped(raw)
    for candidate in ("utf-8", codec) if codec.startswith(_ONE_BYTE) else (codec, "utf-8"):
        if candidate != "utf-8" and not _is_known(candidate):
            continue
        try:
            return raw.decode(candidate)
        except (UnicodeError, ValueError):
            continue
    if codec.startswith(_JAPANESE):
        return _euc_to_sjis(raw).decode("cp932", "replace").replace(_DAMAGE, "\ufffd")
    if _is_known(codec) and codec != "utf-8":
        return raw.decode(codec, "replace")
    return _guess(raw)


def _by_mark(raw: bytes) -> str | None:
    """Decode bytes that begin with a byte order mark."""
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if raw.startswith(mark) and (codec == "utf-8" or b"\x00" in raw[:200]):
            return raw.decode(codec, "replace").lstrip("\ufeff")
    return None


def _guess(raw: bytes) -> str:
    """Decode bytes of an unknown charset by their statistics, damaged UTF-8 as UTF-8."""
    if _is_mostly_utf8(raw):
        return raw.decode("utf-8", "replace")
    codec = _codec(chardet.detect(raw[:_MAX_GUESS_BYTES])["encoding"])
    if not _is_known(codec) or codec == "utf-8":
        codec = "cp1252"
    text = raw.decode(codec, "replace")
    is_western = codec.startswith(_WESTERN)
    if is_western or (
        _ASIAN.search(text) and len(_ASIAN.findall(text)) > len(_LETTER.findall(text)) / 2
    ):
        return text
    runs = sum(1 for _ in _HIGH_RUN.finditer(raw))
    high = sum(byte > 127 for byte in raw)
    # Accents stand alone or in pairs among plain letters; other alphabets make whole words of such bytes.
    return raw.decode("cp1252", "replace") if high < _LONGEST_ACCENTS * runs else text


def _is_mostly_utf8(raw: bytes) -> bool:
    high = sum(byte > 127 for byte in raw)
    valid = raw.decode("utf-8", "ignore")
    return (
        high == 0
        or len(valid.encode()) - sum(byte < 128 for byte in raw) >= _LEAST_VALID_SHARE * high
    )


def _decode_escaped(raw: bytes) -> str:
    """Decode ISO-2022-JP, with the makers' rows as Shift_JIS of Windows, which has them."""
    try:
        return raw.decode("iso2022_jp_ext")
    except UnicodeError:
        pass
    pieces: list[bytes] = []
    mode = b"\x1b(B"
    for piece in _ESCAPE.split(raw):
        if _ESCAPE.fullmatch(piece):
            mode = piece
        elif mode.startswith(b"\x1b$"):
            pieces.append(_pairs_to_sjis(piece))
        elif mode == b"\x1b(I":
            pieces.append(bytes(byte | 0x80 if 0x20 < byte < 0x60 else byte for byte in piece))
        else:
            pieces.append(piece)
    return b"".join(pieces).decode("cp932", "replace")


def _pairs_to_sjis(pairs: bytes) -> bytes:
    found = bytearray()
    position = 0
    while position < len(pairs):
        first, second = pairs[position], pairs[position + 1] if position + 1 < len(pairs) else 0
        if 0x21 <= first <= 0x7E and 0x21 <= second <= 0x7E:
            found += _to_sjis(first, second)
            position += 2
        else:
            found.append(first)
            position += 1
    return bytes(found)


def _euc_to_sjis(raw: bytes) -> bytes:
    found = bytearray()
    position = 0
    while position < len(raw):
        first, second = raw[position], raw[position + 1] if position + 1 < len(raw) else 0
        if first == 0x8E and second >= 0xA1:  # half-width kana
            found.append(second)
            position += 2
        elif 0xA1 <= first <= 0xFE and 0xA1 <= second <= 0xFE:
            found += _to_sjis(first & 0x7F, second & 0x7F)
            position += 2
        else:
            found.append(first if first < 0x80 else ord(_DAMAGE))
            position += 1
    return bytes(found)


def _to_sjis(row: int, cell: int) -> bytes:
    """Return the Shift_JIS bytes of a JIS X 0208 row and cell, both from 0x21 on."""
    lead = (row - 0x21 >> 1) + 0x81
    lead += 0x40 if lead > 0x9F else 0
    trail = cell + 0x1F + (cell > 0x5F) if row % 2 else cell + 0x7E
    return bytes((lead, trail))


def unfold(value: str) -> str:
    """Put a header's value on one line and read its raw 8-bit bytes (surrogates in `email`) as UTF-8.

    RFC 6532 allows no other charset there; another one is guessed.
    """
    text = _FOLD.sub("", value)
    if text.isascii():
        return text
    try:
        raw = text.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return text
    return _read_mixed(raw) if _ENCODED_WORD.search(text) else decode_bytes(raw, None)


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
    """Return the codec of a label, also of one that is misspelt: "cp-1251", "win1251", "charset=utf-8"."""
    name = (charset or "").lower().strip(" \"';,").removeprefix("charset=").strip(" \"'")
    if name in _CHARSET_ALIASES:
        return _CHARSET_ALIASES[name]
    if (page := _CODE_PAGE.fullmatch(name)) is not None:
        name = {"65001": "utf-8", "20127": "ascii", "28591": "cp1252"}.get(page[1], f"cp{page[1]}")
    return name


def _is_known(codec: str) -> bool:
    """Return whether Python has a text codec of that name."""
    try:
        return bool(codec) and isinstance("".encode(codec), bytes)
    except (LookupError, ValueError, TypeError):
        return False


def one_line(text: str) -> str:
    """Replace control characters, line ends among them, by blanks."""
    return _CONTROLS.sub(" ", text).strip()
