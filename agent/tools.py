"""Defines the five tools, which change a turn's draft alone and refuse in words for the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated
from uuid import uuid4

from agents import FunctionTool
from pydantic import Field

from agent.basis import needs_translation
from agent.choices import choice_text, choices_of
from agent.context import TurnContext, label_of
from agent.model_reasons import ModelReason
from agent.output_checks import check_draft, check_text
from agent.plain_text import plain_text
from agent.small_talk import is_small_talk
from agent.tool_entry import Refusal, Run, tool
from agent.tool_texts import history_text, open_questions_text, own_words, search_text
from domain import wording
from domain.errors import Transient
from domain.languages import guess_language
from domain.tickets import Category, EscalationReason, Priority, new_ticket_number
from domain.turns import Draft, Escalation, Passage, TicketRef
from domain.words import content_stems, flatten, overlap
from pipeline.summary import hand_over_summary

MAX_SUBJECT_CHARS = 120
INFERRED_SOURCE_OVERLAP = 0.4


def may_open_ticket(context: TurnContext) -> bool:
    """Allow it once, before anything else."""
    return not context.is_decided and not context.has_ticket


def may_read_history(context: TurnContext) -> bool:
    """Allow it once, after the ticket."""
    return not context.is_decided and context.has_ticket and not context.draft.has_read_history


def may_search(context: TurnContext) -> bool:
    """Allow it after the history, as often as the settings say."""
    return not context.is_decided and context.draft.has_read_history and context.searches_left > 0


def may_finish(context: TurnContext) -> bool:
    """Allow it after the history, with or without a search."""
    return not context.is_decided and context.draft.has_read_history


@tool(when=may_open_ticket, evidence=None)
def create_ticket(
    run: Run,
    subject: Annotated[str, Field(min_length=1, max_length=MAX_SUBJECT_CHARS)],
    category: Category,
    priority: Priority,
) -> str:
    """Open the ticket for this message, or get the one that is open already. Call this first.

    Args:
        subject: What it is about, in a few words.
        category: The best fitting category.
        priority: How pressing it is for the customer.
    """
    context = run.context
    if context.turn.ticket is not None:
        context.draft.ticket = context.turn.ticket
        return f"Ticket {context.turn.ticket.number} is open already and goes on."
    text = " ".join(subject.split())
    if not text:
        return Refusal("Refused: the subject is empty.")
    # Customers see the subject of their ticket: but for their own words it obeys the rules for replies.
    own_words = flatten(f"{context.turn.subject or ''} {context.turn.text}")
    if flatten(text) not in own_words and any(
        check_text(context.turn, context.draft, text, context.settings)
    ):
        return Refusal("Refused: the subject may only name what the message is about.")
    number = new_ticket_number()
    context.draft.ticket = TicketRef(uuid4(), number, category, priority, text)
    context.draft.is_new_ticket = True
    return f"Ticket {number} will be opened."


@tool(when=may_read_history, evidence=own_words)
def get_customer_history(run: Run) -> str:
    """Read what this customer and we wrote before, over all channels. Call this second."""
    run.context.draft.has_read_history = True
    return history_text(run.context)


@tool(when=may_search, evidence=None)
async def search_knowledge_base(
    run: Run, query: Annotated[str, Field(min_length=1, max_length=400)]
) -> str:
    """Search the help articles. Without a match you may search once more in other words.

    Args:
        query: The thing and the problem in a short sentence, from the whole conversation.
    """
    context = run.context
    text = " ".join(query.split())[: context.settings.max_query_chars]
    if not text:
        return Refusal("Refused: the query is empty.")
    draft = context.draft
    # Counted before the wait, so that calls made side by side can't exceed the limit together.
    draft.searches.append(text)
    try:
        result = await context.dependencies.search.search(text)
    except Transient:
        _hand_over(
            context,
            EscalationReason.NO_KB_MATCH,
            "The knowledge base could not be reached.",
            key="knowledge_unavailable",
        )
        return "The knowledge base can't be reached; the message was handed to a person."
    draft.found.append(result)
    if not context.usable_passages and context.searches_left <= 0:
        if offer_choice(context):
            return "No passage is sure to answer this; the customer was offered the nearest topics."
        _hand_over(context, EscalationReason.NO_KB_MATCH)
        return "No passage answers this; the message was handed to a person."
    return search_text(context, result)


@tool(when=may_finish, evidence=None)
def escalate_to_human(
    run: Run,
    reason: ModelReason,
    summary: Annotated[str, Field(min_length=1, max_length=1000)],
) -> str:
    """Hand the message to a person. The customer is told so. Ends your work on this message.

    Args:
        reason: Why a person is needed.
        summary: For that person: what the customer wants and what was tried.
    """
    context = run.context
    leaks = {"secret", "prompt"} & {
        violation.code
        for violation in check_text(context.turn, context.draft, summary, context.settings)
    }
    _hand_over(context, reason, None if leaks else summary)
    return "Handed to a person."


@tool(when=may_finish, evidence=None)
async def send_response(
    run: Run,
    text: Annotated[str, Field(min_length=1, max_length=6000)],
    sources: list[str],
    asks_back: bool,
    open_questions: Sequence[str] = (),
) -> str:
    """Answer the customer. Ends your work on this message.

    Args:
        text: The reply, without greeting and signature.
        sources: Labels of the passages it rests on, such as P1. Empty for small talk, a question or what we
            wrote before.
        asks_back: True only if the reply is a question because the message is too vague.
        open_questions: The customer's other questions, in their words, that no passage answers: a person gets
            them and the customer is told so. Mostly empty.
    """
    context = run.context
    translation = None
    if context.translate is not None and needs_translation(
        Draft(sources=list(context.usable_passages), evidence=context.draft.evidence), text
    ):
        translation = await context.translate(text)
    refusal = draft_reply(context, text, sources, asks_back, translation)
    if refusal is None and open_questions and not asks_back:
        leave_open(context, open_questions)
    return refusal or "Will be sent."


def offer_choice(context: TurnContext) -> bool:
    """Reply with the nearest articles as a choice, if a search was unsure and it may be sent."""
    draft = context.draft
    draft.choices = choices_of(context.turn, draft)
    if draft.choices:
        text = choice_text(context.turn, draft.choices)
        if draft_reply(context, text, [], asks_back=True) is None:
            return True
    draft.choices = ()
    return False


def leave_open(context: TurnContext, questions: Sequence[str]) -> None:
    """Hand over the questions that the drafted reply does not answer, and say so below it."""
    draft, reason = context.draft, EscalationReason.NO_KB_MATCH
    note = f"Answered in part. Still open: {'; '.join(questions)}"
    draft.escalation = Escalation(reason, hand_over_summary(context.turn, reason, draft, note=note))
    draft.answered = draft.reply or ""
    named = open_questions_text(context.turn, questions, _ticket_number(draft))
    if any(check_text(context.turn, draft, named, context.settings)):
        # A question may hold what a reply of ours must not repeat.
        named = open_questions_text(context.turn, (), _ticket_number(draft))
    draft.reply = f"{draft.answered}\n\n{named}"


def draft_reply(
    context: TurnContext,
    text: str,
    sources: list[str],
    asks_back: bool,
    translation: str | None = None,
) -> str | None:
    """Put a reply into the draft, or return why it may not be sent.

    Sources that are no labels are refused; missing ones are inferred from the passages' words. A reply in
    another language than its sources is compared with them by its `translation`; without one it is refused.
    """
    draft, config = context.draft, context.turn.channel
    reply = plain_text(text).strip()
    needs_passages = not asks_back and not is_small_talk(context.turn.text, context.turn.language)
    if needs_passages and not context.usable_passages and not draft.evidence:
        return (
            "Refused: no search found an answer. Search in other words or call escalate_to_human."
        )
    if config.max_words is not None and len(reply.split()) > config.max_words:
        return f"Refused: longer than {config.max_words} words. Shorten it."
    labels = {label_of(at): passage for at, passage in enumerate(context.usable_passages)}
    unknown = [label for label in sources if label not in labels]
    if unknown:
        return f"Refused: unknown sources {', '.join(unknown)[:80]}. Known: {', '.join(labels)}."
    chosen = [labels[label] for label in dict.fromkeys(sources)]
    if needs_passages and not chosen:
        chosen = _passages_behind(translation or reply, labels.values())
    candidate = Draft(
        reply=reply,
        ticket=draft.ticket,
        asks_back=asks_back,
        choices=draft.choices,
        found=draft.found,
        sources=[] if asks_back else chosen,
        evidence=draft.evidence,
    )
    violations = check_draft(context.turn, candidate, context.settings, translation)
    for violation in violations:
        draft.journal.refuse(draft.model, violation.code, violation.evidence)
    if violations:
        reasons = "; ".join(f"{found.code}: {found.evidence}" for found in violations[:4])
        return f"Refused: {reasons}. Write only what the passages say, or call escalate_to_human."
    draft.reply, draft.asks_back, draft.sources = reply, asks_back, candidate.sources
    return None


def _passages_behind(reply: str, passages: Iterable[Passage]) -> list[Passage]:
    """Return the passages that hold enough of the reply's words."""
    language = guess_language(reply)
    return [
        passage
        for passage in passages
        if overlap(
            reply, set(content_stems(f"{passage.title}\n{passage.text}", language)), language
        )
        >= INFERRED_SOURCE_OVERLAP
    ]


def _ticket_number(draft: Draft) -> str:
    if draft.ticket is None:
        raise RuntimeError("the order of the tools was broken: no ticket")
    return draft.ticket.number


def _hand_over(
    context: TurnContext,
    reason: EscalationReason,
    note: str | None = None,
    key: str | None = None,
) -> None:
    draft = context.draft
    draft.escalation = Escalation(reason, hand_over_summary(context.turn, reason, draft, note=note))
    if draft.silent_article and reason is EscalationReason.NO_KB_MATCH and key is None:
        key = "not_in_article"
    draft.reply = wording.say_with_ticket(
        context.turn.company,
        context.turn.language,
        key or f"handover.{reason}",
        _ticket_number(draft),
        title=draft.silent_article,
    )
    draft.asks_back = False
    draft.choices = ()
    draft.sources = []


TOOLS: tuple[FunctionTool, ...] = (
    create_ticket,
    get_customer_history,
    search_knowledge_base,
    escalate_to_human,
    send_response,
)
