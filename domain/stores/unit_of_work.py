"""Declares the transaction around the stores."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from domain.articles import Articles
from domain.crawls import KnowledgeSources
from domain.knowledge import Digests, Knowledge, KnowledgeModels, Lessons
from domain.stores.answer_clocks import AnswerClocks
from domain.stores.attempts import Attempts
from domain.stores.audit_log import AuditLog
from domain.stores.channel_configs import ChannelConfigs
from domain.stores.company_profiles import CompanyProfiles
from domain.stores.component_states import ComponentStates
from domain.stores.conversations import Conversations
from domain.stores.customers import Customers
from domain.stores.dead_letters import DeadLetters
from domain.stores.deliveries import Deliveries
from domain.stores.desk import BulkActs, DeskFeed, Macros, Marks
from domain.stores.disclosures import Disclosures
from domain.stores.drafts import Drafts
from domain.stores.failed_items import FailedItems
from domain.stores.form_pages import FormPages
from domain.stores.forms import Forms
from domain.stores.leases import Leases
from domain.stores.mailboxes import Mailboxes
from domain.stores.messages import Messages
from domain.stores.metrics import Metrics
from domain.stores.model_calls import ModelCalls
from domain.stores.notifications import Notifications
from domain.stores.outbox import Outbox
from domain.stores.staff_accounts import StaffAccounts, StaffSessions
from domain.stores.tickets import Tickets
from domain.stores.turns import Turns


class UnitOfWork(Protocol):
    """One transaction: rolled back unless `commit` was awaited before the end."""

    customers: Customers
    conversations: Conversations
    messages: Messages
    turns: Turns
    tickets: Tickets
    form_pages: FormPages
    forms: Forms
    knowledge: Knowledge
    articles: Articles
    sources: KnowledgeSources
    models: KnowledgeModels
    lessons: Lessons
    digests: Digests
    metrics: Metrics
    channel_configs: ChannelConfigs
    company: CompanyProfiles
    notifications: Notifications
    outbox: Outbox
    deliveries: Deliveries
    disclosures: Disclosures
    answer_clocks: AnswerClocks
    drafts: Drafts
    attempts: Attempts
    dead_letters: DeadLetters
    failed_items: FailedItems
    audit: AuditLog
    mailboxes: Mailboxes
    model_calls: ModelCalls
    marks: Marks
    macros: Macros
    bulk_acts: BulkActs
    desk_feed: DeskFeed
    leases: Leases
    components: ComponentStates
    staff_accounts: StaffAccounts
    staff_sessions: StaffSessions

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def commit(self) -> None:
        """Make every store's changes permanent, together."""
        ...


class OpenUnitOfWork(Protocol):
    """Makes a unit of work; `async with open_uow() as uow`."""

    def __call__(self) -> UnitOfWork:
        """Return one whose transaction begins with `async with`."""
        ...
