"""Tests that a customer's act is recognised and answered in our own words, by the company's profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent.acts.features import BUCKETS, SHAPE
from agent.acts.model import ActModel, split_class
from agent.acts.registry import HANDLERS, ActHandlers
from domain.acts import AboutUs, ActReading, DialogueAct
from domain.company import Company, Contact, Hours
from domain.encoders import Encoder
from domain.languages import Language
from domain.messages import Role
from domain.tickets import EscalationReason, Stage
from domain.turns import Draft, Escalation, SearchResult, Turn
from domain.wording import say
from evals.fitting.acts import read_examples
from pipeline.acts import act_of
from tests.sample_profile import COMPANY
from tests.unit.agent_world import passage, turn

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
    nothing_found = Draft(escalation=Escalation(EscalationReason.NO_KB_MATCH, "Nothing found."))
    draft = ActHandlers().review(of, nothing_found)
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


def found(*titles: str) -> Draft:
    """A draft that found articles of these titles and answers from the first."""
    passages = tuple(
        replace(passage(title, f"{title}."), similarity=0.6 - 0.01 * at)
        for at, title in enumerate(titles)
    )
    draft = Draft(reply=f"{titles[0]}.", sources=[passages[0]])
    draft.found = [SearchResult(passages, 0.7, True)]
    return draft


def test_a_short_message_is_asked_back_what_the_articles_found_differ_in() -> None:
    of = replace(turn("the app crashes"), act=ActReading(DialogueAct.QUESTION, 0.9))
    titles = ("App crashes on iOS", "App crashes on Android", "Desktop app crashes")
    draft = ActHandlers().review(of, found(*titles))
    assert draft is not None
    assert draft.reply == "Which one is it: iOS, Android, or Desktop?"
    assert draft.asks_back
    assert not draft.sources


def test_what_the_customer_has_said_before_is_not_asked_again() -> None:
    before = ((Role.CUSTOMER, "I use the app on my iPhone"), (Role.AGENT, "Yes?"))
    of = replace(turn("the app crashes", before=before), act=ActReading(DialogueAct.QUESTION, 0.9))
    assert ActHandlers().review(of, found("App crashes on iOS", "App crashes on Android")) is None


def test_asking_back_has_a_budget() -> None:
    of = replace(
        turn("the app crashes", clarifications_before=2), act=ActReading(DialogueAct.QUESTION, 0.9)
    )
    assert ActHandlers().review(of, found("App crashes on iOS", "App crashes on Android")) is None


def tiny_model(threshold: float) -> ActModel:
    """A model of three classes whose encoding gives the logits."""
    return ActModel(
        encoding=np.eye(4, 3, dtype=np.float32) * 4,
        shape=np.zeros((SHAPE, 3), dtype=np.float32),
        ngrams=np.zeros((BUCKETS, 3), dtype=np.float32),
        bias=np.zeros(3, dtype=np.float32),
        temperature=1.0,
        threshold=threshold,
        classes=("question", "about_us.phone", "about_us.hours"),
        encoder=Encoder("tiny", 2),
        version="1",
    )


def test_what_is_asked_about_us_adds_up_to_one_act() -> None:
    reading = tiny_model(0.5).read("…", np.array([0.9, 0.8, 1.0, 0.0], dtype=np.float32))
    assert reading.act is DialogueAct.ABOUT_US
    assert reading.about is AboutUs.HOURS


def test_an_unsure_act_never_ends_a_turn_without_a_search() -> None:
    unsure = np.array([0.2, 0.25, 0.0, 0.0], dtype=np.float32)
    assert tiny_model(0.0).read("…", unsure).is_sure
    reading = tiny_model(0.9).read("…", unsure)
    assert not reading.is_sure
    of = replace(asked(DialogueAct.ABOUT_US), act=reading)
    assert ActHandlers().reply(of) is None
    nothing_found = Draft(escalation=Escalation(EscalationReason.NO_KB_MATCH, "Nothing found."))
    assert ActHandlers().review(of, nothing_found) is not None


def test_weights_of_other_features_are_refused(tmp_path: Path) -> None:
    stored = tiny_model(0.5)
    stored.save(tmp_path)
    assert ActModel.load(tmp_path).classes == stored.classes
    replace(stored, shape=stored.shape[:3]).save(tmp_path)
    with pytest.raises(ValueError, match="another set of features"):
        ActModel.load(tmp_path)


def test_the_carried_examples_name_known_acts_in_four_languages() -> None:
    examples = list(read_examples())
    acts = {split_class(example.name)[0] for example in examples}
    assert acts == set(DialogueAct)
    for act in DialogueAct:
        languages = {each.language for each in examples if split_class(each.name)[0] is act}
        assert {"en", "de", "es", "fr"} <= languages


def test_an_example_under_an_unknown_act_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "en.txt").write_text("[greeting]\nhi\n[shouting]\nHEY\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"en\.txt, line 3"):
        list(read_examples(tmp_path))


def test_thanks_are_taken_for_success_only_after_an_answer() -> None:
    greeted = ((Role.CUSTOMER, "hi"), (Role.AGENT, say(KNOWN, "en", "small_talk.greeting")))
    answered = ((Role.CUSTOMER, "How do I archive?"), (Role.AGENT, "Open the menu."))
    for before, key in ((greeted, "acknowledgement"), (answered, "thanks")):
        draft = reply_to(asked(DialogueAct.THANKS, before=before))
        assert draft.reply == say(KNOWN, "en", f"small_talk.{key}")


def test_an_answer_without_a_rival_is_not_asked_about() -> None:
    of = replace(turn("does the app work offline?"), act=ActReading(DialogueAct.QUESTION, 0.9))
    assert ActHandlers().review(of, found("Use the mobile app offline", "The desktop app")) is None
