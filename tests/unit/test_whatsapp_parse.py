"""Tests incoming WhatsApp webhooks and status callbacks, as Twilio sends them and as it might."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.whatsapp.fields import MAX_BODY_BYTES
from channels.whatsapp.parse import parse_inbound, parse_status
from channels.whatsapp.payloads import is_twilio_media
from domain.channels import Channel
from domain.errors import Malformed
from domain.identifiers import Assurance, IdentifierKind
from domain.messages import DeliveryState, InboundMessage, Standing

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SID = "SM" + "0" * 32


def parse(**changes: str) -> InboundMessage:
    form = {
        "MessageSid": SID,
        "SmsMessageSid": SID,
        "From": "whatsapp:+491701234567",
        "To": "whatsapp:+14155550100",
        "WaId": "491701234567",
        "ProfileName": "Anna",
        "Body": "Hello",
        "NumMedia": "0",
        "AccountSid": "AC" + "0" * 32,
    } | changes
    return parse_inbound(urlencode(form).encode(), NOW)


def test_a_message_becomes_the_same_for_every_channel() -> None:
    message = parse()
    assert message.channel is Channel.WHATSAPP
    assert message.provider_message_id == SID
    assert (message.sender.kind, message.sender.value) == (IdentifierKind.PHONE, "+491701234567")
    assert message.sender.assurance is Assurance.PROVIDER_ATTESTED
    assert (message.sender_name, message.text, message.raw_text) == ("Anna", "Hello", "Hello")
    assert message.received_at == NOW
    assert message.details["WaId"] == "491701234567"
    assert message.standing is Standing.NORMAL


def test_a_sender_without_a_phone_number_is_known_by_their_user_id() -> None:
    message = parse(From="whatsapp:US.13491208655302741918", WaId="")
    assert message.sender.kind is IdentifierKind.WHATSAPP
    assert message.sender.value == "US.13491208655302741918"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("whatsapp:+5215512345678", "+525512345678"),
        ("whatsapp:+553187654321", "+5531987654321"),
        ("whatsapp:+5491123456789", "+5491123456789"),
    ],
)
def test_whatsapps_old_number_forms_are_the_same_person(address: str, key: str) -> None:
    assert parse(From=address).sender.value == key


def test_a_number_range_that_we_do_not_know_is_no_reason_to_lose_a_customer() -> None:
    assert parse(From="whatsapp:+999123456789").sender.value == "+999123456789"


def test_nuls_are_stripped_from_the_text_and_kept_visible_in_the_raw_text() -> None:
    message = parse(Body="a\x00b", ProfileName="An\x00na")
    assert message.text == "ab"
    assert message.raw_text == "a\\u0000b"
    assert message.sender_name == "Anna"


def test_a_repeated_field_counts_once() -> None:
    form = [("MessageSid", SID), ("From", "whatsapp:+491701234567"), ("Body", "1"), ("Body", "2")]
    assert parse_inbound(urlencode(form).encode(), NOW).text == "1"


def test_attachments_are_listed_and_only_twilios_addresses_are_kept() -> None:
    message = parse(
        Body="",
        NumMedia="2",
        MediaContentType0="image/jpeg",
        MediaUrl0="https://api.twilio.com/2010-04-01/Accounts/AC/Messages/MM/Media/ME",
        MediaContentType1="application/pdf; charset=binary",
        MediaUrl1="http://169.254.169.254/latest",
    )
    assert [
        (attachment.filename, attachment.content_type) for attachment in message.attachments
    ] == [
        ("image-1.jpg", "image/jpeg"),
        ("application-2.pdf", "application/pdf"),
    ]
    assert message.text == ""
    assert "MediaUrl0" in message.details
    assert "MediaUrl1" not in message.details


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://api.twilio.com/x",
        "https://api.twilio.com.evil.example/x",
        "https://eviltwilio.com/x",
        "https://user@api.twilio.com/x",
        "https://api.twilio.com:8443/x",
        "https://evil.example/?api.twilio.com",
        "https://[bad/x",
        "https://api.twilio.com:port/x",
    ],
)
def test_no_other_host_passes_for_twilios(address: str) -> None:
    assert not is_twilio_media(address)


def test_a_shared_place_is_put_into_words() -> None:
    message = parse(Body="", Latitude="52.52", Longitude="13.40", Label="Office", Address="Mitte 1")
    assert message.text == "Location: Office, Mitte 1, 52.52, 13.40"


def test_a_button_or_list_choice_is_read_as_text() -> None:
    assert parse(Body="", ButtonText="Talk to a person", ButtonPayload="human").text == (
        "Talk to a person"
    )
    assert parse(Body="", ListTitle="Billing", ListId="billing").text == "Billing"


@pytest.mark.parametrize(
    "word",
    ["STOP", "stop", " Stop! ", "UNSUBSCRIBE", "Stop all", "opt-out", "Stopp", "Baja", "ARRÊT",
     "désabonner", "sair"],
)  # fmt: skip
def test_a_word_that_ends_our_messages_is_an_opt_out(word: str) -> None:
    assert parse(Body=word).standing is Standing.OPT_OUT


@pytest.mark.parametrize("word", ["START", "unstop", "Start.", "Alta", "démarrer"])
def test_a_word_that_resumes_our_messages_is_an_opt_in(word: str) -> None:
    assert parse(Body=word).standing is Standing.OPT_IN


@pytest.mark.parametrize(
    "text",
    ["please stop the export", "How do I start?", "cancel", "yes", "end", "quit", "", "stop it now!",
     "Don't stop"],
)  # fmt: skip
def test_an_answer_in_a_conversation_is_no_opt_out(text: str) -> None:
    assert parse(Body=text).standing is Standing.NORMAL


def test_twilios_own_finding_of_an_opt_out_counts() -> None:
    assert parse(Body="no more please", OptOutType="STOP").standing is Standing.OPT_OUT


@pytest.mark.parametrize(
    "changes",
    [{"MessageSid": "", "SmsMessageSid": ""}, {"From": ""}, {"From": "whatsapp:"}, {"From": "a b"},
     {"MessageSid": "x" * 200}],
)  # fmt: skip
def test_a_webhook_without_sender_or_id_is_malformed(changes: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        parse(**changes)


@pytest.mark.parametrize("body", [b"", b"x" * (MAX_BODY_BYTES + 1), b"a=1&" * 300])
def test_a_body_that_is_none_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_inbound(body, NOW)


@pytest.mark.parametrize("count", ["", "-1", "x", "²", "99999999999"])
def test_a_wrong_count_of_media_does_no_harm(count: str) -> None:
    assert len(parse(NumMedia=count).attachments) <= 10


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=60), max_size=8))
def test_no_form_whatever_crashes_the_parser_or_leaves_a_nul(fields: dict[str, str]) -> None:
    message = parse(**{name: value for name, value in fields.items() if name != "MessageSid"} | {
        "From": "whatsapp:+491701234567", "MessageSid": SID,
    })  # fmt: skip
    everything = [message.text, message.raw_text, message.sender_name, *message.details.values()]
    assert all("\x00" not in part for part in everything)


def status(**fields: str) -> bytes:
    return urlencode({"MessageSid": SID} | fields).encode()


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("accepted", DeliveryState.QUEUED),
        ("queued", DeliveryState.QUEUED),
        ("sending", DeliveryState.QUEUED),
        ("sent", DeliveryState.SENT),
        ("delivered", DeliveryState.DELIVERED),
        ("read", DeliveryState.READ),
        ("undelivered", DeliveryState.FAILED),
        ("failed", DeliveryState.FAILED),
        ("teleported", None),
    ],
)
def test_twilios_words_become_our_states(word: str, state: DeliveryState | None) -> None:
    update = parse_status(status(MessageStatus=word))
    assert (update.provider_message_id, update.state, update.status) == (SID, state, word)


def test_a_failure_keeps_its_code() -> None:
    assert (
        parse_status(status(MessageStatus="undelivered", ErrorCode="63016")).error_code == "63016"
    )
    assert parse_status(status(MessageStatus="sent", ErrorCode="0")).error_code is None


def test_a_status_of_no_message_is_malformed() -> None:
    with pytest.raises(Malformed):
        parse_status(b"MessageStatus=sent")


def test_a_number_and_a_user_id_in_one_webhook_are_both_attested() -> None:
    message = parse(ExternalUserId="DE.1796029385164")
    assert [(other.kind, other.value) for other in message.also] == [
        (IdentifierKind.WHATSAPP, "DE.1796029385164")
    ]
    assert message.also[0].assurance is Assurance.PROVIDER_ATTESTED
    other = parse(From="whatsapp:DE.1796029385164", WaId="491701234567").also
    assert [(known.kind, known.value) for known in other] == [
        (IdentifierKind.PHONE, "+491701234567")
    ]
    assert parse().also == ()
