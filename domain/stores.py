"""What the use cases read and write, one store a table group, and the unit of work around them.

Stores never commit. Every method raises StoreUnavailable when PostgreSQL can't be reached.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from domain.attempts import Begun
from domain.channels import Channel, ChannelConfig
from domain.identifiers import Identifier
from domain.knowledge import Digests, Knowledge, KnowledgeModels, Lessons
from domain.messages import DeliveryState, InboundMessage, MessageState
from domain.records import (
    BeforeTurn,
    ChannelMetrics,
    Conversation,
    Customer,
    DeadLetter,
    DeadLetterState,
    Delivery,
    FinishedTurn,
    MailboxMark,
    NewForm,
    NewOutboxRow,
    OutboundMessage,
    OutboxRow,
    Owner,
    Pulse,
    QueueEntry,
    StatusChange,
    StoredMessage,
    Ticket,
)
from domain.tickets import EscalationReason, Priority, TicketStatus
from domain.turns import Draft, HistoryEntry, TicketRef, Turn


class Customers(Protocol):
    async def resolve(self, identifier: Identifier, name: str) -> Customer:
        """Find or make the customer of `identifier` and lock that customer until the commit.

        Concurrent first messages of one person make one customer. A proven identifier that so far
        was only claimed, by a customer who is proven through another one, is taken from there and
        starts a customer of its own; otherwise the claim is upgraded. Follows merges.
        """
        ...

    async def resolve_free(self, senders: Sequence[tuple[Identifier, str]]) -> list[UUID | None]:
        """`resolve` for many claimed identifiers, all different, that waits for nobody.

        None where somebody else works for that customer just now, and for a merged one: `resolve` it
        alone. Two such groups, or a group and a merge, can't hold each other up.
        """
        ...

    async def link(self, customer_id: UUID, identifier: Identifier, actor: str) -> UUID:
        """Add an identifier; where a proven one belongs to somebody else, merge the two (logged).

        Returns the id that stays. A claimed identifier that is somebody else's raises Conflict.
        """
        ...

    async def undo_merge(self, merge_id: UUID, actor: str) -> None:
        """Give every row back that the merge moved. Raises NotFound, Conflict if already undone."""
        ...

    async def get(self, customer_id: UUID) -> Customer:
        """Raises NotFound."""
        ...

    async def find(self, identifier: Identifier) -> Customer:
        """Whose identifier this is, whatever its assurance; for staff. Raises NotFound."""
        ...

    async def identifiers(self, customer_id: UUID) -> list[Identifier]: ...

    async def set_opted_out(self, customer_id: UUID, opted_out: bool) -> None: ...

    async def last_wrote_at(self, customer_id: UUID, channel: Channel) -> datetime | None:
        """When the newest message of the customer on a channel came in."""
        ...

    async def recipient(self, customer_id: UUID, channel: Channel) -> Identifier:
        """Where the customer is reached on a channel: the one last written from. Raises NotFound."""
        ...

    async def export(self, customer_id: UUID) -> Mapping[str, object]:
        """All personal data as JSON-ready values. Raises NotFound."""
        ...

    async def erase(self, customer_id: UUID) -> None:
        """Remove the customer's text and identifiers from every table; counts stay. Raises NotFound."""
        ...


