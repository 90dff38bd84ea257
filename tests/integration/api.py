"""Builds the HTTP API over a real database, with the outside (mailbox, push tokens, search) in memory."""

from __future__ import annotations

import functools
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from agent.secret_prints import SecretPrints
from channels.gmail.transport import GmailIntake
from channels.spec import Intake
from channels.whatsapp.channel import WhatsAppIntake
from channels.whatsapp.signature import TwilioSignature
from company.topics import Topics
from database.pool import Pool
from database.unit_of_work import open_uow as open_uow_on
from deployments.api.access import TicketTokens
from deployments.api.app import create_api
from deployments.api.challenge import Challenges, FormChallenge
from deployments.api.context import ApiContext
from deployments.api.guesses import GuessLimit
from deployments.api.limits import FormLimit, RateLimit, SenderAddress
from deployments.api.request_room import RequestRoom
from deployments.api.session_cookie import SessionCookie
from deployments.api.streams import StreamRoom
from deployments.articles import cut, cut_written, relate
from deployments.configs.agent import AgentConfig
from deployments.configs.embedding import EmbeddingConfig
from deployments.configs.ingress import StreamLimits
from deployments.going_live import make_doctor
from deployments.health import Check, HealthBoard, State
from deployments.live import ConversationChanges
from deployments.mailboxes import MailboxRules
from deployments.metrics import InMemoryMeter
from deployments.model_probe import probe_model
from deployments.ranking import make_ranker
from deployments.replaying import replay_with
from deployments.settings import Settings
from deployments.staff_directory import Staff
from domain.channels import Channel
from domain.company import Company
from domain.errors import NotAuthentic, Transient
from domain.messages import InboundMessage, SentMail
from domain.ports import Encodings, Vectors
from domain.records import MailboxMark
from domain.stores import OpenUnitOfWork
from domain.turns import Passage, SearchResult
from pipeline.articles import Editing
from pipeline.going_live import Sample
from pipeline.learning.curate import Curation
from pipeline.mailbox import NewMail, ReadMail
from pipeline.replay import Replay
from pipeline.search import KnowledgeSearching
from pipeline.suggest import Suggestion

BASE = "/api/v1"
PUBLIC_URL = "https://support.example"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
PUSH_TOKEN = "Bearer a-token-of-google"
PUSH = (
    b'{"message": {"data": "eyJlbWFpbEFkZHJlc3MiOiJzdXBwb3J0QHRlY2hjb3JwLmV4YW1wbGUiLCJoaXN0b3J5'
    b'SWQiOjQyfQ==", "messageId": "1"}, "subscription": "projects/p/subscriptions/s"}'
)
MODEL_KEY = EmbeddingConfig().retrieval_key
GMAIL = f"{BASE}/webhooks/gmail"
MAILBOX = "support@techcorp.example"
ORIGIN = "https://www.techcorp.example"
GRACE = {"Authorization": "Bearer key-of-grace"}
HENRY = {"Authorization": "Bearer key-of-henry"}
NOBODY = UUID("00000000-0000-0000-0000-000000000000")
COMPONENTS = (
    "database", "kafka", "background_jobs", "gmail", "whatsapp", "agent", "embedding", "sentiment", "delivery",
)  # fmt: skip

FORM: dict[str, object] = {
    "name": "Ada Fox",
    "email": "ada@example.com",
    "subject": "Export of my data",
    "category": "technical",
    "priority": "medium",
    "message": "Hello, how do I export my data as a CSV file?",
}
A_DEMO = Settings(_env_file=None, enabled_channels="web_form", sample_company=True)
NEVER_IN_A_BODY = re.compile(
    r"Traceback|asyncpg|pydantic|starlette|SELECT |INSERT |postgres(ql)?:|File \"|site-packages",
    re.I,
)


@dataclass
class InMemoryPassages:
    """A search by shared words: enough of them and the passage answers the question."""

    passages: Sequence[Passage] = ()
    error: Exception | None = None

    async def search(self, query: str) -> SearchResult:
        if self.error is not None:
            raise self.error
        asked = set(re.findall(r"\w+", query.lower()))
        shared = {
            passage: len(asked & set(re.findall(r"\w+", passage.text.lower())))
            for passage in self.passages
        }
        ranked = tuple(
            sorted(
                (passage for passage in shared if shared[passage]),
                key=lambda passage: -shared[passage],
            )
        )
        answerable = min(1.0, max(shared.values(), default=0) / 3)
        return SearchResult(ranked, answerable, answerable >= 0.5)


class NoEmbedder:
    """For an application whose test asks nothing of the model."""

    async def embed_with(self, model_id: str, texts: Sequence[str]) -> Vectors:
        raise Transient("there is no model here")

    async def encode(self, texts: Sequence[str]) -> Encodings:
        raise Transient("there is no model here")

    async def score(self, texts: Sequence[str], encodings: Encodings) -> list[float]:
        raise Transient("there is no model here")


