"""Tests that a customer's act is recognised and answered in our own words, by the company's profile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.acts.registry import HANDLERS, ActHandlers
from domain.acts import AboutUs, ActReading, DialogueAct
from domain.company import Company, Contact, Hours
from domain.languages import Language
from domain.messages import Role
from domain.tickets import EscalationReason, Stage
from domain.turns import Draft, Turn
from domain.wording import say
from pipeline.acts import act_of
from tests.sample_profile import COMPANY
from tests.unit.agent_world import turn

KNOWN = replace(
    COMPANY,
    contact=Contact(
        phone="+49 40 5550100",
        address="Hafenstrasse 12\n20457 Hamburg",
        privacy_url="https://techcorp.example/privacy",
        help_site="https://help.techcorp.example",
    ),
    hours=Hours(timezone="Europe/Berlin", week={"mon": ("08:00-20:00",), "tue": ("08:00-20:00",)}),
)
UNKNOWN = replace(COMPANY, contact=Contact(), hours=Hours())


def asked(
    act: DialogueAct,
    about: AboutUs | None = None,
    company: Company = KNOWN,
    before: tuple[tuple[Role, str], ...] = (),
) -> Turn:
    return replace(turn("…", before=before), company=company, act=ActReading(act, 0.95, about))


def reply_to(of: Turn) -> Draft:
    draft = ActHandlers().reply(of)
    assert draft is not None
    return draft


def test_every_act_has_a_handler() -> None:
    assert set(HANDLERS) == set(DialogueAct)


@pytest.mark.parametrize(
    ("about", "fact"),
    [
        (AboutUs.PHONE, "+49 40 5550100"),
        (AboutUs.ADDRESS, "Hafenstrasse 12, 20457 Hamburg"),
        (AboutUs.HOURS, "08:00–20:00"),
        (AboutUs.DATA, "https://techcorp.example/privacy"),
        (AboutUs.EMAIL, "https://help.techcorp.example"),
    ],
)
@pytest.mark.parametrize("language", Language)
def test_questions_about_us_are_answered_from_the_profile_in_every_language(
    about: AboutUs, fact: str, language: Language
) -> None:
    draft = reply_to(replace(asked(DialogueAct.ABOUT_US, about), language=language))
    assert fact in (draft.reply or "")
    assert draft.escalation is None


@pytest.mark.parametrize("language", Language)
def test_the_assistant_says_that_it_is_no_person(language: Language) -> None:
    draft = reply_to(replace(asked(DialogueAct.ABOUT_US, AboutUs.IDENTITY), language=language))
    assert say(KNOWN, language, "about.identity") in (draft.reply or "")
    assert say(KNOWN, language, "disclosure.word") in (draft.reply or "")


@pytest.mark.parametrize("about", [AboutUs.PHONE, AboutUs.HOURS, AboutUs.ADDRESS])
def test_what_the_profile_does_not_state_is_looked_up_and_then_said_to_be_unknown(
    about: AboutUs,
) -> None:
    of = asked(DialogueAct.ABOUT_US, about, UNKNOWN)
    assert ActHandlers().reply(of) is None
    draft = ActHandlers().instead_of_hand_over(of, Draft())
    assert draft is not None
    assert (draft.reply or "").startswith(say(UNKNOWN, "en", f"about.no_{about}"))
    assert draft.escalation is None


def test_a_wish_to_be_called_is_handed_over_with_what_will_happen() -> None:
    offered = replace(KNOWN, contact=replace(KNOWN.contact, callback=True))
    for company, key in ((offered, "call.offered"), (KNOWN, "call.not_offered")):
        draft = reply_to(asked(DialogueAct.CALL_REQUEST, company=company))
        assert draft.reason is EscalationReason.HUMAN_REQUEST
        assert (draft.reply or "").startswith(say(company, "en", key))
        assert "+49 40 5550100" in (draft.reply or "")


def test_nothing_is_said_to_ok_after_an_answer() -> None:
    before = ((Role.CUSTOMER, "How do I archive?"), (Role.AGENT, "Open the menu."))
    draft = reply_to(asked(DialogueAct.ACKNOWLEDGEMENT, before=before))
    assert draft.reply is None
    assert draft.escalation is None


def test_thanks_while_a_person_is_awaited_are_not_taken_for_success() -> None:
    waiting = replace(asked(DialogueAct.THANKS), stage=Stage.FOR_PERSON)
    assert reply_to(waiting).reply == say(KNOWN, "en", "small_talk.while_waiting")


def test_an_insult_is_answered_calmly_once_and_then_goes_to_a_person() -> None:
    first = reply_to(asked(DialogueAct.ABUSE))
    assert first.asks_back
    before = ((Role.CUSTOMER, "idiots"), (Role.AGENT, first.reply or ""))
    assert (
        reply_to(asked(DialogueAct.ABUSE, before=before)).reason
        is EscalationReason.NEGATIVE_SENTIMENT
    )


def test_what_is_said_aside_in_a_burst_does_not_hide_the_question() -> None:
    hello = ActReading(DialogueAct.GREETING, 0.9)
    question = ActReading(DialogueAct.QUESTION, 0.6)
    correction = ActReading(DialogueAct.CORRECTION, 0.8)
    assert act_of([hello, question]) == question
    assert act_of([hello, hello]) == hello
    assert act_of([question, question]).act is DialogueAct.SEVERAL_QUESTIONS
    assert act_of([question, correction]) == correction