class Conversations(Protocol):
    async def find_or_open(self, customer_id: UUID, inbound: InboundMessage) -> Conversation:
        """By thread keys (Gmail thread, Message-IDs), else the channel's open one within 24 hours.

        The web form always opens a new one. A conversation is only ever found among the same
        customer's own. One that was resolved is opened again.
        """
        ...

    async def get(self, conversation_id: UUID) -> Conversation:
        """Raises NotFound."""
        ...

    async def lock(self, conversation_id: UUID) -> Conversation:
        """`get` that holds the row until the commit."""
        ...

    async def lock_of(self, message_id: UUID) -> Conversation:
        """`lock` of the conversation that a message is in. Raises NotFound."""
        ...

    async def newest_of(self, customer_id: UUID) -> Conversation | None:
        """The one in which something was said last, on any channel."""
        ...

    async def note_inbound(self, conversation_id: UUID, at: datetime) -> None:
        """Keep the time of the customer's last word and open the conversation if it was resolved."""
        ...

    async def advance_fence(self, conversation_id: UUID) -> int:
        """A new fence: whoever holds an older one can't commit any more."""
        ...

    async def hand_over(self, conversation_id: UUID) -> None:
        """Put it into the queue for a person, owned by none yet."""
        ...

    async def take(self, conversation_id: UUID, staff: str) -> Conversation:
        """Make `staff` the owner; idempotent. Raises Conflict(holder) where another one is."""
        ...

    async def release(self, conversation_id: UUID, staff: str) -> None:
        """Give it back to the agent. Raises Conflict where somebody else owns it."""
        ...

    async def resolve(self, conversation_id: UUID) -> None: ...

    async def history(
        self, conversation_id: UUID, *, limit: int, for_staff: bool = False
    ) -> list[HistoryEntry]:
        """What was said, oldest first, the newest `limit` entries.

        A proven conversation sees all of its customer's conversations on every channel; a claimed
        one sees itself alone. What still waits for a turn is not history yet. Staff see everything.
        """
        ...

    async def queue(
        self,
        *,
        owner: Owner | None,
        status: TicketStatus | None,
        channel: Channel | None,
        reason: EscalationReason | None,
        limit: int,
    ) -> list[QueueEntry]:
        """The escalated first, then the oldest unanswered first. `status` is the ticket's."""
        ...

    async def set_sentiment_trend(self, conversation_id: UUID, trend: float) -> None: ...


class Messages(Protocol):
    async def add_inbound(
        self,
        inbound: InboundMessage,
        *,
        customer_id: UUID,
        conversation_id: UUID,
        state: MessageState,
        trace_id: str | None,
    ) -> StoredMessage | None:
        """None when this channel and provider message id is already stored."""
        ...

    async def find_inbound(self, channel: Channel, provider_id: str) -> StoredMessage | None: ...

    async def get(self, message_id: UUID) -> StoredMessage:
        """Raises NotFound."""
        ...

    async def waiting(self, conversation_id: UUID) -> list[StoredMessage]:
        """The customer's messages that no turn has answered, oldest first."""
        ...

    async def last_inbound(self, conversation_id: UUID) -> StoredMessage | None: ...

    async def set_state(
        self, message_ids: Sequence[UUID], state: MessageState, turn_id: UUID | None
    ) -> None:
        """End the waiting of inbound messages, or the delivery of outbound ones."""
        ...

    async def set_sentiments(self, scores: Mapping[UUID, float]) -> None: ...

    async def sentiments_before(
        self, conversation_id: UUID, message_ids: Sequence[UUID], limit: int
    ) -> list[float]:
        """The newest scores of a conversation without those of `message_ids`, oldest first."""
        ...

    async def add_outbound(self, message: OutboundMessage, queued: NewOutboxRow) -> StoredMessage:
        """State `undelivered`, and the row that tells of it. A turn that already wrote one raises Conflict."""
        ...

    async def of_conversation(self, conversation_id: UUID) -> list[StoredMessage]: ...

    async def requeue_unfinished(self, older_than: timedelta, limit: int) -> list[StoredMessage]:
        """Messages still waiting or undelivered, last queued longer ago; marks them queued now."""
        ...

    async def return_to_agent(self, conversation_id: UUID) -> list[StoredMessage]:
        """Messages that came in while a person owned it and nobody answered: waiting again."""
        ...

    async def answered_by_staff(self, conversation_id: UUID) -> None:
        """Mark what waited for the person as answered."""
        ...

    async def unscored(self, limit: int) -> list[StoredMessage]:
        """Customers' own words without a sentiment that no turn will give one any more, oldest first."""
        ...

    async def oldest_since(self, state: MessageState) -> datetime | None:
        """When the oldest message in this state came, of those that don't wait for another attempt.

        `waiting` and `undelivered` are cheap to ask.
        """
        ...


