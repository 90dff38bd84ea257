"""Suggests a reply to a person who answers a conversation, by the code that answers by itself elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from domain import wording
from domain.drafts import DraftSource, sources_of
from domain.errors import Conflict
from domain.messages import MessageState, Role
from domain.ports import KnowledgeSearch, LanguageDetector
from domain.records import StoredMessage
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason, Stage
from domain.turn_text import prepare
from domain.turns import Draft, Turn
from pipeline.drafting import Drafting
from pipeline.quotes import read_quotes
from pipeline.turns import make_turn

_MOST_SOURCES = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A reply that nobody has sent. `text` is None where no model may answer or none found an answer."""

    text: str | None
    sources: tuple[DraftSource, ...]
    """The articles that it rests on; without a text the closest ones."""
    reason: EscalationReason | None
    """Why there is no text."""


@dataclass(frozen=True, slots=True)
class Suggesting:
    """The use case of the console's “suggest a reply”; it has no effect."""

    open_uow: OpenUnitOfWork
    drafting: Drafting
    search: KnowledgeSearch
    detect_language: LanguageDetector
    history_limit: int = 40

    async def suggest(self, conversation_id: UUID) -> Suggestion:
        """Draft a reply to what the customer wrote last.

        Raises:
            NotFound: No such conversation.
            Conflict: The customer has written nothing that can be answered.
            Transient: A model or the knowledge base is unavailable.
        """
        turn = await self._turn(conversation_id)
        draft, result = await self.drafting.suggest(turn)
        if draft.escalation is not None or draft.reply is None:
            reason = draft.reason or result.reason
            return Suggestion(None, await self._closest(turn, draft), reason)
        text = wording.render(
            draft.reply,
            turn.channel,
            # A name that only a stranger gave goes to no third person.
            "" if turn.is_unproven_mail else turn.customer_name,
            turn.ticket.number if turn.ticket is not None else "",
            turn.company,
            turn.language,
            is_whole=bool(draft.fixed),
        )
        return Suggestion(text, sources_of(draft.sources), None)

    async def _turn(self, conversation_id: UUID) -> Turn:
        """Make the turn that would answer now, as if nobody had taken the conversation."""
        async with self.open_uow() as uow:
            conversation = await uow.conversations.get(conversation_id)
            before = await uow.turns.before(conversation_id)
            asked = _unanswered(await uow.messages.of_conversation(conversation_id))
            if not asked:
                raise Conflict("the customer has written nothing to answer yet")
            history = await uow.conversations.history(conversation_id, limit=self.history_limit)
            quotes = await read_quotes(uow, asked)
        language = await asyncio.to_thread(
            self.detect_language,
            prepare("\n".join(message.content for message in asked)).text,
            conversation.language,
        )
        began = asked[0].created_at
        turn = make_turn(
            uuid4(),
            conversation.fence,
            conversation,
            before,
            asked,
            [entry for entry in history if entry.created_at < began],
            language,
            quotes,
        )
        return replace(turn, stage=Stage.FOR_US, failed_searches_before=0, clarifications_before=0)

    async def _closest(self, turn: Turn, draft: Draft) -> tuple[DraftSource, ...]:
        """Return the articles that a person may want to read in place of a suggestion."""
        found = draft.found or [await self.search.search(turn.text)]
        passages = [passage for result in found for passage in result.passages]
        return sources_of(passages)[:_MOST_SOURCES]


def _unanswered(messages: Sequence[StoredMessage]) -> list[StoredMessage]:
    """Return the customer's messages after our last one, else their newest: a person may want to say more."""
    asked: list[StoredMessage] = []
    said = [message for message in messages if message.state is not MessageState.IGNORED]
    for message in reversed(said):
        if message.role is not Role.CUSTOMER:
            break
        asked.append(message)
    if asked:
        return asked[::-1]
    return [message for message in said if message.role is Role.CUSTOMER][-1:]
