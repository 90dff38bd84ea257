"""Makes the tool calls of the grounded answerer, and the frame around what an article says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.composing import Answer
from agent.context import TurnContext, label_of
from agent.signals import reports_trouble, tells_what_was_tried
from agent.tool_names import ToolName
from domain.tickets import EscalationReason
from domain.wording import say
from domain.words import fold

Call = tuple[str, dict[str, object]]

PRESSING = re.compile(
    r"\b(?:urgent(?:ly)?|asap|immediately|right away|emergency|critical|production|deadline|"
    r"all (?:our|my) (?:data|users|team)|dringend|sofort|urgente|urgence)\b"
)


def say_text(text: str, *, asks_back: bool = False) -> Call:
    """Send a text of our own."""
    return ToolName.SEND_RESPONSE, {"text": text, "sources": [], "asks_back": asks_back}


def say_key(context: TurnContext, key: str, *, asks_back: bool = False) -> Call:
    """Send a text of the catalogue."""
    turn = context.turn
    return say_text(say(turn.company, turn.language, key), asks_back=asks_back)


def search_for(query: str) -> Call:
    """Search the knowledge base."""
    return ToolName.SEARCH_KNOWLEDGE_BASE, {"query": query}


def hand_over(reason: EscalationReason, summary: str) -> Call:
    """Hand over to a person."""
    return ToolName.ESCALATE_TO_HUMAN, {"reason": reason.value, "summary": summary}


def say_answers(
    context: TurnContext,
    answers: Sequence[Answer],
    *,
    opening: str = "",
    open_questions: Sequence[str] = (),
) -> Call:
    """Send answers, each under its article's name if there are several; what stays open is handed over."""
    labels = {found.chunk_id: label_of(at) for at, found in enumerate(context.usable_passages)}
    sources = dict.fromkeys(
        labels[passage.chunk_id] for answer in answers for passage in answer.sources
    )
    if len(answers) == 1 and not open_questions:
        parts = [opening, answers[0].text]
    else:
        parts = [opening, *(f"{answer.named}\n{answer.body}".strip() for answer in answers)]
    arguments: dict[str, object] = {
        "text": "\n\n".join(part for part in parts if part),
        "sources": list(sources),
        "asks_back": False,
    }
    if open_questions:
        arguments["open_questions"] = list(open_questions)
    return ToolName.SEND_RESPONSE, arguments


def opening_of(context: TurnContext) -> str:
    """Take up what the customer said in half a sentence, else open as the channel does."""
    turn = context.turn
    text = turn.text
    key = f"opening.{turn.channel.channel}"
    if PRESSING.search(fold(text)):
        key = "taking_up.urgent"
    elif tells_what_was_tried(text):
        key = "taking_up.tried"
    elif reports_trouble(text):
        key = "taking_up.trouble"
    return say(turn.company, turn.language, key)