async def a_model() -> str:
    return MODEL_KEY


@dataclass
class InMemoryMailbox:
    """A mailbox whose history id is the number of mails that ever came in."""

    mails: list[InboundMessage] = field(default_factory=list)
    error: Exception | None = None
    mails_a_step: int = 500
    sent: list[SentMail] = field(default_factory=list)

    async def read_since(self, mark: MailboxMark) -> NewMail:
        if self.error is not None:
            raise self.error
        start = mark.history_id or 0
        end = min(start + self.mails_a_step, len(self.mails))
        is_complete = end == len(self.mails)
        return NewMail(ReadMail(self.mails[start:end]), MailboxMark(end), is_complete)

    async def read(self, mail_ids: Sequence[str]) -> ReadMail:
        return ReadMail([mail for mail in self.mails if mail.provider_message_id in mail_ids])

    async def read_answers(self, message: InboundMessage) -> ReadMail:
        later = (sent for sent in self.sent if sent.sent_at >= message.received_at)
        answers = [sent for sent in later if set(sent.thread_keys) & set(message.thread_keys)]
        return ReadMail([], sent=answers)

    async def renew_watch(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=7)

    def trust(self, relays: Collection[str]) -> None:
        """It parses nothing."""

    def close(self) -> None:
        """Nothing is held open."""


@dataclass
class OneTokenVerifier:
    error: Exception | None = None

    async def verify(self, authorization: str | None) -> None:
        if self.error is not None:
            raise self.error
        if authorization != PUSH_TOKEN:
            raise NotAuthentic("not the token")


def make_context(open_uow: OpenUnitOfWork, pool: Pool) -> ApiContext:
    changes = ConversationChanges(pool.listen("conversation"))
    staff = Staff(
        {"grace": SecretStr("key-of-grace"), "henry": SecretStr("key-of-henry")}, open_uow
    )
    return ApiContext(
        open_uow=open_uow,
        keys=staff,
        staff=staff,
        cookie=SessionCookie("http://testserver"),
        provider=None,
        tokens=TicketTokens(SecretStr("a secret of at least 16 characters")),
        health=HealthBoard(make_checks(pool)),
        search=InMemoryPassages(),
        encoder=NoEmbedder(),
        topics=Topics(NoEmbedder()),
        curation=Curation(open_uow, NoEmbedder(), make_ranker(0.3), cut, relate),
        editing=Editing(open_uow, NoEmbedder(), make_ranker(0.3), cut_written, a_model, relate),
        tried_search=KnowledgeSearching(open_uow, NoEmbedder(), make_ranker(0.3)),
        per_address=RateLimit(10_000),
        per_customer=RateLimit(10_000),
        forms=FormLimit(10_000),
        challenge=FormChallenge(
            Challenges(SecretStr("a secret of at least 16 characters")), open_uow
        ),
        guesses=GuessLimit(10_000),
        conversation_changes=changes.follow,
        desk_changes=changes.follow_all,
        streams=StreamRoom(StreamLimits(), InMemoryMeter()),
        requests=RequestRoom(256, 1024),
        sender_address=SenderAddress(""),
        intakes={
            Channel.WEB_FORM: Intake(),
            Channel.EMAIL: GmailIntake(MAILBOX, InMemoryMailbox(), OneTokenVerifier()),
            Channel.WHATSAPP: WhatsAppIntake(
                TwilioSignature([SecretStr(AUTH_TOKEN)], PUBLIC_URL), "+14155550100"
            ),
        },
        doctor=make_doctor(
            A_DEMO, open_uow, Sample("", ""), functools.partial(probe_model, A_DEMO, AgentConfig())
        ),
        replay=functools.partial(_replay, pool),
        suggest=_no_suggestion,
        mailboxes=MailboxRules(A_DEMO),
        version="1.2.3",
        close=pool.close,
    )


async def _no_suggestion(conversation_id: UUID) -> Suggestion:
    raise Transient("there is no model here")


async def _replay(pool: Pool, company: Company, turns: int, skip: int) -> Replay:
    """As the agent stage does it, without weights: a danger is found by rules."""
    limits = AgentConfig().replay_limits(turns)
    nothing = NoEmbedder()
    return await replay_with(
        company, A_DEMO, AgentConfig(), pool, nothing, nothing, limits, SecretPrints(), skip=skip
    )


def make_checks(pool: Pool, **states: State) -> dict[str, Check]:
    """The database is really asked; the others are as told, or well."""

    async def database() -> State:
        await pool.check()
        return "healthy"

    def fixed(state: State) -> Check:
        async def check() -> State:
            return state

        return check

    checks = {name: fixed(states.get(name, "healthy")) for name in COMPONENTS}
    return {**checks, "database": database}