class Turns(Protocol):
    async def start(self, conversation_id: UUID, trace_id: str | None) -> tuple[UUID, int]:
        """The turn's id and its fence; whoever holds an older one can't commit any more.

        Older running turns of the conversation become superseded. Raises NotFound.
        """
        ...

    async def before(self, conversation_id: UUID) -> BeforeTurn:
        """What a turn has to know besides the messages, in one round trip. Raises NotFound."""
        ...

    async def finish(
        self,
        turn: Turn,
        *,
        draft: Draft,
        answered: Mapping[UUID, float | None],
        latency: timedelta | None,
        sentiment: float | None = None,
        trend: float | None = None,
    ) -> None:
        """Settle the messages that it answered, each with the sentiment it was given, if it was.

        Counted among the metrics, unless `latency` is None: nobody waited for it. `trend` is the
        conversation's from now on; None leaves it.
        """
        ...

    async def finished(self, limit: int) -> list[FinishedTurn]:
        """The newest committed turns, newest first."""
        ...

    async def finished_in(self, conversation_id: UUID) -> list[FinishedTurn]:
        """The committed turns of a conversation, oldest first."""
        ...

    async def tried(self, conversation_id: UUID) -> list[Mapping[str, object]]:
        """For the hand-over packet: per turn the outcome, searches and sources (title, id, version)."""
        ...


class Forms(Protocol):
    """What each form opens, many at once."""

    async def known(self, provider_ids: Sequence[str]) -> set[str]:
        """Those of the ids that a stored form already has."""
        ...

    async def add(self, forms: Sequence[NewForm]) -> list[StoredMessage]:
        """A conversation, its ticket and its waiting message for each, in order.

        Their customers are resolved. Raises Conflict where a ticket number or a form's id is taken.
        """
        ...


class Tickets(Protocol):
    async def open(
        self,
        ref: TicketRef,
        *,
        customer_id: UUID,
        conversation_id: UUID,
        channel: Channel,
    ) -> Ticket:
        """Insert; where the conversation already has an unresolved ticket, that one is returned."""
        ...

    async def current(self, conversation_id: UUID) -> Ticket | None:
        """The conversation's newest ticket, unresolved ones first."""
        ...

    async def by_number(self, number: str) -> Ticket | None: ...

    async def mark_answered(self, conversation_id: UUID, priority: Priority) -> Ticket | None:
        """The unresolved ticket now waits for the customer; None where there is none.

        One that waits for a person goes on waiting. The priority is never lowered.
        """
        ...

    async def escalate(
        self, ticket_id: UUID, reason: EscalationReason, summary: str, priority: Priority
    ) -> Ticket:
        """The ticket waits for a person from now on. Called by pipeline.hand_over alone.

        One that does already keeps its reason and gets `summary`, unless empty, as a further line. The
        priority is never lowered. Raises NotFound.
        """
        ...

    async def set_status(self, ticket_id: UUID, status: TicketStatus) -> None: ...

    async def raise_priority(self, ticket_id: UUID, priority: Priority) -> None:
        """Never lowers it."""
        ...

    async def resolve(self, ticket_id: UUID, note: str, staff: str) -> None: ...

    async def reopen(self, ticket_id: UUID) -> None:
        """Resolved or closed becomes open (escalated stays escalated)."""
        ...

    async def add_feedback(self, ticket_id: UUID, helpful: bool, comment: str | None) -> None: ...


class Metrics(Protocol):
    async def by_channel(self, since: datetime) -> list[ChannelMetrics]:
        """All three channels, also those where nothing happened."""
        ...

    async def negative(self, since: datetime, below: float) -> Mapping[Channel, int]:
        """Customers' messages with a sentiment below `below`; channels without any are left out."""
        ...

    async def pulse(self) -> Pulse:
        """Cheap enough for every few seconds."""
        ...


