"""Checks that an unsure search offers its topics once, and that a number or a title picks one."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from agent.agent import build_agents
from agent.choices import choice_text
from agent.output_checks import check_draft
from agent.settings import AgentSettings
from domain.channels import Channel
from domain.languages import Language
from domain.messages import Role
from domain.ports import AgentDependencies
from domain.turns import Draft, HistoryEntry, Passage, SearchResult, Turn, TurnOutcome
from tests.unit.agent_world import NOW
from tests.unit.agent_world import turn as make_turn

QUESTION = "what about the thing with the boxes"
TITLES = ("Send a parcel abroad", "Store parcels for a week", "Insure a parcel")
UNSURE = SearchResult(
    tuple(
        Passage(uuid4(), uuid4(), title, f"{title} in the app under Parcels. It takes a day.", 0.5)
        for title in TITLES
    ),
    0.3,
    is_answerable=False,
    is_unsure=True,
)


async def draft_of(turn: Turn, search: UnsureSearch) -> Draft:
    [agent] = build_agents(AgentSettings(), None)
    draft = await agent.draft(turn, AgentDependencies(search))
    assert check_draft(turn, draft, AgentSettings()) == []
    return draft


class UnsureSearch:
    """Is unsure, but of a question that is a title."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    async def search(self, query: str) -> SearchResult:
        self.queries.append(query)
        found = [passage for passage in UNSURE.passages if passage.title == query]
        return SearchResult(tuple(found), 0.9, True) if found else UNSURE


def answering(turn: Turn, text: str, language: Language = Language.ENGLISH) -> Turn:
    """Return the customer's next turn, after the choice was offered."""
    entry = HistoryEntry(Role.CUSTOMER, turn.channel.channel, QUESTION, NOW, turn.conversation_id)
    offer = replace(entry, role=Role.AGENT, content=f"Hello,\n\n{choice_text(turn, TITLES)}\n\nUs")
    message = replace(turn.messages[0], id=uuid4(), text=text)
    return replace(
        turn,
        messages=(message,),
        history=(entry, offer),
        clarifications_before=1,
        language=language,
    )


async def test_an_unsure_search_offers_its_topics_in_place_of_a_hand_over() -> None:
    draft = await draft_of(make_turn(QUESTION), UnsureSearch())
    assert draft.outcome is TurnOutcome.ASKED_BACK
    assert draft.choices == TITLES
    assert "1. Send a parcel abroad\n2. Store parcels for a week" in (draft.reply or "")


async def test_a_customer_who_was_asked_back_is_not_offered_a_second_choice() -> None:
    draft = await draft_of(replace(make_turn(QUESTION), clarifications_before=1), UnsureSearch())
    assert draft.outcome is TurnOutcome.ESCALATED


@pytest.mark.parametrize(
    "text", ["2", "Nr. 2", "the second one please", "2.", "Store parcels for a week", "store week"]
)
async def test_a_number_or_a_title_picks_the_article(text: str) -> None:
    search = UnsureSearch()
    draft = await draft_of(answering(make_turn(QUESTION), text), search)
    assert search.queries[0] == "Store parcels for a week"
    assert draft.outcome is TurnOutcome.ANSWERED
    assert [source.title for source in draft.sources] == ["Store parcels for a week"]


@pytest.mark.parametrize("text", ["none", "7"])
async def test_none_of_the_topics_goes_to_a_person(text: str) -> None:
    draft = await draft_of(answering(make_turn(QUESTION), text), UnsureSearch())
    assert draft.outcome is TurnOutcome.ESCALATED


def test_a_model_can_not_pass_a_list_of_its_own_off_as_the_choice() -> None:
    turn = make_turn(QUESTION, channel=Channel.EMAIL)
    draft = Draft(reply=choice_text(turn, ("Free gold",)), asks_back=True, choices=TITLES)
    assert check_draft(turn, draft, AgentSettings())
