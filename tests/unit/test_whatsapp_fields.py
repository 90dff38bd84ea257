"""Tests which fields a webhook of Twilio may have: a signature alone does not tell where a name ends."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from channels.spec import WebhookCall
from channels.whatsapp.channel import WhatsAppIntake, _verify
from channels.whatsapp.fields import read_fields, require_expected
from channels.whatsapp.signature import TwilioSignature
from domain.errors import NotAuthentic
from domain.events import ignore

PATH = "/api/v1/webhooks/whatsapp"
URL = "https://support.example"
FROM = ("From", "whatsapp:+491701112223")
SID = ("MessageSid", "SMcut1")
SIGNED = [("Body", "hello"), FROM, SID]

CUTS = {
    "name cut to one letter": [("B", "odyhello"), FROM, SID],
    "name cut in the middle": [("Bod", "yhello"), FROM, SID],
    "value moved into the name": [("Bodyhello", ""), FROM, SID],
    "value halved": [("Bodyhel", "lo"), FROM, SID],
    "sender's name cut": [("Body", "hello"), ("Fro", "mwhatsapp:+491701112223"), SID],
    "sender in the name": [("Body", "hello"), ("Fromwhatsapp", ":+491701112223"), SID],
    "id's name cut": [("Body", "hello"), FROM, ("MessageSi", "dSMcut1")],
}


def encode(pairs: list[tuple[str, str]]) -> bytes:
    return urlencode(pairs).encode()


async def verify(sent: list[tuple[str, str]], signed: list[tuple[str, str]]) -> None:
    body = encode(signed)
    signature = RequestValidator("token").compute_signature(URL + PATH, read_fields(body))  # type: ignore[no-untyped-call]
    intake = WhatsAppIntake(TwilioSignature([SecretStr("token")], URL), "+14155550100")
    call = WebhookCall(
        body=encode(sent), path=PATH, query="", signature=str(signature),
        open_uow=None, observe=ignore, span=None,  # type: ignore[arg-type]  # not used to verify
    )  # fmt: skip
    await _verify(intake, call)


async def test_what_twilio_signed_passes() -> None:
    await verify(SIGNED, SIGNED)


@pytest.mark.parametrize("sent", list(CUTS.values()), ids=list(CUTS))
async def test_fields_that_are_cut_anew_under_the_same_signature_are_refused(
    sent: list[tuple[str, str]],
) -> None:
    # Twilio's own validator lets them in.
    TwilioSignature([SecretStr("token")], URL).verify(
        PATH,
        encode(sent),
        str(RequestValidator("token").compute_signature(URL + PATH, read_fields(encode(SIGNED)))),  # type: ignore[no-untyped-call]
    )
    with pytest.raises(NotAuthentic, match="Twilio does not send"):
        await verify(sent, SIGNED)


def test_a_field_that_comes_twice_is_refused() -> None:
    with pytest.raises(NotAuthentic, match="twice"):
        require_expected(read_fields(b"Body=a&From=b&Body=c"))


@pytest.mark.parametrize(
    "name", ["MediaUrl0", "MediaContentType12", "WaId", "ReferralBody", "SurveyAnswer", "Xyz"]
)
def test_known_names_and_new_ones_of_twilios_kind_pass(name: str) -> None:
    require_expected(read_fields(encode([*SIGNED, (name, "Body")])))


@pytest.mark.parametrize(
    "name", ["", "x", "Bo", "a name", "X" * 41, "Ünï", "MediaUrl123", "1", "a.b"]
)
def test_names_that_are_not_twilios_kind_are_refused(name: str) -> None:
    with pytest.raises(NotAuthentic):
        require_expected(read_fields(encode([(name, "value")])))
