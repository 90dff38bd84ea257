"""Defines the ports: what the use cases need from models, channels, Kafka and staff's accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from domain.acts import ActReading
from domain.channels import ChannelConfig
from domain.company import DEFAULT_LIMITS, Limits, NotificationTarget, Topic
from domain.danger import Danger
from domain.encoders import Encoder
from domain.events import Event
from domain.gate import Gate
from domain.languages import Language
from domain.messages import OutboundMessage, Part, Receipt
from domain.model_calls import ModelLedger, NoLedger, TurnJournal
from domain.notifications import Outgoing
from domain.principals import Principal
from domain.tickets import EscalationReason
from domain.turns import Draft, Passage, SearchResult, Turn

Vectors = NDArray[np.float32]
"""Shape [n, dimension]; rows are unit vectors, so an inner product is a cosine."""


Encodings = NDArray[np.float32]
"""Shape [n, 2 * dimension]: a text's unit vector, then its mid-layer pooling, the mean of its tokens after
half of the layers, since the last layers keep the topic and lose the sentiment."""


def vectors_of(encodings: Encodings) -> Vectors:
    """Return the unit vectors without the mid-layer pooling."""
    return encodings[:, : encodings.shape[1] // 2]


class LanguageDetector(Protocol):
    """Detects the language that a customer writes in."""

    def __call__(self, text: str, otherwise: Language | None = None) -> Language:
        """Return `otherwise` (English) where the text is too short to tell."""
        ...


class StaffDirectory(Protocol):
    """Knows who may call the staff API, and by which key or session. Raises StoreUnavailable."""

    async def find(self, key: str) -> Principal | None:
        """Return the key's owner, or None, in a time that reveals nothing about valid keys."""
        ...

    async def find_session(self, token: str) -> Principal | None:
        """Return who signed in with this session; None for a token that was never one.

        Raises SessionOver for one that was.
        """
        ...

    async def names(self) -> list[str]:
        """Return the names of all who may own a conversation."""
        ...


class MessageEncoder(Protocol):
    """Encodes messages for the sentiment model and the guardrails."""

    async def encode(self, texts: Sequence[str]) -> Encodings:
        """Return one row for each text, in order. Raises Overloaded or Transient."""
        ...


