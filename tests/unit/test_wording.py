"""Tests greeting, signature, limits of length, splitting, and what we say ourselves."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.registry import channel_configs
from domain.channels import Channel, ChannelConfig
from domain.company import Company
from domain.languages import Language, guess_language
from domain.tickets import EscalationReason
from domain.wording import (
    attachments_note,
    cut_to_words,
    render,
    say,
    say_with_ticket,
    split_at_sentences,
)
from tests.sample_profile import COMPANY

NUMBER = "TKT-0123456789"
ENGLISH = Language.ENGLISH


def company(
    greeting: str = "Hello {name},",
    signature: str = "Your ticket is {ticket}.\nTechCorp Support",
) -> Company:
    texts = {"en": {"greeting.email": greeting, "signature.email": signature}}
    return replace(COMPANY, texts=texts)


BARE = company("", "")


def config(
    *,
    max_words: int | None = None,
    preferred_chars: int | None = None,
) -> ChannelConfig:
    return ChannelConfig(
        channel=Channel.EMAIL,
        tone="",
        max_words=max_words,
        preferred_chars=preferred_chars,
        max_chars=None,
        burst_window=timedelta(0),
    )


def test_a_reply_is_greeted_and_signed() -> None:
    assert render("It is ready.", config(), "Anna", NUMBER, company(), ENGLISH) == (
        f"Hello Anna,\n\nIt is ready.\n\nYour ticket is {NUMBER}.\nTechCorp Support"
    )


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "see www.spam.example",
        "https://x.y",
        "<b>",
        "a@b.c",
        "x" * 61,
        "evil-login.com/reset",
    ],
)
def test_a_name_that_is_none_becomes_a_neutral_greeting(name: str) -> None:
    assert render("Yes.", config(), name, None, company(signature=""), ENGLISH) == "Hello,\n\nYes."


def test_a_name_is_never_a_template() -> None:
    for name in ("{ticket}", "{name}", "{0.__class__}"):
        assert NUMBER not in render("Yes.", config(), name, NUMBER, company(signature=""), ENGLISH)
    odd = render("Use {name} and {ticket}.", config(), "Anna", NUMBER, BARE, ENGLISH)
    assert odd == "Use {name} and {ticket}."


def test_without_a_ticket_its_line_is_left_out() -> None:
    assert (
        render("Yes.", config(), "Anna", None, company(), ENGLISH)
        == "Hello Anna,\n\nYes.\n\nTechCorp Support"
    )


@pytest.mark.parametrize("channel", channel_configs(), ids=lambda config: config.channel.value)
@pytest.mark.parametrize(
    "text",
    [
        *(
            say_with_ticket(COMPANY, Language.ENGLISH, f"handover.{reason}", NUMBER)
            for reason in EscalationReason
        ),
        say_with_ticket(COMPANY, Language.ENGLISH, "apology", NUMBER),
        say_with_ticket(COMPANY, Language.ENGLISH, "already_with_person", NUMBER),
    ],
)
def test_a_hand_over_names_its_ticket_once_on_every_channel(
    text: str, channel: ChannelConfig
) -> None:
    assert render(text, channel, "Anna", NUMBER, COMPANY, ENGLISH).count(NUMBER) == 1


def test_empty_templates_leave_the_answer_alone() -> None:
    assert render(" Yes. ", config(), "Anna", NUMBER, BARE, ENGLISH) == "Yes."


def test_a_long_answer_is_cut_after_a_whole_sentence() -> None:
    text = "One two three. Four five six. Seven eight nine."
    assert cut_to_words(text, 9) == text
    assert cut_to_words(text, 8) == "One two three. Four five six."
    assert cut_to_words(text, 2) == "One two…"


def test_a_list_is_cut_after_a_whole_item_and_never_leaves_only_its_announcement() -> None:
    text = "Do this.\n\nThe steps:\n1. Open the page. Wait.\n2. Press the button."
    assert cut_to_words(text, 9) == "Do this.\n\nThe steps:\n1. Open the page. Wait."
    assert cut_to_words(text, 6) == "Do this."


def test_courtesies_are_dropped_to_fit_and_nothing_else() -> None:
    short = config(preferred_chars=60)
    text = "Open Settings and press Export. I hope this helps! Let me know if it does not work."
    assert (
        render(text, short, "", None, BARE, ENGLISH)
        == "Open Settings and press Export. I hope this helps!"
    )
    tighter = config(preferred_chars=35)
    assert render(text, tighter, "", None, BARE, ENGLISH) == "Open Settings and press Export."
    whole = "Open Settings and press Export. Then choose a format and a folder for the file."
    assert render(whole, tighter, "", None, BARE, ENGLISH) == whole


def test_a_courtesy_stays_where_there_is_room() -> None:
    text = "Press Export. I hope this helps!"
    roomy = config(preferred_chars=300)
    assert render(text, roomy, "", None, BARE, ENGLISH) == text


WORDS = st.sampled_from(
    ["word", "Dr. Meier", "e.g.", "https://x.example/a?b=c.d", "3.5", "ok?", "Yes!", "done.",
     "\n", "\n\n", "\n- item", "\n2. step", "Steps:", "日本語。", "wait…", "“so.”", "x" * 30]
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=80).map(" ".join) | st.text(max_size=200)


@given(TEXTS, st.integers(min_value=1, max_value=80))
def test_a_rendered_message_never_has_more_words_than_allowed(text: str, max_words: int) -> None:
    dressed = render(text, config(max_words=max_words), "Anna Meier", NUMBER, company(), ENGLISH)
    assert len(dressed.split()) <= max_words


@given(TEXTS, st.integers(min_value=1, max_value=80))
def test_a_cut_is_a_beginning_of_the_text(text: str, max_words: int) -> None:
    cut = cut_to_words(text, max_words)
    squeezed, whole = "".join(cut.removesuffix("…").split()), "".join(text.split())
    assert whole.startswith(squeezed)


@given(TEXTS, st.integers(min_value=1, max_value=200))
def test_parts_fit_and_together_hold_every_word_in_order(text: str, max_chars: int) -> None:
    parts = split_at_sentences(text, max_chars)
    assert parts
    assert all(len(part) <= max_chars for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    if text.strip():
        assert all(part.strip() == part and part for part in parts)


@given(TEXTS, st.integers(min_value=30, max_value=200))
def test_a_url_is_never_broken(text: str, max_chars: int) -> None:
    parts = split_at_sentences(text, max_chars)
    urls = re.findall(r"https://x\.example/a\?b=c\.d", text)
    assert sum(part.count("https://x.example/a?b=c.d") for part in parts) == len(urls)


def test_parts_end_at_sentences_and_not_at_abbreviations_or_numbers() -> None:
    text = "Ask Dr. Meier about 3.5 GB. It is e.g. enough for most. Version 2. It is out."
    for part in split_at_sentences(text, 40):
        assert not part.endswith(("Dr.", "3.", "e.g."))
    assert split_at_sentences("One two. Three four. Five six.", 20) == [
        "One two. Three four.",
        "Five six.",
    ]


def test_a_list_item_stays_in_one_part_and_its_announcement_beside_it() -> None:
    text = "Some words come first here. The steps:\n- Open it. Then wait.\n- Close it. Then go."
    parts = split_at_sentences(text, 45)
    assert parts == [
        "Some words come first here.",
        "The steps:\n- Open it. Then wait.",
        "- Close it. Then go.",
    ]


def test_an_empty_text_is_one_empty_part() -> None:
    assert split_at_sentences("", 10) == [""]


PERSON = {
    Language.ENGLISH: "colleague",
    Language.GERMAN: "team|kolleg",
    Language.SPANISH: "equipo|persona",
    Language.FRENCH: "équipe|personne",
    Language.ITALIAN: "persona|reparto",
    Language.DUTCH: "collega|team",
    Language.PORTUGUESE: "pessoa|equipa",
}
PROMISES = (
    r"\b(today|tomorrow|soon|shortly|hours?|days?|minutes|immediately|guarantee|discount|heute|bald"
    r"|morgen|stunden?|tagen?|sofort|garantie|hoy|pronto|horas|garantizamos|bientôt|heures|jours"
    r"|oggi|domani|presto|giorni|garantiamo|vandaag|spoedig|uren|dagen|hoje|amanhã|breve|dias|garantimos)\b"
)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("reason", EscalationReason)
def test_every_hand_over_names_a_person_and_the_ticket_and_promises_nothing(
    reason: EscalationReason, language: Language
) -> None:
    text = say_with_ticket(COMPANY, language, f"handover.{reason}", NUMBER)
    assert re.search(PERSON[language], text, re.IGNORECASE)
    assert NUMBER in text
    assert "{" not in text
    assert not re.search(r"\d", text.replace(NUMBER, ""))
    assert not re.search(PROMISES, text, re.IGNORECASE)
    assert guess_language(text) is language


@pytest.mark.parametrize("language", Language)
def test_our_own_texts_are_in_the_customers_language(language: Language) -> None:
    texts = [
        say_with_ticket(COMPANY, language, "apology", NUMBER),
        say_with_ticket(COMPANY, language, "already_with_person", NUMBER),
        say(COMPANY, language, "cannot_read"),
        attachments_note(COMPANY, language, 1),
        attachments_note(COMPANY, language, 7),
        say(COMPANY, language, "unproven"),
    ]
    assert {guess_language(text) for text in texts} == {language}
    assert all("{" not in text for text in texts)


@pytest.mark.parametrize(
    "text",
    ["", "ok", "no", "hi die app is broken", "tell me about los angeles", "Dr. Die Hard", "日本語"],
)
def test_what_is_in_no_clear_language_is_answered_in_english(text: str) -> None:
    assert guess_language(text) is Language.ENGLISH


def test_our_own_texts_are_honest_and_carry_the_number() -> None:
    assert NUMBER in say_with_ticket(COMPANY, Language.ENGLISH, "apology", NUMBER)
    assert "colleague" in say_with_ticket(COMPANY, Language.ENGLISH, "apology", NUMBER)
    assert NUMBER in say_with_ticket(COMPANY, Language.ENGLISH, "already_with_person", NUMBER)
    assert "?" in say(COMPANY, Language.ENGLISH, "cannot_read")


def test_attachments_are_counted_and_said_to_be_unread() -> None:
    assert "can't open" in attachments_note(COMPANY, Language.ENGLISH, 1)
    assert "8 files" in attachments_note(COMPANY, Language.ENGLISH, 8)
    assert attachments_note(COMPANY, Language.ENGLISH, 0) == ""


@pytest.mark.parametrize("language", Language)
def test_the_text_for_unproven_senders_claims_no_act_and_holds_no_link(language: Language) -> None:
    text = say(COMPANY, language, "unproven")
    assert not re.search(r"https?:|www\.|\d|@", text)
    assert not re.search(PERSON[language], text, re.IGNORECASE)
    assert not re.search(PROMISES, text, re.IGNORECASE)
