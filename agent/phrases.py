"""Words what the grounded answerer says around an answer; domain.wording words hand-overs."""

from __future__ import annotations

from domain.channels import Channel

KNOWLEDGE_UNAVAILABLE = (
    "I can't look things up in our documentation at the moment and don't want to guess, "
    "so I have passed your question on to a colleague, who will reply to you."
)

_SECOND_ATTEMPT = "I am sorry that it still does not work. Please try this as well:"
_SOURCE = "From our help article"


def framing() -> tuple[str, ...]:
    """Return the sentences around an answer, which no article has to support."""
    openings = (channel.facts.opening for channel in Channel)
    return (*filter(None, openings), _SECOND_ATTEMPT, _SOURCE)


def knowledge_unavailable(ticket_number: str) -> str:
    """Return the text of a hand-over that a failed search causes."""
    return f"{KNOWLEDGE_UNAVAILABLE} Your ticket number is {ticket_number}."


def opening(channel: Channel, is_second_attempt: bool) -> str | None:
    """Return the sentence before an answer; None on channels where answers are short."""
    if is_second_attempt:
        return _SECOND_ATTEMPT
    return channel.facts.opening


def source(title: str, url: str | None) -> str:
    """Name the article that an answer rests on."""
    return f"{_SOURCE} “{title}”" + (f": {url}" if url else ".")


def greeting(product: str) -> str:
    """Return the reply to a greeting."""
    return f"How can I help you with {product}?"


def thanks() -> str:
    """Return the reply to thanks for help that this conversation gave."""
    return "You are welcome, I am glad it helped. Just write again if anything else comes up."


def acknowledgement() -> str:
    """Return the reply to thanks before any help."""
    return "You are welcome. Just write again if anything else comes up."


def which_problem(product: str) -> str:
    """Return the question back to a message that is too vague to look up."""
    return (
        f"I'd like to help. Could you tell me which part of {product} this is about, what you were "
        "trying to do, and what you saw instead, for example an error message?"
    )


def off_topic(product: str) -> str:
    """Return the reply to a message that gives the assistant instructions."""
    return f"I can help with questions about using {product}. What would you like to do there?"
