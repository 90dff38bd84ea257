"""Opens signed S/MIME and PGP, and says which mail nobody here can read because it is encrypted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from asn1crypto.cms import ContentInfo, SignedData

SMIME_KINDS = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_PGP_SIGNED = re.compile(r"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*$", re.MULTILINE)
_PGP_SIGNATURE = re.compile(r"^-----BEGIN PGP SIGNATURE-----[ \t]*$", re.MULTILINE)
_PGP_END = re.compile(
    r"^-----END PGP (?:SIGNATURE|MESSAGE|PUBLIC KEY BLOCK)-----[ \t]*$", re.MULTILINE
)
_PGP_MESSAGE = re.compile(r"^[> \t]{0,8}-----BEGIN PGP MESSAGE-----", re.MULTILINE)
_PGP_ARMOUR = re.compile(
    r"^[> \t]{0,8}-----BEGIN PGP (?:MESSAGE|PUBLIC KEY BLOCK)-----", re.MULTILINE
)
_HASH = re.compile(r"\A\s*(?:(?:Hash|Charset|Comment|Version): [^\n]{0,200}\n)*\n?")
_DASHED = re.compile(r"^- ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Opened:
    """The content of a signed S/MIME part, and who signed it as the certificate says, unchecked."""

    content: bytes
    signer: str


def open_smime(raw: bytes) -> Opened | None:
    """Return what a signed or compressed S/MIME part holds; None if it is encrypted or damaged."""
    try:
        info = ContentInfo.load(raw)
        kind, content = info["content_type"].native, info["content"]
        if kind == "signed_data":
            return Opened(content["encap_content_info"]["content"].native or b"", _signer(content))
        if kind == "compressed_data":
            return Opened(content.decompressed or b"", "")
    except (ValueError, TypeError, KeyError, AttributeError, OSError):
        return None
    return None


def _signer(content: SignedData) -> str:
    for choice in content["certificates"] or ():
        certificate = choice.chosen
        if certificate.native is not None and not getattr(certificate, "ca", False):
            return str(certificate.subject.human_friendly)[:200]
    return ""


def open_pgp_signed(text: str) -> tuple[str, bool]:
    """Return the text without the armour of a clear signature (RFC 9580, 7), and whether it had one."""
    begin = _PGP_SIGNED.search(text)
    if begin is None:
        return text, False
    signature = _PGP_SIGNATURE.search(text, begin.end())
    inner = text[begin.end() : signature.start() if signature else len(text)]
    end = _PGP_END.search(text, signature.end()) if signature else None
    below = text[end.end() :] if end else ""
    inner = _DASHED.sub("", _HASH.sub("", inner, count=1))
    return f"{text[: begin.start()]}{inner}{below}", True


def remove_armour(text: str) -> tuple[str, bool]:
    """Return the text without PGP's encrypted blocks and keys, and whether words were encrypted."""
    is_encrypted = bool(_PGP_MESSAGE.search(text))
    pieces: list[str] = []
    position = 0
    while (begin := _PGP_ARMOUR.search(text, position)) is not None:
        pieces.append(text[position : begin.start()])
        end = _PGP_END.search(text, begin.end())
        position = end.end() if end else len(text)
    return "".join([*pieces, text[position:]]), is_encrypted
