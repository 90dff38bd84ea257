"""Runs the stages' own classes in one process over a real database, without Ray and Kafka."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import numpy as np

from agent.agent import build_agents
from agent.settings import AgentSettings
from channels.web_form.sender import WebFormSender
from deployments.bootstrap import UseCases, bootstrap
from deployments.configs.agent import AgentConfig
from deployments.configs.embedding import EmbeddingConfig
from deployments.in_process import InProcessEmbedder, InProcessScorer
from domain import topics
from domain.channels import Channel, ChannelConfig
from domain.events import Event
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.messages import DeliveryState, InboundMessage, OutboundMessage, Part, Receipt
from domain.ports import Agent, Encodings, Sender, Vectors, vectors_of
from domain.records import StoredMessage, Ticket
from domain.stores import OpenUnitOfWork
from embeddings.bert import BertEmbedder
from pipeline.answer import Answering, Outcome
from pipeline.deliver import Delivering, DeliverySettings
from pipeline.receive import Accepted, receive
from serve_app.knowledge import index_document
from tests.sample_profile import ARTICLES

MODEL_KEY = EmbeddingConfig().retrieval_key
ASKS_HOW = "Hello, how do I reset my password? I can't find where to do it."
ASKS_NOTHING_KNOWN = "Which colour of paint would suit the kitchen walls of my holiday cottage?"


class RememberedModel:
    """The embedding stage's model; it reads a text once, however many tests ask for it."""

    def __init__(self, model: BertEmbedder) -> None:
        self._model = model
        self._known: dict[str, np.ndarray] = {}
        self.model_id, self.dimension = model.model_id, model.dimension

    def encode(self, texts: Sequence[str]) -> Encodings:
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        if fresh:
            self._known.update(zip(fresh, self._model.encode(fresh), strict=True))
        return np.stack([self._known[text] for text in texts])

    def embed(self, texts: Sequence[str]) -> Vectors:
        return vectors_of(self.encode(texts))


@functools.cache
def _model() -> RememberedModel:
    return RememberedModel(BertEmbedder(threads=2))


def embedder() -> InProcessEmbedder:
    """For one test's event loop; there is one model, whatever it is called."""
    return InProcessEmbedder("", lambda _model_key: _model())


@functools.cache
def scorer() -> InProcessScorer:
    return InProcessScorer()


@dataclass
class RecordingSender:
    """A provider that keeps what it was sent, and fails as it is told: before or after taking it."""

    sent: list[Part] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    takes_it_all_the_same: bool = False
    lookup_error: Exception | None = None

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        return [Part(message, 0, 1, message.text)]

    async def send(self, part: Part) -> Receipt:
        error = self.errors.pop(0) if self.errors else None
        if error is None or self.takes_it_all_the_same:
            self.sent.append(part)
        if error is not None:
            raise error
        return Receipt(f"provider-{part.message.key}", DeliveryState.SENT)

    async def find_sent(self, part: Part) -> Receipt | None:
        if self.lookup_error is not None:
            raise self.lookup_error
        if any(sent.message.key == part.message.key for sent in self.sent):
            return Receipt(f"provider-{part.message.key}", DeliveryState.SENT)
        return None

    def close(self) -> None:
        """Nothing is held open."""


@dataclass
class Stages:
    """The whole way of a message, driven step by step."""

    open_uow: OpenUnitOfWork
    agents: Sequence[Agent]
    senders: dict[Channel, Sender]
    events: list[Event] = field(default_factory=list)
    config: AgentConfig = field(default_factory=AgentConfig)

    @classmethod
    async def over(
        cls,
        open_uow: OpenUnitOfWork,
        agents: Sequence[Agent] | None = None,
        *,
        with_articles: bool = True,
    ) -> Stages:
        if with_articles:
            markdown = ARTICLES.read_text(encoding="utf-8")
            await index_document(open_uow, embedder(), ARTICLES.name, markdown, MODEL_KEY)
        senders: dict[Channel, Sender] = {
            Channel.WEB_FORM: WebFormSender(),
            Channel.EMAIL: RecordingSender(),
            Channel.WHATSAPP: RecordingSender(),
        }
        return cls(open_uow, agents or build_agents(AgentSettings(), None), senders)

    @property
    def use_cases(self) -> UseCases:
        return bootstrap(
            self.config,
            AgentSettings(),
            open_uow=self.open_uow,
            embedder=embedder(),
            scorer=scorer(),
            agents=self.agents,
            observe=self.events.append,
        )

    @property
    def answering(self) -> Answering:
        return self.use_cases.answering

    @property
    def delivering(self) -> Delivering:
        return Delivering(self.open_uow, self.senders, DeliverySettings(), self.events.append)

    async def receive(self, inbound: InboundMessage) -> Accepted:
        return await receive(self.open_uow, inbound, observe=self.events.append)

    async def answer(self, accepted: Accepted) -> Outcome | None:
        return await self.answering.answer(accepted.message_id)

    async def converse(self, inbound: InboundMessage) -> tuple[Outcome, str]:
        """Receive, answer and deliver one message; the outcome and the reply as the customer reads it."""
        accepted = await self.receive(inbound)
        outcome = await self.answer(accepted)
        assert outcome is not None
        reply = (await self.messages(accepted.conversation_id))[-1]
        assert reply.role.value == "agent"
        await self.delivering.deliver(reply.id)
        return outcome, reply.content

    async def messages(self, conversation_id: UUID) -> list[StoredMessage]:
        async with self.open_uow() as uow:
            return await uow.messages.of_conversation(conversation_id)

    async def ticket(self, conversation_id: UUID) -> Ticket:
        async with self.open_uow() as uow:
            ticket = await uow.tickets.current(conversation_id)
        assert ticket is not None
        return ticket

    async def queued(self, topic: str = topics.OUTGOING) -> list[UUID]:
        """Message ids that the outbox holds for a topic, in order."""
        async with self.open_uow() as uow:
            rows = await uow.outbox.unpublished(1000)
        return [UUID(str(row.value["message_id"])) for row in rows if row.topic == topic]


def by_form(
    text: str, email: str = "ada@example.com", name: str = "Ada Fox", **more: object
) -> InboundMessage:
    identifier = Identifier(IdentifierKind.EMAIL, email, Assurance.CLAIMED)
    return _inbound(Channel.WEB_FORM, identifier, name, text, **{"subject": "A question", **more})


def by_mail(
    text: str, email: str = "ada@example.com", name: str = "Ada Fox", **more: object
) -> InboundMessage:
    identifier = Identifier(IdentifierKind.EMAIL, email, Assurance.PROVIDER_ATTESTED)
    return _inbound(Channel.EMAIL, identifier, name, text, subject="A question", **more)


def by_whatsapp(
    text: str, phone: str = "+12025550143", name: str = "Ada Fox", **more: object
) -> InboundMessage:
    identifier = Identifier(IdentifierKind.PHONE, phone, Assurance.PROVIDER_ATTESTED)
    return _inbound(Channel.WHATSAPP, identifier, name, text, **more)


def _inbound(
    channel: Channel, sender: Identifier, name: str, text: str, **more: object
) -> InboundMessage:
    fields: dict[str, object] = {
        "channel": channel,
        "provider_message_id": uuid4().hex,
        "sender": sender,
        "sender_name": name,
        "text": text,
        "raw_text": text,
        "received_at": datetime.now(UTC),
    }
    return InboundMessage(**{**fields, **more})  # type: ignore[arg-type]
