"""What the routers work with, made once a replica and handed to each call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from channels.spec import Intake
from deployments.api.access import TicketTokens, authenticate
from deployments.api.limits import RateLimit
from deployments.api.request_room import RequestRoom
from deployments.api.streams import StreamRoom
from deployments.health import HealthBoard
from deployments.stage_configs import AgentConfig
from deployments.tracing import Tracing
from domain.channels import Channel
from domain.events import ignore
from domain.ports import KnowledgeSearch, Observe, StaffDirectory
from domain.principals import Principal, Role
from domain.stores import OpenUnitOfWork
from pipeline.alerts import AlertLimits
from pipeline.learning.curate import Curation


@dataclass(slots=True)
class Alerting:
    """What `GET /alerts` looks at; the limits change live."""

    channels: Collection[Channel] = field(default_factory=lambda: tuple(Channel))
    limits: AlertLimits = field(default_factory=AlertLimits)


@dataclass(frozen=True, slots=True)
class ApiContext:
    open_uow: OpenUnitOfWork
    keys: StaffDirectory
    tokens: TicketTokens
    health: HealthBoard
    search: KnowledgeSearch
    curation: Curation
    per_address: RateLimit
    per_customer: RateLimit
    wrong_keys: RateLimit
    """Staff keys that nobody has, by address."""
    conversation_changes: Callable[[UUID, asyncio.Event], AbstractContextManager[None]]
    """Sets the event whenever a message was stored in the conversation, while the block runs."""
    streams: StreamRoom
    requests: RequestRoom
    sender_address: Callable[[Request], str]
    intakes: Mapping[Channel, Intake]
    """Of the channels that are on."""
    version: str
    close: Callable[[], Awaitable[None]]
    observe: Observe = ignore
    tracing: Tracing = field(default_factory=lambda: Tracing("ingress"))
    alerting: Alerting = field(default_factory=Alerting)
    agent_config: Callable[[], AgentConfig] = AgentConfig
    """What the agent stage runs with now: staff see negative what it hands over."""


async def api_context(request: Request) -> ApiContext:
    # Asynchronous, or FastAPI would send these few attribute reads through its thread pool.
    context: ApiContext = request.app.state.context
    return context


Context = Annotated[ApiContext, Depends(api_context)]


_STAFF_KEY = HTTPBearer(
    scheme_name="staff",
    description="A staff key. The list beside each call names its least role: viewer, agent, editor or admin.",
    auto_error=False,
)


async def authorise(
    request: Request,
    context: Context,
    needed: SecurityScopes,
    _key: Annotated[object, Security(_STAFF_KEY)],
) -> Principal:
    """The staff member who calls. Raises Unauthorized, Overloaded for who guesses keys, NotPermitted."""
    principal = await authenticate(
        context.keys, request, context.wrong_keys, context.sender_address(request)
    )
    for role in needed.scopes:
        principal.require(Role(role))
    return principal


def require(least: Role) -> Any:
    """The dependency of a call that takes this role or one that includes it; OpenAPI names it."""
    return Security(authorise, scopes=[least.value])


Viewer = Annotated[Principal, require(Role.VIEWER)]
Agent = Annotated[Principal, require(Role.AGENT)]
Editor = Annotated[Principal, require(Role.EDITOR)]
Admin = Annotated[Principal, require(Role.ADMIN)]
