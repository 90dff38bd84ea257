"""Tests our own check of a mail's signature, with keys from a local look-up."""

from __future__ import annotations

import base64

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from channels.email.dkim_check import is_signed_by_sender
from channels.email.mime import parse_mail

RAW = b"From: Ann <ann@shop.example>\r\nSubject: Export\r\nDate: x\r\n\r\nHow do I export?\r\n"
KEY = rsa.generate_private_key(65537, 2048)
PRIVATE = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
)
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
)


def look_up(name: bytes) -> bytes | None:
    return b"v=DKIM1; k=rsa; p=" + PUBLIC if name.startswith(b"s1._domainkey.") else None


def signed(domain: bytes, raw: bytes = RAW, *, length: bool = False) -> bytes:
    return bytes(dkim.sign(raw, b"s1", domain, PRIVATE, length=length)) + raw


def is_proven(raw: bytes) -> bool:
    return is_signed_by_sender(raw, parse_mail(raw), look_up)


@pytest.mark.parametrize("domain", [b"shop.example", b"mail.shop.example"])
def test_a_signature_of_the_senders_domain_proves_the_sender(domain: bytes) -> None:
    assert is_proven(signed(domain))


@pytest.mark.parametrize(
    "raw",
    [
        RAW,
        signed(b"evil.example"),
        signed(b"shop.example").replace(b"export?", b"import?"),
        signed(b"shop.example", length=True) + b"More words.\r\n",
        b"From: Eve <eve@evil.example>\r\n" + signed(b"shop.example"),
        b"DKIM-Signature: v=1; nonsense\r\n" + RAW,
        signed(b"shop.example").replace(b"s=s1", b"s=s2"),
    ],
    ids=["unsigned", "foreign", "changed", "appended", "two senders", "broken", "no key"],
)
def test_any_other_mail_proves_nothing(raw: bytes) -> None:
    assert not is_proven(raw)
