"""Tests the addresses of mail servers: what protects them, and what is refused."""

from __future__ import annotations

import pytest

from channels.imap.identity import content_id
from channels.imap.settings import Security, read_server
from domain.errors import Malformed

ADDRESS = "support@acme.example"


@pytest.mark.parametrize(
    ("url", "port", "user", "security"),
    [
        ("imaps://imap.acme.example", 993, ADDRESS, Security.TLS),
        (
            "imaps://ann%40acme.example@imap.acme.example:9993",
            9993,
            "ann@acme.example",
            Security.TLS,
        ),
        ("imaps://ann@acme.example@imap.acme.example", 993, "ann@acme.example", Security.TLS),
        ("imap://imap.acme.example", 143, ADDRESS, Security.STARTTLS),
        ("imap://127.0.0.1:1143", 1143, ADDRESS, Security.PLAINTEXT),
        ("imap://localhost", 143, ADDRESS, Security.PLAINTEXT),
        ("imaps://localhost", 993, ADDRESS, Security.TLS),
    ],
)
def test_a_login_is_protected_everywhere_but_on_this_machine(
    url: str, port: int, user: str, security: Security
) -> None:
    server = read_server(url, "imap", ADDRESS, plaintext=False)
    assert (server.port, server.user, server.security) == (port, user, security)


def test_plain_text_to_another_machine_needs_a_setting() -> None:
    url = "smtp://relay.acme.example:25"
    assert read_server(url, "smtp", ADDRESS, plaintext=False).security is Security.STARTTLS
    assert read_server(url, "smtp", ADDRESS, plaintext=True).security is Security.PLAINTEXT


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("imap.acme.example", "begin with"),
        ("https://imap.acme.example", "begin with"),
        ("smtps://smtp.acme.example", "begin with"),
        ("imaps://", "no host"),
        ("imaps://ann:hush@imap.acme.example", "password"),
        ("imaps://imap.acme.example:port", "address"),
        ("imaps://imap.acme.example/INBOX", "port"),
    ],
)
def test_what_is_no_address_is_refused_and_never_repeated(url: str, why: str) -> None:
    with pytest.raises(Malformed, match=why) as refusal:
        read_server(url, "imap", ADDRESS, plaintext=False)
    assert "hush" not in str(refusal.value)


def test_a_mail_keeps_its_id_wherever_a_server_moves_it() -> None:
    mail = b"Message-ID: <1@example.com>\r\nFrom: ann@example.com\r\nSubject: a\r\n\r\nhello\r\n"
    moved = b"X-Moved-By: us\r\nReceived: by new\r\n" + mail + b"\r\n"
    assert content_id(mail) == content_id(moved)
    assert content_id(mail) != content_id(mail.replace(b"hello", b"other"))
    assert content_id(mail) != content_id(mail.replace(b"<1@", b"<2@"))
