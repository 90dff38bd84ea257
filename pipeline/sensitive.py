"""Keeps secrets that customers send out of what is stored and said, and tells them to change what they sent."""

from __future__ import annotations

import re
from dataclasses import replace

from domain import wording
from domain.messages import InboundMessage
from domain.sensitive import MASK, has_secret, mask_secrets
from domain.stores import UnitOfWork
from domain.turns import Draft, Turn
from domain.words import sentences, words

_ENDS_A_SENTENCE = re.compile(rf"{MASK}(?=\s+[A-ZÀ-ÖØ-Þ¿¡])")
"""A full stop may have gone with the secret."""
_WORDS_OF_A_QUESTION = 3
"""Fewer words beside the secret ask nothing."""


async def without_secrets(uow: UnitOfWork, inbound: InboundMessage) -> InboundMessage:
    """Return the message as it may be stored: masked, where the company's profile says so.

    A mail's original is not kept then, since it holds the secret in any encoding.
    """
    texts = (inbound.text, inbound.raw_text, inbound.subject or "", *inbound.details.values())
    masked = tuple(map(mask_secrets, texts))
    if masked == texts or not (await uow.company.current()).company.mask_secrets:
        return inbound
    text, raw_text, subject, *details = masked
    return replace(
        inbound,
        text=text,
        raw_text=raw_text,
        subject=subject or inbound.subject,
        details=dict(zip(inbound.details, details, strict=True)),
        raw=None,
    )


def holds_secret(turn: Turn) -> bool:
    """Whether a message of the turn does."""
    return any(has_secret(message.text) for message in turn.messages)


def without_the_secret(turn: Turn) -> Turn | None:
    """Return the turn without the sentences that hold a secret; None if nothing is asked beside them."""
    kept = tuple(
        replace(
            message,
            text="\n".join(part for part in _sentences(message.text) if MASK not in part),
        )
        for message in turn.messages
    )
    rest = replace(turn, messages=kept)
    return rest if len(words(rest.text)) >= _WORDS_OF_A_QUESTION else None


def _sentences(text: str) -> list[str]:
    return sentences(_ENDS_A_SENTENCE.sub(f"{MASK}.", mask_secrets(text)))


def warn_of_secret(turn: Turn, draft: Draft) -> Draft:
    """Put the request not to send secrets, and to change this one, before the reply."""
    warning = wording.say(turn.company, turn.language, "secret_received")
    draft.reply = f"{warning}\n\n{draft.reply}" if draft.reply else warning
    return draft
