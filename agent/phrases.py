"""What code itself says to a customer: short, in the brand's voice, promising nothing that is not done.

Greeting and signature are the channel's and are added when the reply is sent.
"""

from __future__ import annotations

from domain.channels import Channel
from domain.tickets import EscalationReason

_HAND_OVER = {
    EscalationReason.NO_KB_MATCH: (
        "I could not find a reliable answer to this in our documentation, "
        "so I have handed your question to a colleague on our support team."
    ),
    EscalationReason.REPEATED_FAILURE: (
        "I am sorry that this still does not work. I have handed it to a colleague on our support "
        "team, together with what you have tried so far, so that you need not explain it again."
    ),
    EscalationReason.HUMAN_REQUEST: "I have handed your message to a colleague on our support team.",
    EscalationReason.NEGATIVE_SENTIMENT: (
        "I am sorry for the trouble this has caused. "
        "I have handed your message to a colleague on our support team."
    ),
    EscalationReason.PRICING: (
        "Questions about prices are answered by a person here, so I have handed yours to a colleague."
    ),
    EscalationReason.REFUND: (
        "Requests about payments are decided by a person here, "
        "so I have handed yours to a colleague on our billing team."
    ),
    EscalationReason.LEGAL: "I have handed your message to the colleague who is responsible for it.",
    EscalationReason.MODEL_UNAVAILABLE: (
        "I am sorry, I can't answer this myself at the moment, "
        "so I have handed it to a colleague on our support team."
    ),
    EscalationReason.LOOP_GUARD: "I have handed this conversation to a colleague on our support team.",
}

KNOWLEDGE_UNAVAILABLE = (
    "I can't look things up in our documentation at the moment and don't want to guess, "
    "so I have handed your question to a colleague on our support team."
)

_OPENINGS = {
    Channel.EMAIL: "Thank you for your message. This is what our documentation says about it:",
    Channel.WEB_FORM: "Thanks for getting in touch. Here is how it works:",
}


def hand_over(reason: EscalationReason, ticket_number: str) -> str:
    """Said only beside an escalation in the same draft."""
    return f"{_HAND_OVER[reason]} Your ticket is {ticket_number}."


def knowledge_unavailable(ticket_number: str) -> str:
    return f"{KNOWLEDGE_UNAVAILABLE} Your ticket is {ticket_number}."


def opening(channel: Channel, is_second_attempt: bool) -> str | None:
    """The sentence before an answer; WhatsApp goes without, to stay short."""
    if is_second_attempt:
        return "I am sorry that it still does not work. Please try this as well:"
    return _OPENINGS.get(channel)


def source(title: str, url: str | None) -> str:
    """Names the article that an answer rests on."""
    return f"From our help article “{title}”" + (f": {url}" if url else ".")


def greeting(product: str) -> str:
    return f"How can I help you with {product}?"


def thanks() -> str:
    return "You are welcome, I am glad it helped. Just write again if anything else comes up."


def acknowledgement() -> str:
    return "You are welcome. Just write again if anything else comes up."


def which_problem(product: str) -> str:
    """The one question back to a message that is too vague to look up."""
    return (
        f"I'd like to help. Could you tell me which part of {product} this is about, what you were "
        "trying to do, and what you saw instead, for example an error message?"
    )


def off_topic(product: str) -> str:
    """For messages that try to give the assistant instructions of their own."""
    return f"I can help with questions about using {product}. What would you like to do there?"
