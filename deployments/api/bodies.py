"""Defines parts of several calls' bodies: texts that can be stored, how sure a sender is, due answers, and done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, StringConstraints

from domain.identifiers import Assurance
from domain.response_times import AnswerClock, ClockKind, SlaState


def _without_control_characters(text: str) -> str:
    if any(ord(character) < 32 and character not in "\n\r\t" for character in text):
        raise ValueError("contains characters that can't be stored")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("contains characters that can't be stored") from error
    return text


_Storable = AfterValidator(_without_control_characters)


MessageText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), _Storable
]


NoteText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), _Storable
]


ArticleMarkdown = Annotated[str, StringConstraints(max_length=200_000), _Storable]


ShownAssurance = Literal["verified", "attested", "claimed"]
"""How we know the sender: confirmed by staff, authenticated by the provider, or only said so."""


class SlaView(BaseModel):
    """Until when a person has to answer, by the profile's `sla`; closed hours are counted in."""

    first_response_due: datetime | None
    """Of a conversation in which no person has answered yet."""
    next_response_due: datetime | None
    """Of a later message of the customer."""
    state: SlaState


def sla_view(clock: AnswerClock | None) -> SlaView | None:
    """Return how a clock stands now; None without one."""
    if clock is None:
        return None
    is_first = clock.kind is ClockKind.FIRST_RESPONSE
    return SlaView(
        first_response_due=clock.due_at if is_first else None,
        next_response_due=None if is_first else clock.due_at,
        state=clock.state(datetime.now(UTC)),
    )


def shown_assurance(assurance: Assurance) -> ShownAssurance:
    """Return the API's word for an assurance."""
    match assurance:
        case Assurance.VERIFIED:
            return "verified"
        case Assurance.PROVIDER_ATTESTED:
            return "attested"
        case Assurance.CLAIMED:
            return "claimed"


class Done(BaseModel):
    """The call succeeded."""

    status: Literal["done"] = "done"
