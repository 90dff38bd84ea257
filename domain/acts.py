"""Names the dialogue acts: what a customer does with a message, before anything is looked up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DialogueAct(StrEnum):
    """What a message does. Each has one handler in agent/acts."""

    QUESTION = "question"
    """It asks something or reports a problem; also what is too unsure to be anything else."""
    SEVERAL_QUESTIONS = "several_questions"
    FOLLOW_UP = "follow_up"
    """It asks on about what was answered before."""
    CORRECTION = "correction"
    """We misunderstood: another thing was meant."""
    DID_NOT_WORK = "did_not_work"
    """The answer before did not help."""
    THANKS = "thanks"
    THANKS_BUT = "thanks_but"
    """It thanks and goes on with a question or an objection."""
    GREETING = "greeting"
    SMALL_TALK = "small_talk"
    ABOUT_US = "about_us"
    """It asks about the company or about who answers; `ActReading.about` says what."""
    ACKNOWLEDGEMENT = "acknowledgement"
    """Ok, yes, understood: it leaves nothing to answer."""
    CALL_REQUEST = "call_request"
    COMPLAINT = "complaint"
    ABUSE = "abuse"
    NONSENSE = "nonsense"
    SECRET_SHARED = "secret_shared"  # noqa: S105
    """It holds a password, a code or a card number."""


SEARCHING = frozenset(
    {
        DialogueAct.QUESTION,
        DialogueAct.SEVERAL_QUESTIONS,
        DialogueAct.FOLLOW_UP,
        DialogueAct.CORRECTION,
        DialogueAct.DID_NOT_WORK,
        DialogueAct.THANKS_BUT,
        DialogueAct.COMPLAINT,
        DialogueAct.SECRET_SHARED,
    }
)
"""Acts that the agents answer by looking something up; taking one for another costs little."""


class AboutUs(StrEnum):
    """What is asked about us."""

    IDENTITY = "identity"
    """Who or what answers."""
    PHONE = "phone"
    HOURS = "hours"
    ADDRESS = "address"
    LANGUAGE = "language"
    EMAIL = "email"
    """How to write to the company, or to get in touch in any way."""
    PERSON = "person"
    """How a person is reached."""
    DATA = "data"
    """What becomes of what the customer writes."""


@dataclass(frozen=True, slots=True)
class ActReading:
    """The act of a text and how probable it is, 0 to 1, calibrated.

    An act that needs no search `is_sure` from the weights' threshold on; below it something is looked up first.
    `about` belongs to ABOUT_US.
    """

    act: DialogueAct
    probability: float
    about: AboutUs | None = None
    is_sure: bool = True


CERTAIN = 1.0
"""The probability of an act that a rule has read."""

PLAIN_QUESTION = ActReading(DialogueAct.QUESTION, 0.0)
"""What every message is taken for until it is read."""