class KnowledgeEmbedder(Protocol):
    """Embeds questions and articles."""

    async def embed_with(self, model_id: str, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each text, in order, by a named model.

        Vectors of different models can't be compared. The first call loads the model, which takes
        seconds. Raises Overloaded or Transient.
        """
        ...


class SentimentScorer(Protocol):
    """Scores sentiment."""

    async def score(self, texts: Sequence[str], encodings: Encodings) -> list[float]:
        """Score each text from 0 (furious) to 1 (delighted). Raises Overloaded or Transient."""
        ...


@dataclass(frozen=True, slots=True)
class GuardrailHit:
    """A hard limit that a text touches."""

    reason: EscalationReason
    score: float
    evidence: str
    """The words or feature that decided; shown to staff, never logged."""


class Guardrail(Protocol):
    """Detects hard limits."""

    def check(
        self, text: str, vector: NDArray[np.float32], limits: Limits = DEFAULT_LIMITS
    ) -> list[GuardrailHit]:
        """Return the hard limits that the text touches, strongest first; pure, takes milliseconds."""
        ...

    def find_danger(self, text: str) -> Danger | None:
        """Return the danger that the text tells of; pure, takes milliseconds."""
        ...

    def sense_danger(
        self, text: str, encoding: NDArray[np.float32], language: Language
    ) -> Danger | None:
        """Return the danger that no phrase names; pure, takes about a millisecond.

        `encoding` is the text's row of `Encodings`, `language` the customer's, in which the help is told.
        """
        ...


class ActRecogniser(Protocol):
    """Recognises dialogue acts."""

    def read(self, text: str, encoding: NDArray[np.float32]) -> ActReading:
        """Return the act of a text, `encoding` being its row of `Encodings`; pure, takes about a millisecond."""
        ...


class ActReplies(Protocol):
    """Answers the acts that need no article, in our own texts and by the company's profile."""

    def reply(self, turn: Turn) -> Draft | None:
        """Draft the end of a turn before anything is looked up; None leaves it to the agents."""
        ...

    def review(self, turn: Turn, draft: Draft) -> Draft | None:
        """Draft a better end than the agents' draft, which found nothing or guessed; None lets it stand."""
        ...


@dataclass(frozen=True, slots=True)
class TopicHit:
    """A company's own topic that a text touches."""

    topic: Topic
    score: float
    """Cosine above the topic's threshold, or 1 for one of its words."""
    evidence: str
    """The word that matched, or the nearest example."""


class TopicMatcher(Protocol):
    """Recognises the topics of a company profile."""

    async def find(
        self, topics: Sequence[Topic], texts: Sequence[str], vectors: Vectors
    ) -> list[TopicHit | None]:
        """Return for each text, with its unit vector, the topic that fits best.

        Raises Overloaded or Transient while the vectors of new examples can't be computed.
        """
        ...


class KnowledgeSearch(Protocol):
    """Searches the knowledge base."""

    async def search(self, query: str) -> SearchResult:
        """Search; raises Transient when the knowledge base is unavailable, in place of an empty result."""
        ...


class Ranker(Protocol):
    """Ranks the passages of a vector search and estimates how likely they hold the answer."""

    def default_gate(self, model_id: str) -> Gate:
        """Return the gate of a model's weights, in force until a knowledge base has its own; pure."""
        ...

    def shortlist(
        self, query: str, candidates: Sequence[Passage], encoder: Encoder
    ) -> Sequence[Passage]:
        """Return the candidates whose closest sentence `rank` wants to know; pure."""
        ...

    def rank(
        self,
        query: str,
        candidates: Sequence[Passage],
        encoder: Encoder,
        gate: Gate | None = None,
    ) -> SearchResult:
        """Rank the candidates; pure.

        Args:
            query: What is asked.
            candidates: Passages with their similarities.
            encoder: The model whose vectors found them.
            gate: How sure the ranking must be for this knowledge base; by default the weights' own.
        """
        ...


@dataclass(frozen=True, slots=True)
class AgentDependencies:
    """What an agent and its tools may use during a turn."""

    search: KnowledgeSearch
    ledger: ModelLedger = field(default_factory=NoLedger)
    journal: TurnJournal = field(default_factory=TurnJournal)
    """Of this turn, over all agents."""


class Agent(Protocol):
    """Drafts the end of a turn."""

    name: str
    """The model's, or what takes its place."""

    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        """Run the model and its tools over a turn; the draft has a reply or an escalation.

        Raises ModelUnavailable or ModelMisbehaved; has no effect outside the draft.
        """
        ...


class Sender(Protocol):
    """Splits replies on a channel into the provider's parts and sends them."""

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        """Return the parts in order, at least one. Raises NotAllowedNow if nothing may be sent now."""
        ...

    async def send(self, part: Part) -> Receipt:
        """Send a part.

        Raises:
            ProviderUnavailable: Not sent.
            SendUnsure: Possibly sent.
            ProviderRejected: Refused permanently.
        """
        ...

    async def find_sent(self, part: Part) -> Receipt | None:
        """Return the receipt of an earlier attempt at `part`; None if the provider does not show it.

        None proves nothing while the provider may still act.

        Raises:
            SendUnsure: Several messages match.
            ProviderUnavailable: The provider can't be asked.
        """
        ...

    def close(self) -> None:
        """Refuse new calls and block until running ones end."""
        ...


class NoticeSender(Protocol):
    """Sends notifications to people and other systems."""

    async def send(self, target: NotificationTarget, notice: Outgoing) -> None:
        """Send a notification; a webhook's receiver recognises a repetition by its id.

        Raises:
            ProviderUnavailable: Not sent.
            SendUnsure: Possibly sent.
            ProviderRejected: The receiver wants no more of it.
        """
        ...


class Publisher(Protocol):
    """Publishes records to Kafka."""

    async def start(self) -> None:
        """Connect if not connected. Raises BrokerUnavailable."""
        ...

    async def publish(
        self, topic: str, key: str, value: bytes, headers: Mapping[str, bytes]
    ) -> None:
        """Publish a record and return once the broker has acknowledged it.

        Raises:
            BrokerUnavailable: Not acknowledged.
            Malformed: The broker never accepts the record. Concurrent records may be the cause: publish
                it alone before giving it up.
        """
        ...


class Observe(Protocol):
    """Receives each event after its commit, so that it is counted once and never undone."""

    def __call__(self, event: Event, /) -> None:
        """Observe an event; must neither block nor raise."""
        ...
