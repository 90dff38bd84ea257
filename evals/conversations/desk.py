"""Runs the product's use cases on a real database without Ray and Kafka, and records what it sends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

from agent.agent import build_agents
from agent.settings import ModelEndpoint
from channels.registry import channel_configs
from channels.web_form.sender import WebFormSender
from channels.whatsapp.sender import WhatsAppSender
from database.migrate import migrate
from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.agent_settings import make_agent_settings
from deployments.bootstrap import bootstrap
from deployments.configs.agent import AgentConfig
from deployments.in_process import InProcessScorer
from deployments.settings import read_settings
from domain.channels import Channel, ChannelConfig
from domain.messages import DeliveryState, OutboundMessage, Part, Receipt
from domain.ports import Agent, Sender
from domain.stores import OpenUnitOfWork
from evals.settings import agent_config, embedding_config
from evals.stages import in_process_embedder
from pipeline.answer import Answering
from pipeline.deliver import Delivering, DeliverySettings
from serve_app.knowledge import index_document
from serve_app.sample_company import SAMPLE_DOCUMENT, sample_company


class Mailbag:
    """A channel's own way of splitting, and a provider that keeps what it is given."""

    def __init__(self, channel: Sender) -> None:
        self._channel = channel
        self.received: Mapping[str, list[str]] = defaultdict(list)
        """The parts' texts by the recipient's address."""

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        return self._channel.split(message, config)

    async def send(self, part: Part) -> Receipt:
        self.received[part.message.recipient.value].append(part.text)
        return Receipt(f"{part.message.key}-{part.index}", DeliveryState.DELIVERED)

    async def find_sent(self, part: Part) -> Receipt | None:
        """What was taken was told at once: no attempt is ever unsure."""
        return None

    def close(self) -> None:
        self._channel.close()


@dataclass(slots=True)
class Desk:
    """One installation with the sample documentation as its knowledge base."""

    pool: Pool
    open_uow: OpenUnitOfWork
    answering: Answering
    delivering: Delivering
    bags: Mapping[Channel, Mailbag]
    agents: Sequence[Agent] = field(default_factory=tuple)

    async def close(self) -> None:
        for bag in self.bags.values():
            bag.close()
        await self.pool.close()


async def open_desk(
    database_url: str, endpoint: ModelEndpoint | None = None, config: AgentConfig | None = None
) -> Desk:
    """Migrates the database and indexes the sample documentation; `config` is config.yaml's by default."""
    config = config or agent_config()
    await migrate(database_url)
    pool = Pool(database_url)
    work = open_uow(pool)
    async with work() as unit:
        await unit.channel_configs.seed(channel_configs())
        if not (await unit.company.current()).version:
            await unit.company.save(sample_company(), replaces=0, author="evals")
        await unit.commit()
    embedding = in_process_embedder()
    markdown = SAMPLE_DOCUMENT.read_text(encoding="utf-8")
    key = embedding_config().retrieval_key
    await index_document(work, embedding, SAMPLE_DOCUMENT.name, markdown, key)
    limits = make_agent_settings(read_settings(), config)
    agents = build_agents(limits, endpoint)
    answering = bootstrap(
        config,
        limits,
        open_uow=work,
        embedder=embedding,
        scorer=InProcessScorer(),
        agents=agents,
    ).answering
    bags = {
        Channel.WEB_FORM: Mailbag(WebFormSender()),
        # Mail is never split either.
        Channel.EMAIL: Mailbag(WebFormSender()),
        Channel.WHATSAPP: Mailbag(_whatsapp()),
    }
    return Desk(pool, work, answering, Delivering(work, bags, DeliverySettings()), bags, agents)


def _whatsapp() -> WhatsAppSender:
    """Only asked to split, which needs no account."""

    async def none_recorded(_ids: Sequence[str]) -> Sequence[str]:
        return ()

    return WhatsAppSender(
        account_sid="AC" + "0" * 32,
        auth_tokens=[SecretStr("unused")],
        from_number="+14155550100",
        public_base_url="http://127.0.0.1",
        recorded_ids=none_recorded,
    )