class ChannelConfigs(Protocol):
    async def get(self, channel: Channel) -> ChannelConfig: ...

    async def seed(self, configs: Sequence[ChannelConfig]) -> None:
        """Insert what is missing; what staff changed stays."""
        ...


class Outbox(Protocol):
    async def add(
        self, topic: str, key: UUID, value: Mapping[str, object], headers: Mapping[str, str]
    ) -> None: ...

    async def add_many(self, rows: Sequence[NewOutboxRow]) -> None:
        """In their order, in one round trip."""
        ...

    async def unpublished(self, limit: int) -> list[OutboxRow]:
        """What may go out now, oldest first: no row that waits for its retry, none behind one of its key.

        A customer's rows are in commit order, since receiving locks the customer.
        """
        ...

    async def mark_published(self, ids: Sequence[int]) -> None: ...

    async def retry_later(self, row_id: int, delay: timedelta, cause: str) -> None:
        """Count an attempt; the row and later ones of its key wait for `delay`."""
        ...

    async def put_aside(self, row_id: int, cause: str) -> None:
        """Count an attempt, the last one: no row waits for it."""
        ...

    async def purge(self, older_than: timedelta) -> int: ...

    async def backlog(self) -> tuple[int, datetime | None]:
        """How many rows wait, and since when the oldest does."""
        ...


class Deliveries(Protocol):
    async def of_message(self, message_id: UUID) -> list[Delivery]: ...

    async def start(
        self,
        message_id: UUID,
        channel: Channel,
        attempt: int,
        part: int,
        may_act_for: timedelta = timedelta(0),
    ) -> None:
        """State `sending`, before the provider is asked. A second start of the same raises Conflict.

        `may_act_for` from now on the provider may act on this attempt, even if nobody reports back.
        """
        ...

    async def leave_open(
        self, message_id: UUID, attempt: int, part: int, code: str, may_act_for: timedelta
    ) -> None:
        """Our attempt has ended and may have been taken: `code` says how it ended."""
        ...

    async def end_doubt(
        self, message_id: UUID, attempt: int, part: int, state: DeliveryState, code: str | None
    ) -> bool:
        """Give an attempt whose outcome is open this end; False where it has got another one."""
        ...

    async def claim(
        self, channel: Channel, provider_message_id: str, message_id: UUID, part: int
    ) -> bool:
        """Note the provider's id on this part's open or unsure attempt; False if there is none."""
        ...

    async def record(
        self,
        message_id: UUID,
        attempt: int,
        part: int,
        state: DeliveryState,
        provider_message_id: str | None = None,
        error_code: str | None = None,
    ) -> None: ...

    async def update_from_provider(
        self,
        channel: Channel,
        provider_message_id: str,
        state: DeliveryState,
        error_code: str | None,
    ) -> StatusChange | None:
        """Moves forward only (sent -> delivered -> read, or failed).

        None if the id is unknown: the status is then kept for a day, for `take_early`.
        """
        ...

    async def take_early(
        self, channel: Channel, provider_message_id: str
    ) -> tuple[DeliveryState, str | None] | None:
        """State and code that came before the id was recorded; ask in the recording transaction."""
        ...

    async def trace_id(self, channel: Channel, provider_message_id: str) -> str | None:
        """The trace of the message that this id was given to; None if the id is unknown."""
        ...

    async def known_ids(self, channel: Channel, provider_message_ids: Sequence[str]) -> set[str]:
        """Those of the ids that a delivery of ours already holds as its receipt."""
        ...


