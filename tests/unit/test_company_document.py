"""Tests the company profile as a document: strict, with the field of every fault, the same after a round trip."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from company.document import parse, parse_yaml, to_yaml
from domain.channels import Channel
from domain.company import NO_COMPANY, period
from domain.errors import InvalidProfile
from serve_app.sample_company import SAMPLE_PROFILE

WHOLE = """
name: Brightwell Energy
product: Brightwell accounts
languages: [en, de]
support_name: Brightwell Support
tone: Warm, short sentences.
channels:
  email: {greeting: {en: "Dear {name},", de: "Guten Tag {name},"}, signature: "{support_name}", max_words: 200}
  whatsapp: {templates: {answer: HX1, reopen: HX2}}
texts: {no: {handover.refund: "En kollega tar over."}}
allowed_hosts: [brightwell.example]
topics:
  - id: medical
    label: Medical equipment
    words: [dialysis, oxygen]
    examples: ["My mother is on oxygen."]
    reply: {en: "We pass it on at once."}
    priority: urgent
hours: {timezone: Europe/Berlin, week: {mon: ["09:00-12:00", "13:00-17:00"]}, holidays: [2026-12-25]}
sla: {first_response: {urgent: 1h, default: 8h}}
answering: {default: auto, by_channel: {email: off}}
notifications:
  - on: [handover, alert]
    quiet: "22:00-07:00"
    to: {kind: webhook, url: "https://hooks.example/1", secret: abc}
budget: {usd_per_day: 20}
retention: {raw_mail: 90d}
brand: {colour: "#0a6b5b"}
country: GB
emergency: {en: "Leave the building."}
limits: {pricing: articles, reason: "Tariffs are public."}
contact: {phone, callback: false}
mail: {relays: [forms.example]}
foreign_articles: person
reopen_within: 3d
"""


def test_every_key_is_read() -> None:
    company = parse_yaml(WHOLE)
    assert company.channels["email"].greeting == {"en": "Dear {name},", "de": "Guten Tag {name},"}
    assert company.answering.by_channel == {"email": "off"}
    assert company.texts["no"]["handover.refund"] == "En kollega tar over."
    assert company.hours.holidays == (date(2026, 12, 25),)
    assert company.notifications[0].on == ("handover", "alert")
    assert company.contact.phone == ""
    assert period(company.reopen_within) == timedelta(days=3)


def test_a_profile_is_the_same_after_a_round_trip() -> None:
    for company in (parse_yaml(WHOLE), NO_COMPANY):
        assert parse_yaml(to_yaml(company)) == company


def test_the_sample_company_has_a_profile() -> None:
    assert parse_yaml(SAMPLE_PROFILE.read_text(encoding="utf-8")).name != NO_COMPANY.name


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ("colour: red", "colour", "unknown"),
        ("brand: {color: red}", "brand.color", "unknown"),
        ("brand: {colour: red}", "brand.colour", "#0a6b5b"),
        ("languages: [english]", "languages", "two letters"),
        ("channels: {fax: {greeting: Hi}}", "channels", "'fax' is no channel"),
        (
            'channels: {email: {greeting: "Hi {nam}"}}',
            "channels.email.greeting",
            "{nam} is unknown",
        ),
        ('instructions: "You serve {client}"', "instructions", "{client} is unknown"),
        ('instructions: "You serve {"', "instructions", "brace"),
        ("topics: [{id: a b, label: x, words: [y]}]", "topics.0.id", "small letters"),
        ("topics: [{id: a, label: x}]", "topics.0.words", "words or examples"),
        (
            "topics: [{id: a, label: x, words: [y], person: false}]",
            "topics.0.reply",
            "a mode in answering.by_topic",
        ),
        ("hours: {timezone: Mars/Olympus}", "hours.timezone", "Europe/Berlin"),
        ('hours: {week: {mon: ["17:00-09:00"]}}', "hours.week.mon", "ends before it begins"),
        ("hours: {week: {monday: []}}", "hours.week.monday", "mon"),
        ("mail: {answer_within: soon}", "mail.answer_within", "24h"),
        ("limits: {pricing: articles}", "limits.reason", "reason"),
        ("notifications: [{on: [handover], to: {kind: slack}}]", "notifications.0.to.url", "url"),
        ("allowed_hosts: ['https://a.example']", "allowed_hosts", "no host name"),
        ("country: Germany", "country", "two capital letters"),
        ("texts: {en: {handover.refunds: Hi}}", "texts.en.handover.refunds", "handover.refund"),
        ('texts: {de: {ticket: "Nr. {number}"}}', "texts.de.ticket", "{number} is unknown"),
        ('texts: {en: {ticket: "{ticket:>99}"}}', "texts.en.ticket", "unknown"),
        ('texts: {fr: {apology: "Oups {"}}', "texts.fr.apology", "brace"),
        ('texts: {en: {apology: " "}}', "texts.en.apology", "never left out"),
    ],
)
def test_a_fault_is_named_with_its_field_and_a_way_out(
    change: str, field: str, reason: str
) -> None:
    with pytest.raises(InvalidProfile) as refused:
        parse_yaml(f"name: Acme\n{change}\n")
    [(found, why)] = [
        (name, text) for name, text in refused.value.fields.items() if reason in text
    ] or [("nothing", str(refused.value.fields))]
    assert found == field or found.startswith(f"{field}."), refused.value.fields
    assert reason in why


@pytest.mark.parametrize("document", ["- a", "name: [1", "just words", "", "name: ''"])
def test_what_is_no_profile_is_refused_and_not_raised(document: str) -> None:
    with pytest.raises(InvalidProfile):
        parse_yaml(document)


def test_a_name_is_all_that_a_profile_needs() -> None:
    company = parse({"name": "Acme"})
    assert (company.product_name, company.signed) == ("Acme", "Acme Support")


def test_a_topic_that_only_has_a_mode_names_what_the_agent_answers() -> None:
    company = parse_yaml(
        "name: Acme\n"
        "topics: [{id: exports, label: Exports, words: [export], person: false}]\n"
        "answering: {default: draft, by_channel: {email: off}, by_topic: {exports: auto}}\n"
    )
    assert not company.topics[0].is_decided
    modes = [
        company.answering.mode(channel, topic)
        for channel, topic in (
            (Channel.EMAIL, "exports"),
            (Channel.EMAIL, None),
            (Channel.WHATSAPP, "another"),
        )
    ]
    assert modes == ["auto", "off", "draft"]
