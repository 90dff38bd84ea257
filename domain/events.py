"""What happened to a message, told once it is durable, for whoever counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain.channels import Channel
from domain.messages import DeliveryState
from domain.tickets import EscalationReason
from domain.turns import TurnOutcome


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """`state` is what became of it: waiting, with_human, ignored or duplicate."""

    channel: Channel
    state: str


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """`hard_limit` is what code found before any model was asked; `missed_searches` found no answer."""

    channel: Channel
    outcome: TurnOutcome
    hard_limit: EscalationReason | None
    model: str
    latency: timedelta
    missed_searches: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A conversation went into the queue for a person; `author` is who or what decided it."""

    channel: Channel
    reason: EscalationReason
    author: str


@dataclass(frozen=True, slots=True)
class DeliveryRecorded:
    """One attempt at one part, or a provider's later word on it; `code` is the provider's own."""

    channel: Channel
    state: DeliveryState
    code: str | None


@dataclass(frozen=True, slots=True)
class MessageDeadLettered:
    topic: str
    channel: Channel | None


@dataclass(frozen=True, slots=True)
class RowPutAside:
    """An outbox row that can never be published."""

    topic: str


@dataclass(frozen=True, slots=True)
class SignatureRefused:
    """A webhook that its provider did not sign."""

    channel: Channel


Event = (
    MessageReceived
    | TurnEnded
    | HandedOver
    | DeliveryRecorded
    | MessageDeadLettered
    | RowPutAside
    | SignatureRefused
)


def ignore(_event: Event) -> None:
    """Nobody counts."""