class Attempts(Protocol):
    """`reader` is one process that reads a topic. Each method is idempotent but `fail`."""

    async def beat(self, reader: UUID) -> None:
        """The reader lives and its event loop runs."""
        ...

    async def begin(
        self,
        message_ids: Sequence[UUID],
        state: MessageState,
        reader: UUID,
        *,
        silent_after: timedelta,
        alone: Collection[UUID],
        most_strikes: int,
    ) -> dict[UUID, Begun]:
        """Mark those that the reader may work on now; ids that are in another state are left out.

        A mark of another reader counts as a strike where that one sent no beat for `silent_after`.
        Suspects begin only if they are in `alone`.
        """
        ...

    async def fail(self, message_id: UUID, reader: UUID, delay: timedelta) -> None:
        """Count a failed attempt of this reader; the next one is due after `delay`."""
        ...

    async def leave(self, message_id: UUID, reader: UUID) -> None:
        """Take the reader's mark off: the attempt ended without a result and without an error."""
        ...

    async def requeue_due(self, limit: int) -> list[StoredMessage]:
        """Messages whose next attempt is due, oldest first, each once: put them into the outbox."""
        ...


class DeadLetters(Protocol):
    async def add(
        self,
        *,
        topic: str,
        key: str | None,
        value: bytes,
        origin: str,
        message_id: UUID | None,
        cause: str,
        attempts: int,
    ) -> UUID | None:
        """The new dead letter's id, or that of one which was replayed and is open again.

        Idempotent by origin: None where it is kept already.
        """
        ...

    async def list(self, state: DeadLetterState | None, limit: int) -> Sequence[DeadLetter]: ...

    async def get(self, dead_letter_id: UUID) -> DeadLetter:
        """Raises NotFound."""
        ...

    async def close(
        self, dead_letter_id: UUID, state: DeadLetterState, staff: str, why: str | None = None
    ) -> DeadLetter:
        """open -> replayed or discarded; `why` joins the cause. Raises NotFound; Conflict if already
        settled otherwise."""
        ...

    async def count_open(self) -> int: ...


class FailedItems(Protocol):
    """Items of a batch that failed; `job` names the loop that they belong to."""

    async def attempts(self, job: str, items: Collection[str]) -> dict[str, int]:
        """Of those items that failed and were not forgotten since."""
        ...

    async def due(self, job: str, limit: int) -> list[str]:
        """To be tried again now; what is put aside is not."""
        ...

    async def save(
        self, job: str, item: str, attempts: int, delay: timedelta | None, cause: str
    ) -> None:
        """Try it again after `delay`; None puts it aside."""
        ...

    async def forget(self, job: str, items: Collection[str]) -> None: ...

    async def retry_now(self, job: str, item: str) -> bool:
        """Begin again with an item that was put aside; False where there is none."""
        ...


class AuditLog(Protocol):
    async def add(
        self,
        actor: str,
        action: str,
        subject_kind: str,
        subject_id: str,
        detail: Mapping[str, object] | None = None,
    ) -> None: ...


class Mailboxes(Protocol):
    async def lock(self, address: str) -> MailboxMark:
        """How far a mailbox was read, the row made if new and held until the commit."""
        ...

    async def save_mark(self, address: str, mark: MailboxMark) -> None:
        """Of a locked mailbox. A history id and `synced_at` never move back; None leaves them."""
        ...

    async def save_watch(self, address: str, expires_at: datetime) -> None: ...

    async def watch_expires_at(self, address: str) -> datetime | None: ...


class UnitOfWork(Protocol):
    """One transaction: rolled back unless `commit` was awaited before the end."""

    customers: Customers
    conversations: Conversations
    messages: Messages
    turns: Turns
    tickets: Tickets
    forms: Forms
    knowledge: Knowledge
    models: KnowledgeModels
    lessons: Lessons
    digests: Digests
    metrics: Metrics
    channel_configs: ChannelConfigs
    outbox: Outbox
    deliveries: Deliveries
    attempts: Attempts
    dead_letters: DeadLetters
    failed_items: FailedItems
    audit: AuditLog
    mailboxes: Mailboxes

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def commit(self) -> None: ...


class OpenUnitOfWork(Protocol):
    """Makes a unit of work; `async with open_uow() as work`."""

    def __call__(self) -> UnitOfWork: ...
