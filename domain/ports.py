"""The seams: what the use cases need from the outside, in the words of the domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from domain.channels import ChannelConfig
from domain.encoders import Encoder
from domain.events import Event
from domain.messages import OutboundMessage, Part, Receipt
from domain.principals import Principal
from domain.tickets import EscalationReason
from domain.turns import Draft, Passage, SearchResult, Turn

Vectors = NDArray[np.float32]
"""Shape [n, dimension], each row of length 1, so that an inner product is a cosine."""


Encodings = NDArray[np.float32]
"""Shape [n, 2 * dimension]: a text's unit vector, and behind it its tone, the mean of its tokens half way
through the model, where the last layers have not yet dropped how something is said for what it is about."""


def vectors_of(encodings: Encodings) -> Vectors:
    return encodings[:, : encodings.shape[1] // 2]


class StaffDirectory(Protocol):
    async def find(self, key: str) -> Principal | None:
        """Whose key it is, None for nobody's. Must not tell by its timing how much of a key is right."""
        ...


class MessageEncoder(Protocol):
    async def encode(self, texts: Sequence[str]) -> Encodings:
        """One reading a text, in order. Raises Overloaded or Transient."""
        ...


class KnowledgeEmbedder(Protocol):
    async def embed_with(self, model_id: str, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, in order, by a named model: vectors of two models can't be compared.

        A model that nobody asked for before is loaded first, which takes seconds. Raises Overloaded or Transient.
        """
        ...


class SentimentScorer(Protocol):
    async def score(self, texts: Sequence[str], encodings: Encodings) -> list[float]:
        """0 (furious) .. 1 (delighted), one a text. Raises Overloaded or Transient."""
        ...


@dataclass(frozen=True, slots=True)
class GuardrailHit:
    reason: EscalationReason
    score: float
    evidence: str
    """The words or feature that decided; goes to staff, never to a log."""


class Guardrail(Protocol):
    def check(self, text: str, vector: NDArray[np.float32]) -> list[GuardrailHit]:
        """Which hard limits the text touches, strongest first; pure and within milliseconds."""
        ...


class KnowledgeSearch(Protocol):
    async def search(self, query: str) -> SearchResult:
        """Raises Transient when the knowledge base can't be asked: never an empty result instead."""
        ...


class Ranker(Protocol):
    """Ranks what the vector search brought up and tells how likely the answer is among it."""

    def rank(self, query: str, candidates: Sequence[Passage], encoder: Encoder) -> SearchResult:
        """Pure; works on the candidates alone. `encoder` made the vectors that found them."""
        ...


@dataclass(frozen=True, slots=True)
class AgentDependencies:
    """What an agent's tools may ask for during a turn."""

    search: KnowledgeSearch


class Agent(Protocol):
    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        """Run the model and its tools over a turn; the draft has a reply or an escalation.

        Raises ModelUnavailable or ModelMisbehaved; has no effect outside the draft.
        """
        ...


class Sender(Protocol):
    """One channel's way out: splits a reply into the provider's parts and sends them one by one."""

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        """The parts in order, at least one. Raises NotAllowedNow where nothing may be sent now."""
        ...

    async def send(self, part: Part) -> Receipt:
        """Raises ProviderUnavailable (not sent), SendUnsure (perhaps sent), ProviderRejected."""
        ...

    async def find_sent(self, part: Part) -> Receipt | None:
        """The receipt of an earlier attempt at `part`; None if the provider does not have it now.

        None proves nothing while the provider may still act. Raises SendUnsure where more than one
        message could be it, ProviderUnavailable where the provider can't be asked.
        """
        ...

    def close(self) -> None:
        """Let the calls under way end and take no more. Blocks until then."""
        ...


class Publisher(Protocol):
    async def start(self) -> None:
        """Connect where there is no connection. Raises BrokerUnavailable."""
        ...

    async def publish(
        self, topic: str, key: str, value: bytes, headers: Mapping[str, bytes]
    ) -> None:
        """Returns once the broker acknowledged.

        Raises BrokerUnavailable, and Malformed for a record that the broker will never take. What is
        refused beside others may be refused for their sake: publish it alone before giving it up.
        """
        ...


class Observe(Protocol):
    """Is told what happened, after the commit, so that it is counted once and never undone."""

    def __call__(self, event: Event, /) -> None:
        """At once and without an error: whoever counts may not hold up what is counted."""
        ...
