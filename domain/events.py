"""Defines the events that observers count, each emitted after it is durable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.channels import Channel
from domain.messages import DeliveryState
from domain.model_calls import DraftRefusal, ModelUsage
from domain.tickets import EscalationReason
from domain.turns import TurnOutcome


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A message was received; `state` is waiting, with_human, ignored or duplicate."""

    channel: Channel
    state: str


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """A turn was committed.

    `hard_limit` was found before any model was asked; `missed_searches` counts searches without answer.
    """

    channel: Channel
    outcome: TurnOutcome
    hard_limit: EscalationReason | None
    model: str
    latency: timedelta
    missed_searches: int
    used: Mapping[str, ModelUsage]
    """What each model used, those that failed included."""
    refusals: Sequence[DraftRefusal] = ()


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A conversation was handed over; `author` is who or what decided it."""

    channel: Channel
    reason: EscalationReason
    author: str


@dataclass(frozen=True, slots=True)
class DeliveryRecorded:
    """The result of an attempt at a part, or a later status of it; `code` is the provider's."""

    channel: Channel
    state: DeliveryState
    code: str | None


@dataclass(frozen=True, slots=True)
class MessageDeadLettered:
    """A record or an item of a job, named in `topic`, became a dead letter."""

    topic: str
    channel: Channel | None


@dataclass(frozen=True, slots=True)
class RowPutAside:
    """An outbox row that can never be published."""

    topic: str


@dataclass(frozen=True, slots=True)
class SignatureRefused:
    """A webhook without a valid signature was refused."""

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
    """Observe nothing."""
