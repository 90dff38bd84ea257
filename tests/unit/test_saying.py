"""A reply says an article's own words, whole, plain, with their warnings and not their opposite."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from agent.composing import Answer, compose
from agent.opposites import Case
from agent.output_checks import OutputCheck
from agent.plain_text import plain_text
from agent.settings import AgentSettings
from agent.warnings import warns
from domain.channels import Channel
from domain.languages import Language, guess_language
from domain.turns import Draft, Passage, SearchResult
from tests.sample_profile import COMPANY
from tests.unit.agent_world import CHANNELS, passage, ticket, turn

EMAIL, WHATSAPP = CHANNELS[Channel.EMAIL], CHANNELS[Channel.WHATSAPP]
LONG = " ".join(f"Fact number {at} about something else is told here." for at in range(12))


def codes(reply: str, *sources: Passage, question: str = "How do I do it?") -> set[str]:
    found = [SearchResult(tuple(sources), 0.9, True)]
    draft = Draft(reply=reply, ticket=ticket("TKT-AAAAAAAAAA"), found=found, sources=list(sources))
    asked = replace(turn(question), language=guess_language(question))
    return {violation.code for violation in OutputCheck(AgentSettings())(asked, draft)}


def said(question: str, *sources: Passage, is_short: bool = False) -> str:
    channel = WHATSAPP if is_short else EMAIL
    answer = compose(question, sources, channel, guess_language(question), COMPANY)
    assert isinstance(answer, Answer)
    assert codes(answer.text, *answer.sources, question=question) == set()
    return answer.text


@pytest.mark.parametrize(
    "url",
    [
        "https://help.x.example/hc/en-us/articles/4711360012345-Lost-card",
        "https://help.x.example/en/articles/8841207-lost-card",
        "https://x.example/?p=2187",
        "https://x.example/faq?id=4711&lang=en",
    ],
)
def test_an_article_whose_address_holds_a_number_is_answered_from(url: str) -> None:
    source = replace(passage("Lost card in 3 steps", "Open the app and block the card."), url=url)
    assert url in said("my card is lost", source)


def test_a_title_is_no_claim() -> None:
    source = passage("Get your money back", "Open the order and choose Return.")
    assert "Get your money back" in said("how do I return an order", source)


@pytest.mark.parametrize(
    "sentence",
    [
        "We write to you between 42 and 49 days before it ends.",
        "If eight weeks have passed, you can go to the Energy Ombudsman free of charge.",
        "Express delivery costs £5.90 and takes 1 to 2 days.",
        "Eine Ersatzkarte kostet 12,50 €, die Rückerstattung dauert 14 Tage.",
        "We refund the price within 14 days.",
        "A colleague will call you on the day before.",
        "Warning: never open the case while it is on.",
        "We guarantee the price for 12 months.",
    ],
)
def test_an_articles_sentence_is_said_whole(sentence: str) -> None:
    source = passage("About it", f"This is how it goes with us. {sentence}")
    assert sentence in said("tell me about it please", source)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("Express delivery costs $5.90 and takes 1 to 2 days.", "price"),
        ("Express delivery costs £5.9 and takes 1 to 2 days.", "price"),
        ("Express delivery costs £5.90.", "price"),
        ("We refund the price of the express delivery within 1 to 2 days.", "refund"),
        (
            "See https://x.example/articles/4712 on express delivery, it takes 1 to 2 days.",
            "figure",
        ),
    ],
)
def test_what_is_not_the_passages_own_sentence_is_still_refused(reply: str, code: str) -> None:
    text = "Express delivery costs £5.90 and takes 1 to 2 days. We refund the price."
    source = replace(passage("Delivery", text), url="https://x.example/articles/4711")
    assert code in codes(reply, source)


def test_a_quoted_act_is_refused_and_a_customers_heading_is_not() -> None:
    source = passage(
        "Readings", "#### I sent the wrong reading. What now?\nSend the right one within 10 days."
    )
    assert "I sent the wrong reading. What now?\nSend the right one" in said(
        "wrong reading", source
    )
    learned = passage("Accounts", "I have reset your password. Open the page and sign in again.")
    assert "act" in codes("I have reset your password.", learned)


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("## Steps\n\nGo on.", "Steps\n\nGo on."),
        ("| A | B |\n|---|---|\n| x | 1 |", "- x – B: 1"),
        ("> **Note:** read *this* and __that__", "Note: read this and “that”"),
        ("Use `a_b`, not <b>c</b>&nbsp;&amp; d<br>e", "Use a_b, not c\xa0& d\ne"),
        ("```sh\nrun it\n```\n---\nEnd", "run it\nEnd"),
        ("![x](y.png) See [a](../b.md) and <https://x.example/a_b_c>.", "See a and https://x.example/a_b_c."),
        ("* one\n+ two\n\\* three ** four", "- one\n- two\n* three  four".replace("  ", " ")),
        ("2 * 3 < 7, file_name_x and a # b", "2 * 3 < 7, file_name_x and a # b"),
    ],
)  # fmt: skip
def test_plain_text_holds_nothing_but_words(markdown: str, words: str) -> None:
    assert plain_text(markdown) == words


def test_a_sentence_with_a_broken_character_is_not_said() -> None:
    source = passage("Shops", "We are in M\N{REPLACEMENT CHARACTER}nchen. We open at nine o'clock.")
    assert "nchen" not in said("when do you open", source)


STEPS = "\n".join(f"{at}. Open part number {at} of the fuse box." for at in range(1, 7))


@pytest.mark.parametrize(
    "warning",
    [
        "> Do you smell gas? Leave the building.",
        "Warning: leave the building if you smell gas.",
        "Never switch anything on if you smell gas.",
        "Achtung: Verlassen Sie bei Gasgeruch das Haus.",
        "Nur wenn der Strom aus ist, darf man weitermachen.",
        "Attention : quittez le bâtiment.",
        "No debe abrirlo con la corriente.",
        "Attenzione: staccare prima la spina.",
        "Let op: trek eerst de stekker eruit.",
        "Only if the power is off may you go on.",
    ],
)
def test_a_warning_above_steps_is_never_cut_from_them(warning: str) -> None:
    source = passage("Fuses", f"{LONG}\n\n{warning}\n\nHow to do it:\n\n{STEPS}")
    text = said("open the fuse box", source, is_short=True)
    assert "6. Open part" in text
    assert plain_text(warning) in text


def test_the_warning_at_an_articles_head_comes_with_steps_of_a_later_passage() -> None:
    head = passage("Fuses", f"> Do you smell gas? Leave the building.\n\n{LONG}")
    later = replace(
        head, chunk_id=uuid4(), text=f"#### The box\n{STEPS}", position=5, section="The box"
    )
    text = said("open the fuse box", later, head, is_short=True)
    assert text.index("smell gas") < text.index("6. Open part")
    assert "Fact number" not in text


def test_a_condition_of_another_section_is_not_said() -> None:
    source = passage("Fuses", f"#### Gas\n> Never smoke.\n{LONG}\n#### The box\n{STEPS}")
    assert "smoke" not in said("open the fuse box", source, is_short=True)


def test_an_article_that_is_whole_or_nothing_is_said_whole_or_not_at_all() -> None:
    short = replace(passage("Dose", f"Take one a day.\n\n{STEPS}\n\nAsk first."), is_whole=True)
    text = said("how many a day", short, is_short=True)
    assert all(part in text for part in ("one a day", "6. Open part", "Ask first."))
    long = replace(passage("Dose", " ".join([LONG] * 8)), is_whole=True)
    assert compose("how many a day", [long], EMAIL, Language.ENGLISH, COMPANY) is None


@pytest.mark.parametrize(
    ("question", "wanted", "unwanted"),
    [
        ("How do I turn off reminders?", "Turn off reminders", "Turn on reminders"),
        ("How do I turn reminders on?", "Turn on reminders", "Turn off reminders"),
        ("Wie schalte ich die Erinnerung aus?", "Erinnerung ausschalten", "Erinnerung einschalten"),
        ("Comment désactiver les rappels ?", "Désactiver les rappels", "Activer les rappels"),
        ("Can I cancel after dispatch?", "After dispatch", "Before dispatch"),
        ("Kann ich nach dem Versand stornieren?", "Nach dem Versand", "Vor dem Versand"),
    ],
)
def test_the_opposite_case_is_not_said(question: str, wanted: str, unwanted: str) -> None:
    source = passage(
        "All about it", f"#### {unwanted}\nDo the red thing.\n#### {wanted}\nDo the green thing."
    )
    text = said(question, source)
    assert "green" in text
    assert "red thing" not in text
    other = passage(unwanted, "Do the red thing on the page.")
    right = passage(wanted, "Do the green thing on the page.")
    if unwanted.split()[0] not in ("Before", "Vor"):
        assert said(question, other, right).count("green") == 1
    assert compose(question, [other], EMAIL, guess_language(question), COMPANY) is None


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("My card is blocked", "Unblock your card"),
        ("Two-factor is turned on and I lost my phone", "Turn off two-factor"),
        ("How do I turn on reminders?", "Turn reminders on or off"),
        ("How do I add a user?", "Users and their rights"),
        ("I can't sign in after the update", "Before you start"),
    ],
)
def test_what_is_no_opposite_may_be_said(question: str, text: str) -> None:
    assert not Case(question, Language.ENGLISH).is_opposite_of(text, is_heading=True)


@pytest.mark.parametrize(
    "sentence",
    [
        "Choose Save.",
        "The visit takes two hours.",
        "Wählen Sie Speichern.",
        "Sie finden es im Menü.",
    ],
)
def test_a_plain_step_is_no_warning(sentence: str) -> None:
    assert not warns(sentence)
