"""Words what tools and prompt show a model, quoted between markers that a text can't forge."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from agent.context import TurnContext, label_of
from agent.injection import find_injection
from agent.token_budget import cut_to_tokens, estimate_tokens
from domain.channels import ChannelConfig
from domain.messages import Role
from domain.turns import SearchResult, Turn
from domain.wording import say

_QUOTE_TOKENS = 120
_QUESTION_CHARS = 160


def quote(kind: str, text: str) -> str:
    """Put a text between two markers with a random word, so that it can't close them."""
    nonce = secrets.token_hex(4)
    return f"<<{kind} {nonce}>>\n{text}\n<</{kind} {nonce}>>"


def channel_rules(config: ChannelConfig) -> str:
    """Describe a channel's form and lengths in prose."""
    rules = [f"This is {config.channel.facts.to_the_model}; the tone is {config.tone}."]
    if config.preferred_chars is not None:
        rules.append(f"Keep within {config.preferred_chars} characters if you can.")
    if config.max_words is not None:
        rules.append(f"Never write more than {config.max_words} words.")
    return " ".join(rules)


def message_text(context: TurnContext) -> str:
    """Return the model's input: what the customer wrote now, the newest messages if it is too long."""
    turn, settings = context.turn, context.settings
    parts: list[str] = []
    left = settings.message_token_budget
    for message in reversed(turn.messages):
        if left <= 0:
            break
        text = cut_to_tokens(message.text, left)
        left -= estimate_tokens(text)
        count = len(message.attachments)
        if message.quoted:
            text = f"(in reply to: {cut_to_tokens(message.quoted, _QUOTE_TOKENS)})\n{text}"
        parts.append(text + (f"\n({count} attached files, not readable for you)" if count else ""))
    subject = turn.subject or ""
    # A subject that gives orders was screened in its own turn; no later one shows it.
    head = f"Subject: {subject}\n" if subject and find_injection(subject) is None else ""
    return "A customer wrote:\n" + quote("message", head + "\n\n".join(reversed(parts)))


def history_text(context: TurnContext) -> str:
    """Return earlier messages in time order, the newest within the budget."""
    turn, settings = context.turn, context.settings
    kept: list[str] = []
    left = settings.history_token_budget
    for entry in reversed(turn.history):
        who = "customer" if entry.role is Role.CUSTOMER else "us"
        here = "" if entry.conversation_id == turn.conversation_id else ", another conversation"
        line = f"[{entry.created_at:%Y-%m-%d %H:%M} {entry.channel.value}{here}] {who}: {entry.content}"
        cost = estimate_tokens(line)
        if cost > left:
            if left > 80:
                kept.append(cut_to_tokens(line, left))
            break
        kept.append(line)
        left -= cost
    if not kept:
        return "No earlier messages."
    omitted = len(turn.history) - len(kept)
    head = f"({omitted} older messages left out)\n" if omitted > 0 else ""
    return quote("history", head + "\n".join(reversed(kept)))


def own_words(context: TurnContext) -> str:
    """Return what we told this customer before. A customer's own claims are no basis for a reply."""
    ours = (entry for entry in context.turn.history if entry.role is not Role.CUSTOMER)
    return "\n".join(entry.content for entry in ours)


def search_text(context: TurnContext, result: SearchResult) -> str:
    """Return a search's passages under the labels that `sources` names."""
    if not result.is_answerable:
        left = context.searches_left
        if left > 0:
            return f"No passage answers this. You may search {left} more time in other words."
        return "No passage answers this."
    labels = {passage.chunk_id: label_of(at) for at, passage in enumerate(context.usable_passages)}
    parts: list[str] = []
    left = context.settings.passage_token_budget
    for passage in result.passages[: context.settings.max_passages]:
        text = f"{labels[passage.chunk_id]} “{passage.title}”\n{passage.text}"
        cost = estimate_tokens(text)
        if parts and cost > left:
            break
        parts.append(text)
        left -= cost
    return quote("passages", "\n\n".join(parts))


def open_questions_text(turn: Turn, questions: Sequence[str], ticket_number: str) -> str:
    """Say which questions went to a person; without any, that the rest of the message did."""
    company, language = turn.company, turn.language
    number = say(company, language, "ticket", ticket=ticket_number)
    named = [_shorten(question) for question in questions]
    if len(named) == 1:
        return f"{say(company, language, 'open_question.one', question=named[0])} {number}"
    if named:
        lines = [say(company, language, "open_question.many"), *(f"- {name}" for name in named)]
        return "\n".join(lines) + f"\n\n{number}"
    return f"{say(company, language, 'open_question.rest')} {number}"


def _shorten(question: str) -> str:
    text = " ".join(question.split()).rstrip(".")
    return text if len(text) <= _QUESTION_CHARS else text[:_QUESTION_CHARS].rsplit(" ", 1)[0] + " …"
