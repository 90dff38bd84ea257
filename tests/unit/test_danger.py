"""Checks that danger is seen in every language, and that the numbers of the country are told."""

from __future__ import annotations

import pytest

from agent.guardrails.danger import find_danger
from domain.company import Company, Topic
from domain.danger import DANGER_TOPIC, Danger, DangerKind, emergency_text
from domain.languages import Language
from domain.wording import say
from tests.sample_profile import COMPANY

GB = Company(name="Brightwell Energy", country="GB")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("There is a smell of gas in my kitchen", DangerKind.GAS),
        ("In meiner Küche riecht es nach Gas", DangerKind.GAS),
        ("Ça sent le gaz dans ma cuisine", DangerKind.GAS),
        ("Huele a gas en mi cocina", DangerKind.GAS),
        ("C'è odore di gas in cucina", DangerKind.GAS),
        ("Ik ruik gas in de keuken", DangerKind.GAS),
        ("I don't want to live any more", DangerKind.SELF_HARM),
        ("Ich will nicht mehr leben", DangerKind.SELF_HARM),
        ("Je ne veux plus vivre", DangerKind.SELF_HARM),
        ("No quiero seguir viviendo", DangerKind.SELF_HARM),
        ("Non voglio più vivere", DangerKind.SELF_HARM),
        ("Ik wil niet meer leven", DangerKind.SELF_HARM),
        ("Our carbon monoxide alarm keeps going off", DangerKind.GAS),
        ("smoke is coming out of the meter", DangerKind.FIRE),
        ("Aus der Steckdose kommt Rauch", DangerKind.FIRE),
        ("The power is out and my father needs his oxygen concentrator", DangerKind.DEVICE),
        ("Stromausfall, meine Mutter hängt am Beatmungsgerät", DangerKind.DEVICE),
    ],
)
def test_danger_is_seen_in_every_language(text: str, kind: DangerKind) -> None:
    danger = find_danger(text)
    assert danger is not None
    assert danger.kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "When is my gas bill due?",
        "Our firewall blocks your app",
        "The battery of my remote is dead",
        "Wann kommt meine Gasrechnung?",
        "Ich möchte eine Feuerversicherung abschließen",
        "Où trouver le contrat de gaz ?",
        "¿Dónde está el contador de gas?",
        "How do I kill the process of a stuck export?",
        "I was charged twice and the deadline is killing me",
    ],
)
def test_ordinary_messages_are_no_danger(text: str) -> None:
    assert find_danger(text) is None


def test_the_numbers_of_the_country_are_told_without_trouble() -> None:
    for language in Language:
        gas = emergency_text(GB, Danger(DangerKind.GAS, language, "gas"))
        life = emergency_text(GB, Danger(DangerKind.SELF_HARM, language, "die"))
        assert "999" in gas
        assert "0800 111 999" in gas
        assert "116 123" in life
        said = f"{gas} {life} {say(COMPANY, language, 'handover.danger')}".lower()
        assert "trouble" not in said


def test_the_topic_danger_wins_over_the_emergency_text_and_that_over_the_shipped_one() -> None:
    danger = Danger(DangerKind.FIRE, Language.GERMAN, "feuer")
    own = {"en": "Call us.", "de": "Rufen Sie uns an."}
    profile = Company(name="A", emergency={"de": "Raus und 112."})
    assert emergency_text(profile, danger) == "Raus und 112."
    topic = Topic(id=DANGER_TOPIC, label="Danger", words=("fire",), reply=own)
    profile = Company(name="A", emergency={"de": "Raus und 112."}, topics=(topic,))
    assert emergency_text(profile, danger) == "Rufen Sie uns an."
    assert "112" in emergency_text(Company(name="A", country="FR"), danger)