class Api:
    """The application of a context, and a client that holds every answer to the contract."""

    def __init__(
        self,
        context: ApiContext,
        *,
        pages: Path | None = None,
        origins: Sequence[str] = (),
        peer: str = "198.51.100.7",
        time_limits: Mapping[str, timedelta] = MappingProxyType({}),
    ) -> None:
        self.context = context
        # No limits unless a test is about them: a busy machine is no frozen one.
        self.app = create_api(context, pages, origins, time_limits)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, client=(peer, 4711)),
            base_url="http://testserver",
            event_hooks={"response": [self._hold_to_the_contract]},
        )

    async def _hold_to_the_contract(self, response: httpx.Response) -> None:
        await response.aread()
        request = response.request
        assert response.headers["x-content-type-options"] == "nosniff"
        documented = documented_statuses(request.method, request.url.path)
        if documented is not None:
            assert str(response.status_code) in documented, (
                f"{request.method} {request.url.path} answers {response.status_code}, documented: {documented}"
            )
        if not f"{request.url.path}/".startswith("/api/") or request.method == "OPTIONS":
            return
        if not request.url.path.endswith("/company/public"):
            assert response.headers["cache-control"] == "no-store"
        assert not NEVER_IN_A_BODY.search(response.text) or response.status_code < 400, (
            response.text
        )
        if response.status_code >= 400 and "/health" not in request.url.path:
            body = response.json()
            assert isinstance(body["error"], str)
            assert isinstance(body["detail"], str)
            assert body["error"]
            assert body["detail"]
            if response.status_code == 400:
                assert body["fields"], body
            if response.status_code in (429, 503):
                assert int(response.headers["retry-after"]) >= 1

    async def submit(
        self, key: str | None = None, headers: Mapping[str, str] | None = None, **changes: object
    ) -> httpx.Response:
        more = {"Idempotency-Key": key} if key else {}
        return await self.client.post(
            f"{BASE}/support/form", json=FORM | changes, headers={**(headers or {}), **more}
        )

    async def open_ticket(self, **changes: object) -> tuple[str, dict[str, str]]:
        """Submit a form: the ticket's path and its token's header."""
        response = await self.submit(**changes)  # type: ignore[arg-type]
        assert response.status_code == 201, response.text
        body = response.json()
        return f"{BASE}/tickets/{body['ticket_id']}", {"X-Ticket-Token": body["access_token"]}

    async def conversation_of(self, ticket_path: str) -> UUID:
        async with self.context.open_uow() as uow:
            ticket = await uow.tickets.by_number(ticket_path.rpartition("/")[2])
        assert ticket is not None
        return ticket.conversation_id

    def changed(self, **changes: object) -> Api:
        """The same stores with another part of the context."""
        return Api(replace(self.context, **changes))  # type: ignore[arg-type]

    def with_intake(self, channel: Channel, intake: Intake) -> Api:
        """The same, with one channel's messages taken in otherwise."""
        return self.changed(intakes={**self.context.intakes, channel: intake})


@functools.cache
def openapi() -> dict[str, Any]:
    pool = Pool("postgresql://nobody@127.0.0.1:9/nowhere")
    return create_api(make_context(open_uow_on(pool), pool), pages=None).openapi()


def documented_statuses(method: str, path: str) -> set[str] | None:
    """What OpenAPI says that the call can answer; None for a path or method that it does not have."""
    for template, operations in openapi()["paths"].items():
        if (
            re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
            and method.lower() in operations
        ):
            return set(operations[method.lower()]["responses"])
    return None


def sign(path: str, fields: Mapping[str, str], token: str = AUTH_TOKEN) -> dict[str, str]:
    """As Twilio signs: the public address and every field."""
    signature = RequestValidator(token).compute_signature(PUBLIC_URL + path, dict(fields))
    return {"X-Twilio-Signature": str(signature)}


async def push(api: Api, body: bytes = PUSH, token: str | None = PUSH_TOKEN) -> httpx.Response:
    headers = {"Authorization": token} if token else {}
    return await api.client.post(GMAIL, content=body, headers=headers)


def passage(title: str, text: str, number: int = 1) -> Passage:
    return Passage(uuid5(NOBODY, text), uuid5(NOBODY, title), title, text, 0.8, number)


@pytest.fixture
async def api(open_uow: OpenUnitOfWork, pool: Pool) -> AsyncIterator[Api]:
    api = Api(make_context(open_uow, pool))
    yield api
    await api.client.aclose()


@pytest.fixture
async def api_alone() -> AsyncIterator[Api]:
    """Without its database (nothing listens on port 9): quick, for what is refused before it is asked."""
    pool = Pool("postgresql://nobody@127.0.0.1:9/nowhere", connect_timeout=timedelta(seconds=1))
    api = Api(make_context(open_uow_on(pool), pool))
    yield api
    await api.client.aclose()
    await pool.close()
