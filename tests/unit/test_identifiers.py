"""Checks that every form of an address or number has one key, and two people never share one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Malformed
from domain.identifiers import (
    Assurance,
    IdentifierKind,
    identify_phone,
    identify_whatsapp,
    normalise_email,
    normalise_phone,
)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (" Anna@Example.COM ", "anna@example.com"),
        ("anna@example.com.", "anna@example.com"),
        ("\u200banna@example.com\ufeff", "anna@example.com"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example"),
        ("jose\u0301@example.com", "josé@example.com"),
        ("Some.Name+shop@GoogleMail.com", "somename@gmail.com"),
        ("some.name+shop@outlook.com", "some.name@outlook.com"),
        ("anna+shop@icloud.com", "anna@icloud.com"),
        ("anna@ya.ru", "anna@yandex.ru"),
        ("anna..b.@docomo.ne.jp", "anna..b.@docomo.ne.jp"),
    ],
)
def test_every_spelling_of_a_mailbox_has_one_key(written: str, key: str) -> None:
    assert normalise_email(written) == key
    assert normalise_email(key) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("some.name@example.com", "somename@example.com"),
        ("anna+a@example.com", "anna+b@example.com"),
        ("anna-a@yahoo.com", "anna-b@yahoo.com"),
        ("some.name@outlook.com", "somename@outlook.com"),
        ("anna@straße.example", "anna@strasse.example"),
        ("strauß@example.com", "strauss@example.com"),
        ("anna@icloud.com", "anna@me.com"),
    ],
)
def test_two_mailboxes_never_share_a_key(one: str, other: str) -> None:
    assert normalise_email(one) != normalise_email(other)


@pytest.mark.parametrize(
    "text",
    ["", "@gmail.com", "+tag@gmail.com", "anna", "anna@", "anna@host", "anna@-x.com", "a@b@c.com",
     "an na@x.com", "anna\x00@x.com", "an\u200bna@x.com", ".anna@x.com",
     "anna@x..com", "anna@x_y.com", f"{'a' * 65}@x.com", "anna@\ud800.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        normalise_email(text)


@given(st.text(max_size=60))
def test_any_text_is_a_stable_address_or_refused(text: str) -> None:
    try:
        key = normalise_email(text)
    except Malformed:
        return
    assert normalise_email(key) == key


@pytest.mark.parametrize(
    ("written", "region", "key"),
    [
        ("030 123456", "DE", "+4930123456"),
        ("030 123456", "de", "+4930123456"),
        ("0049 (0)30 123456", None, "+4930123456"),
        ("0049 30 123456", "US", "+4930123456"),
        ("+49 30/123456", None, "+4930123456"),
        ("tel:+49-30-123456", None, "+4930123456"),
        ("tel:331-6005;phone-context=+64-3", "US", "+6433316005"),
        ("+44 2034567890 x456", None, "+442034567890"),
        ("０３０ 123456", "DE", "+4930123456"),
        ("\u200e+49 30 123456", None, "+4930123456"),
        ("0900 DDA 6005", "NZ", "+649003326005"),
        ("+800 1234 5678", None, "+80012345678"),
    ],
)
def test_every_form_of_a_number_has_one_key(written: str, region: str | None, key: str) -> None:
    assert normalise_phone(written, region) == key
    assert normalise_phone(key) == key


@pytest.mark.parametrize(
    ("text", "region"),
    [("", "DE"), ("hello", "DE"), ("030 123456", None), ("12", "NZ"), ("+1", None),
     ("0000", "AU"), ("+12679000000,,1234567890123456#", "US"), ("1" * 300, "US")],
)  # fmt: skip
def test_what_is_no_number_is_refused(text: str, region: str | None) -> None:
    with pytest.raises(Malformed):
        normalise_phone(text, region)


def test_every_countrys_example_number_has_one_key_in_all_its_forms() -> None:
    formats = (
        phonenumbers.PhoneNumberFormat.E164,
        phonenumbers.PhoneNumberFormat.INTERNATIONAL,
        phonenumbers.PhoneNumberFormat.RFC3966,
    )
    for region in phonenumbers.SUPPORTED_REGIONS:
        example = phonenumbers.example_number_for_type(
            region, phonenumbers.PhoneNumberType.MOBILE
        ) or phonenumbers.example_number(region)
        if example is None:
            continue
        keys = {normalise_phone(phonenumbers.format_number(example, form)) for form in formats}
        national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
        assert keys | {normalise_phone(national, region)} == keys, region
        assert len(keys) == 1, region


@pytest.mark.parametrize(
    ("address", "kind", "key"),
    [
        ("whatsapp:+491701234567", IdentifierKind.PHONE, "+491701234567"),
        ("WhatsApp: +49 170 1234567", IdentifierKind.PHONE, "+491701234567"),
        ("491701234567", IdentifierKind.PHONE, "+491701234567"),
        ("whatsapp:+5213312345678", IdentifierKind.PHONE, "+523312345678"),
        ("whatsapp:+553187654321", IdentifierKind.PHONE, "+5531987654321"),
        ("whatsapp:+553137654321", IdentifierKind.PHONE, "+553137654321"),
        ("whatsapp:US.13491208655302741918", IdentifierKind.WHATSAPP, "US.13491208655302741918"),
    ],
)
def test_a_whatsapp_sender_is_a_phone_or_a_user_id(
    address: str, kind: IdentifierKind, key: str
) -> None:
    identifier = identify_whatsapp(address, Assurance.PROVIDER_ATTESTED)
    assert (identifier.kind, identifier.value) == (kind, key)


@pytest.mark.parametrize(
    ("written", "attested"),
    [
        ("+49 (0)170 123 45-67", "whatsapp:+491701234567"),
        ("0049 170 1234567", "whatsapp:+491701234567"),
        ("+52 1 33 1234-5678", "whatsapp:+5213312345678"),
        ("+52 33 1234 5678", "whatsapp:+5213312345678"),
        ("+55 (31) 8765-4321", "whatsapp:+5531987654321"),
        ("+55 31 98765 4321", "whatsapp:+553187654321"),
    ],
)
def test_a_phone_that_staff_write_down_is_the_one_that_whatsapp_attests(
    written: str, attested: str
) -> None:
    phone = identify_phone(written, Assurance.VERIFIED)
    assert phone.value == identify_whatsapp(attested, Assurance.PROVIDER_ATTESTED).value


def test_a_phone_without_country_code_is_refused() -> None:
    with pytest.raises(Malformed):
        identify_phone("0170 1234567", Assurance.VERIFIED)


def test_a_number_on_whatsapp_has_the_key_of_the_same_number_elsewhere() -> None:
    on_whatsapp = identify_whatsapp("whatsapp:+491701234567", Assurance.PROVIDER_ATTESTED)
    assert on_whatsapp.value == normalise_phone("0170 1234567", "DE")


def test_an_unknown_range_is_believed_only_where_whatsapp_attests_it() -> None:
    attested = identify_whatsapp("whatsapp:+999123456789", Assurance.PROVIDER_ATTESTED)
    assert attested.value == "+999123456789"
    with pytest.raises(Malformed):
        identify_whatsapp("whatsapp:+999123456789", Assurance.CLAIMED)


@pytest.mark.parametrize("address", ["", "whatsapp:", "whatsapp:+", "a b", "x", "whatsapp:+1\x00"])
def test_what_is_no_whatsapp_sender_is_refused(address: str) -> None:
    with pytest.raises(Malformed):
        identify_whatsapp(address, Assurance.PROVIDER_ATTESTED)


def labelled(path: str) -> list[dict[str, object]]:
    file = Path(os.environ.get("EVAL_DATA", "")) / path
    if not os.environ.get("EVAL_DATA") or not file.is_file():
        pytest.skip(f"EVAL_DATA has no {path}")
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize("name", ["example_numbers", "test_inputs"])
def test_labelled_numbers_have_one_key_in_at_least_995_of_1000(name: str) -> None:
    rows = labelled(f"phone_vectors/dev/{name}.jsonl")
    right = 0
    for row in rows:
        expected = row["e164"] if row.get("is_possible", True) else None
        try:
            key = normalise_phone(str(row["input"]), row["region"])  # type: ignore[arg-type]
        except Malformed:
            key = None
        right += key == expected
    assert right / len(rows) >= 0.995


def test_no_two_people_of_the_labelled_set_share_an_address() -> None:
    owners: dict[str, set[object]] = {}
    for row in labelled("identity_splink_fake1000/dev/records.jsonl"):
        if row["email"]:
            try:
                key = normalise_email(str(row["email"]))
            except Malformed:
                continue
            owners.setdefault(key, set()).add(row["cluster"])
    shared = [key for key, clusters in owners.items() if len(clusters) > 1]
    as_written = {
        str(row["email"]).lower()
        for row in labelled("identity_splink_fake1000/dev/records.jsonl")
        if row["email"]
    }
    assert all(key in as_written for key in shared)
    assert len(owners) > 100


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+541155531048", "+5491155531048"),
        ("+54 11 15-5553-1048", "+54 9 11 5553-1048"),
        ("+54 351 555 1048", "+549 351 555 1048"),
        ("+551187654321", "+5511987654321"),
        ("+5215512345678", "+525512345678"),
    ],
)
def test_the_forms_of_a_latin_american_mobile_number_are_one_customers(
    one: str, other: str
) -> None:
    first, second = (identify_phone(number, Assurance.VERIFIED) for number in (one, other))
    assert first == second
    assert identify_whatsapp(f"whatsapp:{one}", Assurance.PROVIDER_ATTESTED).value == second.value
