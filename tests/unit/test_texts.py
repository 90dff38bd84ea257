"""Tests that every language says the same, and that the company's own words come first."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from agent.agent import build_agents
from agent.output_checks import OutputCheck
from agent.settings import AgentSettings
from channels.registry import channel_configs
from domain.catalogue import shipped
from domain.channels import Channel
from domain.company import ChannelForm, Company
from domain.languages import Language, guess_language
from domain.ports import AgentDependencies
from domain.tickets import EscalationReason
from domain.turns import Draft, Turn
from domain.wording import framing, render, say
from pipeline.drafting import draft_hand_over
from tests.sample_profile import COMPANY
from tests.unit.agent_world import AbsentSearch, WordSearch, passage, turn

SETTINGS = AgentSettings()
FORMS = {config.channel: config for config in channel_configs()}
ARTICLE = passage(
    "Rechnung herunterladen",
    "Öffnen Sie die Einstellungen und wählen Sie Abrechnung. Dort laden Sie jede Rechnung als Datei herunter.",
)
QUESTION = "Wie kann ich meine Rechnung herunterladen?"


def in_german(*texts: str, channel: Channel = Channel.EMAIL, company: Company = COMPANY) -> Turn:
    return replace(turn(*texts, channel=channel), language=Language.GERMAN, company=company)


async def draft_of(asked: Turn) -> Draft:
    (agent,) = build_agents(SETTINGS, None)
    draft = await agent.draft(asked, AgentDependencies(WordSearch((ARTICLE,))))
    assert OutputCheck(SETTINGS)(asked, draft) == []
    return draft


@pytest.mark.parametrize("language", Language)
def test_every_language_has_every_text_with_the_same_placeholders(language: Language) -> None:
    def placeholders(code: str) -> dict[str, list[str]]:
        return {key: sorted(re.findall(r"\{\w+\}", text)) for key, text in shipped(code).items()}

    assert placeholders(language) == placeholders("en")
    assert {f"handover.{reason}" for reason in EscalationReason} <= set(shipped(language))


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.WEB_FORM, Channel.WHATSAPP])
async def test_a_german_customer_reads_no_english_of_ours_around_an_article(
    channel: Channel,
) -> None:
    draft = await draft_of(in_german(QUESTION, channel=channel))
    assert draft.escalation is None
    reply = render(draft.reply or "", FORMS[channel], "Anna", "TKT-1", COMPANY, Language.GERMAN)
    assert "Öffnen Sie die Einstellungen" in reply
    assert "Aus unserem Hilfeartikel „Rechnung herunterladen“" in reply
    english = [text for text in shipped("en").values() if len(text.split()) > 1]
    sentences = [
        part for text in english for part in re.split(r"\{\w+\}|\n", text) if len(part) > 8
    ]
    assert not [part for part in sentences if part.strip() in reply]
    assert {guess_language(part, Language.GERMAN) for part in reply.split("\n\n")} == {"de"}


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("Guten Tag!", "small_talk.greeting"),
        ("Vielen Dank!", "small_talk.acknowledgement"),
        ("Ich habe ein Problem.", "which_problem"),
        ("Es geht nicht.", "which_problem"),
    ],
)
async def test_small_talk_and_questions_back_are_in_the_customers_language(
    asked: str, key: str
) -> None:
    draft = await draft_of(in_german(asked))
    assert draft.reply == say(COMPANY, "de", key)


async def test_an_unreachable_knowledge_base_is_told_in_the_customers_language() -> None:
    (agent,) = build_agents(SETTINGS, None)
    draft = await agent.draft(in_german(QUESTION), AgentDependencies(AbsentSearch()))
    assert say(COMPANY, "de", "knowledge_unavailable") in (draft.reply or "")


async def test_a_profiles_own_words_stand_around_an_answer_and_pass_the_checks() -> None:
    company = replace(
        COMPANY,
        texts={
            "de": {
                "opening.email": "Moin! Da schnacken wir mal:",
                "source.plain": "Nach „{title}“.",
            }
        },
    )
    draft = await draft_of(in_german(QUESTION, company=company))
    assert (draft.reply or "").startswith("Moin! Da schnacken wir mal:\n\n")
    assert (draft.reply or "").endswith("Nach „Rechnung herunterladen“.")
    assert "Moin! Da schnacken wir mal:" in framing(company, "de")


def test_a_hand_over_in_the_profiles_words_may_name_its_telephone() -> None:
    own = "{company} ruft zurück; eilig: +49 30 1234567."
    company = replace(COMPANY, texts={"de": {"handover.refund": own}})
    asked = in_german("Geld zurück!", company=company)
    draft = draft_hand_over(asked, EscalationReason.REFUND)
    assert (draft.reply or "").startswith(
        "TechCorp ruft zurück; eilig: +49 30 1234567. Ihre Ticket"
    )
    assert OutputCheck(SETTINGS)(asked, draft) == []


def test_a_language_without_a_text_falls_back_to_the_companys_first_and_then_english() -> None:
    german = replace(COMPANY, languages=("de", "en"))
    assert say(german, "no", "cannot_read") == shipped("de")["cannot_read"]
    norwegian = replace(
        COMPANY, languages=("no",), texts={"no": {"cannot_read": "Hva gjelder det?"}}
    )
    assert say(norwegian, "sv", "cannot_read") == "Hva gjelder det?"
    assert say(norwegian, "sv", "apology") == shipped("en")["apology"]


@pytest.mark.parametrize(
    ("greeting", "language", "wanted"),
    [
        ("Hi {name}!", "de", "Hi Anna!"),
        ({"en": "Hi {name}!", "de": "Moin {name}!"}, "de", "Moin Anna!"),
        ({"en": "Hi {name}!", "de": "Moin {name}!"}, "fr", "Bonjour Anna,"),
        ("", "de", "Guten Tag Anna,"),
    ],
)
def test_a_channels_greeting_is_one_text_or_one_a_language(
    greeting: str | dict[str, str], language: str, wanted: str
) -> None:
    company = replace(COMPANY, channels={"email": ChannelForm(greeting=greeting)})
    assert say(company, language, "greeting.email", name="Anna") == wanted


def test_a_brace_is_written_twice_and_a_value_is_never_a_template() -> None:
    company = replace(COMPANY, texts={"en": {"source.plain": "{{{title}}}"}})
    assert say(company, "en", "source.plain", title="{company}") == "{{company}}"


def test_a_customer_without_a_usable_name_is_greeted_in_their_language() -> None:
    text = render(
        "Ja.", FORMS[Channel.EMAIL], "www.spam.example", "TKT-1", COMPANY, Language.GERMAN
    )
    assert text == "Guten Tag,\n\nJa.\n\nMit freundlichen Grüßen\nTechCorp Support\nTicket TKT-1"
