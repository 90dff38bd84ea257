"""Holds what the routers work with; one instance per replica, injected into each call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer, SecurityScopes

from channels.spec import Intake
from deployments.api.access import Gate, TicketTokens
from deployments.api.challenge import FormChallenge
from deployments.api.guesses import GuessLimit
from deployments.api.limits import FormLimit, RateLimit
from deployments.api.request_room import RequestRoom
from deployments.api.session_cookie import SessionCookie
from deployments.api.streams import StreamRoom
from deployments.configs.agent import AgentConfig
from deployments.going_live import Doctor
from deployments.health import HealthBoard
from deployments.identity_provider import IdentityProvider
from deployments.live import Console
from deployments.mailboxes import MailboxRules
from deployments.staff_directory import Staff
from deployments.tracing import Tracing
from domain.channels import Channel
from domain.company import Company
from domain.events import ignore
from domain.ports import KnowledgeSearch, MessageEncoder, Observe, StaffDirectory, TopicMatcher
from domain.principals import Principal, Role
from domain.stores import OpenUnitOfWork
from pipeline.alerts import AlertLimits
from pipeline.articles import Editing
from pipeline.learning.curate import Curation
from pipeline.replay import Replay
from pipeline.suggest import Suggestion


@dataclass(slots=True)
class Alerting:
    """What `GET /alerts` evaluates; `limits` follow the live configuration."""

    channels: Collection[Channel] = field(default_factory=lambda: tuple(Channel))
    limits: AlertLimits = field(default_factory=AlertLimits)


@dataclass(frozen=True, slots=True)
class ApiContext:
    """Everything that the routers need."""

    open_uow: OpenUnitOfWork
    keys: StaffDirectory
    staff: Staff
    """Accounts and sessions behind `keys`."""
    cookie: SessionCookie
    provider: IdentityProvider | None
    """None where staff sign in by key alone."""
    tokens: TicketTokens
    health: HealthBoard
    search: KnowledgeSearch
    encoder: MessageEncoder
    topics: TopicMatcher
    curation: Curation
    editing: Editing
    tried_search: KnowledgeSearch
    """Searches as the agent does, for editors to try out; `search` is the customers' own."""
    per_address: RateLimit
    per_customer: RateLimit
    forms: FormLimit
    challenge: FormChallenge
    guesses: GuessLimit
    conversation_changes: Callable[[UUID, asyncio.Event], AbstractContextManager[None]]
    """While the block runs, sets the event whenever a message is stored in the conversation."""
    desk_changes: Callable[[asyncio.Event], AbstractContextManager[Console]]
    """The same for every conversation, for open staff consoles."""
    streams: StreamRoom
    requests: RequestRoom
    sender_address: Callable[[Request], str]
    intakes: Mapping[Channel, Intake]
    """Of the channels that are on."""
    doctor: Doctor
    replay: Callable[[Company, int, int], Awaitable[Replay]]
    """Answers stored turns anew with a profile: at most so many, after so many of the newest."""
    suggest: Callable[[UUID], Awaitable[Suggestion]]
    """Drafts a reply for a person who answers a conversation; nothing is sent."""
    mailboxes: MailboxRules
    version: str
    close: Callable[[], Awaitable[None]]
    observe: Observe = ignore
    tracing: Tracing = field(default_factory=lambda: Tracing("ingress"))
    alerting: Alerting = field(default_factory=Alerting)
    agent_config: Callable[[], AgentConfig] = AgentConfig
    """Returns the agent stage's current configuration, so that staff see its sentiment thresholds."""

    @property
    def gate(self) -> Gate:
        """Compares the secrets that requests carry."""
        return Gate(self.keys, self.guesses, self.sender_address, self.cookie)


async def api_context(request: Request) -> ApiContext:
    """Return the application's context."""
    # A synchronous dependency would run in FastAPI's thread pool.
    context: ApiContext = request.app.state.context
    return context


Context = Annotated[ApiContext, Depends(api_context)]


_STAFF_KEY = HTTPBearer(
    scheme_name="staff",
    description="A staff key. The list beside each call names its least role. Each role includes the ones"
    " before it: " + "; ".join(f"{role} {role.permits}" for role in Role) + ".",
    auto_error=False,
)
_SESSION = APIKeyCookie(
    scheme_name="session",
    name="staff_session",
    description="A session of the console, from `POST /staff/session` or the identity provider; over HTTPS the"
    " name begins with `__Host-`. A change has to come from our own pages.",
    auto_error=False,
)


async def authorise(
    request: Request,
    context: Context,
    needed: SecurityScopes,
    _key: Annotated[object, Security(_STAFF_KEY)],
    _session: Annotated[object, Security(_SESSION)],
) -> Principal:
    """Return the staff member who calls.

    Raises:
        Unauthorized: Key and session are missing, or unknown.
        SessionOver: The session is over.
        ForeignOrigin: A page of another site sent a change.
        Overloaded: The address has tried too many wrong secrets.
        NotPermitted: The role is too low.
    """
    principal = await context.gate.staff(request)
    for role in needed.scopes:
        principal.require(Role(role))
    return principal


def require(least: Role) -> Any:
    """Return the dependency of a call that needs at least this role; OpenAPI shows the role."""
    return Security(authorise, scopes=[least.value])


Viewer = Annotated[Principal, require(Role.VIEWER)]
Agent = Annotated[Principal, require(Role.AGENT)]
Editor = Annotated[Principal, require(Role.EDITOR)]
Admin = Annotated[Principal, require(Role.ADMIN)]
