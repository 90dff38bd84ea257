"""Opens one transaction over all stores and rolls it back unless it was committed."""

from __future__ import annotations

import logging
import sys
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from typing_extensions import override

from database.errors import domain_errors
from database.pool import Pool
from database.session import Connection, Session
from database.stores.answer_clocks import PostgresAnswerClocks
from database.stores.articles import PostgresArticles
from database.stores.attempts import PostgresAttempts
from database.stores.audit_log import PostgresAuditLog
from database.stores.bulk_acts import PostgresBulkActs
from database.stores.channel_configs import PostgresChannelConfigs
from database.stores.company_profiles import PostgresCompanyProfiles
from database.stores.component_states import PostgresComponentStates
from database.stores.conversations import PostgresConversations
from database.stores.customers import PostgresCustomers
from database.stores.dead_letters import PostgresDeadLetters
from database.stores.deliveries import PostgresDeliveries
from database.stores.desk_feed import PostgresDeskFeed
from database.stores.digests import PostgresDigests
from database.stores.disclosures import PostgresDisclosures
from database.stores.drafts import PostgresDrafts
from database.stores.failed_items import PostgresFailedItems
from database.stores.form_pages import PostgresFormPages
from database.stores.forms import PostgresForms
from database.stores.knowledge import PostgresKnowledge
from database.stores.knowledge_models import PostgresKnowledgeModels
from database.stores.knowledge_sources import PostgresKnowledgeSources
from database.stores.leases import PostgresLeases
from database.stores.lessons import PostgresLessons
from database.stores.macros import PostgresMacros
from database.stores.mailboxes import PostgresMailboxes
from database.stores.marks import PostgresMarks
from database.stores.messages import PostgresMessages
from database.stores.metrics import PostgresMetrics
from database.stores.model_calls import PostgresModelCalls
from database.stores.notifications import PostgresNotifications
from database.stores.outbox import PostgresOutbox
from database.stores.staff_accounts import PostgresStaffAccounts, PostgresStaffSessions
from database.stores.tickets import PostgresTickets
from database.stores.turns import PostgresTurns
from domain.articles import Articles
from domain.crawls import KnowledgeSources
from domain.errors import StoreUnavailable
from domain.knowledge import Digests, Knowledge, KnowledgeModels, Lessons
from domain.stores import (
    AnswerClocks,
    Attempts,
    AuditLog,
    BulkActs,
    ChannelConfigs,
    CompanyProfiles,
    ComponentStates,
    Conversations,
    Customers,
    DeadLetters,
    Deliveries,
    DeskFeed,
    Disclosures,
    Drafts,
    FailedItems,
    FormPages,
    Forms,
    Leases,
    Macros,
    Mailboxes,
    Marks,
    Messages,
    Metrics,
    ModelCalls,
    Notifications,
    OpenUnitOfWork,
    Outbox,
    StaffAccounts,
    StaffSessions,
    Tickets,
    Turns,
    UnitOfWork,
)

log = logging.getLogger(__name__)


class PostgresWork(UnitOfWork):
    """`UnitOfWork` on a connection of the pool, at READ COMMITTED with row locks."""

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

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._stack = AsyncExitStack()
        self._connection: Connection | None = None
        self._session: Session | None = None

    async def __aenter__(self) -> Self:
        connection = await self._stack.enter_async_context(self._pool.connection())
        try:
            with domain_errors():
                await connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
        except BaseException:
            await self._stack.__aexit__(*sys.exc_info())
            raise
        self._connection = connection
        self._session = session = Session(connection)
        self.audit = PostgresAuditLog(session)
        self.customers = PostgresCustomers(session, self.audit)
        self.conversations = PostgresConversations(session)
        self.messages = PostgresMessages(session)
        self.turns = PostgresTurns(session)
        self.tickets = PostgresTickets(session)
        self.form_pages = PostgresFormPages(session)
        self.forms = PostgresForms(session)
        self.knowledge = PostgresKnowledge(session)
        self.articles = PostgresArticles(session)
        self.sources = PostgresKnowledgeSources(session)
        self.models = PostgresKnowledgeModels(session)
        self.lessons = PostgresLessons(session)
        self.digests = PostgresDigests(session)
        self.metrics = PostgresMetrics(session)
        self.channel_configs = PostgresChannelConfigs(session)
        self.company = PostgresCompanyProfiles(session)
        self.notifications = PostgresNotifications(session)
        self.outbox = PostgresOutbox(session)
        self.deliveries = PostgresDeliveries(session)
        self.disclosures = PostgresDisclosures(session)
        self.answer_clocks = PostgresAnswerClocks(session)
        self.drafts = PostgresDrafts(session)
        self.attempts = PostgresAttempts(session)
        self.dead_letters = PostgresDeadLetters(session)
        self.failed_items = PostgresFailedItems(session)
        self.mailboxes = PostgresMailboxes(session)
        self.model_calls = PostgresModelCalls(session)
        self.marks = PostgresMarks(session)
        self.macros = PostgresMacros(session)
        self.bulk_acts = PostgresBulkActs(session)
        self.desk_feed = PostgresDeskFeed(session)
        self.leases = PostgresLeases(session)
        self.components = PostgresComponentStates(session)
        self.staff_accounts = PostgresStaffAccounts(session)
        self.staff_sessions = PostgresStaffSessions(session)
        return self

    @override
    async def commit(self) -> None:
        """Commit durably. Raises StoreUnavailable if the result is unknown: repeat the whole transaction."""
        if self._connection is None:
            raise RuntimeError("nothing to commit: the unit of work is not open")
        connection, self._connection = self._connection, None
        if self._session is not None:
            self._session.close()
        with domain_errors():
            status = await connection.execute("COMMIT")
        if status != "COMMIT":
            # PostgreSQL answers COMMIT with ROLLBACK if a statement of the transaction failed.
            raise RuntimeError("the transaction was rolled back: a statement in it had failed")
        self._pool.note_commit()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            self._session.close()
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                with domain_errors():
                    await connection.execute("ROLLBACK")
        except StoreUnavailable as lost:
            # The server rolls back by itself, and the caller's error is kept.
            log.debug("a connection was lost before its rollback: %s", lost)
        finally:
            # The pool judges by the error whether its connections can still be used.
            await self._stack.__aexit__(kind, error, trace)


def open_uow(pool: Pool) -> OpenUnitOfWork:
    """Return a factory of units of work on `pool`."""

    def open_() -> UnitOfWork:
        return PostgresWork(pool)

    return open_
