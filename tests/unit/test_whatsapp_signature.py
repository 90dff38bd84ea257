"""Tests X-Twilio-Signature: what is let in, and every way that must not get in."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from channels.whatsapp.fields import MAX_BODY_BYTES, read_fields
from channels.whatsapp.signature import TwilioSignature
from domain.errors import ConfigurationError, NotAuthentic

PUBLIC_URL = "https://support.example"
PATH = "/api/v1/webhooks/whatsapp"
TOKEN = "current-token"
BODY = urlencode({"MessageSid": "SM1", "From": "whatsapp:+491701234567", "Body": ""}).encode()


def sign(body: bytes = BODY, *, token: str = TOKEN, url: str = PUBLIC_URL + PATH) -> str:
    signature: str = RequestValidator(token).compute_signature(url, read_fields(body))  # type: ignore[no-untyped-call]
    return signature


def verifier(*tokens: str, public_base_url: str = PUBLIC_URL) -> TwilioSignature:
    return TwilioSignature([SecretStr(token) for token in tokens or (TOKEN,)], public_base_url)


def test_what_twilio_signed_is_let_in() -> None:
    verifier().verify(PATH, BODY, sign())


@pytest.mark.parametrize("signature", [None, "", " ", "wrong", "wröng", sign()[:-1], sign() + "="])
def test_a_missing_or_wrong_signature_is_refused(signature: str | None) -> None:
    with pytest.raises(NotAuthentic):
        verifier().verify(PATH, BODY, signature)


def test_a_signature_replayed_with_another_body_is_refused() -> None:
    with pytest.raises(NotAuthentic):
        verifier().verify(PATH, BODY.replace(b"SM1", b"SM2"), sign())


def test_a_field_added_to_a_signed_body_is_refused() -> None:
    with pytest.raises(NotAuthentic):
        verifier().verify(PATH, BODY + b"&From=whatsapp%3A%2B15550000000", sign())


def test_a_signature_of_another_path_is_refused() -> None:
    with pytest.raises(NotAuthentic):
        verifier().verify(PATH + "/status", BODY, sign())


def test_only_the_configured_host_counts_whatever_a_proxy_says() -> None:
    signature = sign(url="https://internal.proxy:8443" + PATH)
    with pytest.raises(NotAuthentic):
        verifier().verify(PATH, BODY, signature)


def test_a_query_string_is_part_of_what_was_signed() -> None:
    signature = sign(url=f"{PUBLIC_URL}{PATH}?a=1")
    verifier().verify(f"{PATH}?a=1", BODY, signature)
    with pytest.raises(NotAuthentic):
        verifier().verify(PATH, BODY, signature)


def test_both_keys_are_let_in_while_one_is_rotated_out() -> None:
    both = verifier("new-token", "old-token")
    both.verify(PATH, BODY, sign(token="old-token"))
    both.verify(PATH, BODY, sign(token="new-token"))
    with pytest.raises(NotAuthentic):
        verifier("new-token").verify(PATH, BODY, sign(token="old-token"))


@pytest.mark.parametrize("tokens", [[], [""], [" "], ["good", ""]])
def test_an_empty_secret_refuses_to_start(tokens: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        TwilioSignature([SecretStr(token) for token in tokens], PUBLIC_URL)


@pytest.mark.parametrize("url", ["", "support.example", "ftp://support.example"])
def test_a_public_address_that_is_none_refuses_to_start(url: str) -> None:
    with pytest.raises(ConfigurationError):
        verifier(public_base_url=url)


def test_a_signature_made_with_an_empty_key_is_refused() -> None:
    with pytest.raises(NotAuthentic):
        verifier().verify(PATH, BODY, sign(token=""))


@pytest.mark.parametrize("port", ["", ":443", ":8443"])
def test_a_port_that_twilio_adds_or_drops_does_no_harm(port: str) -> None:
    signed_with_or_without = sign(url=PUBLIC_URL + port + PATH)
    verifier(public_base_url=PUBLIC_URL + port).verify(PATH, BODY, signed_with_or_without)
    verifier(public_base_url=PUBLIC_URL + port).verify(PATH, BODY, sign())


@pytest.mark.parametrize(
    ("params", "signature"),
    [
        ([("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"),
          ("Digits", "1234")], "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        ([("MessagingBinding.Address", "+1325xxxxxxx"), ("MessagingBinding.Address", "+1415xxxxxxx")],
         "83O6e2vORAoJHUNzJjDWN1jz+BA="),
        ([("CallSid", "CA1234567890ABCDE"), ("Digits", "1234"), ("From", "+14158675309"),
          ("To", "+18005551212"), ("Caller", "+14158675309")], "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ],
)  # fmt: skip
def test_twilios_published_vectors_are_let_in(
    params: list[tuple[str, str]], signature: str
) -> None:
    published = verifier("12345", public_base_url="https://mycompany.com")
    published.verify("/myapp.php?foo=1&bar=2", urlencode(params).encode(), signature)


@pytest.mark.parametrize("body", [b"a" * (MAX_BODY_BYTES + 1), b"&".join([b"a=1"] * 500)])
def test_a_body_that_is_too_big_is_refused_before_it_is_read(body: bytes) -> None:
    with pytest.raises(NotAuthentic):
        verifier().verify(PATH, body, "anything")


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"Body=%ff%fe", b"Body=%00", b"%", b"", b"=&=&"])
def test_odd_bytes_are_refused_and_never_crash(body: bytes) -> None:
    with pytest.raises(NotAuthentic):
        verifier().verify(PATH, body, sign())
