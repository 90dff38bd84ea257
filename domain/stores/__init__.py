"""Declares the stores, one file a table group, and the unit of work around them.

Stores never commit. Every method raises StoreUnavailable when PostgreSQL can't be reached.
"""

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
from domain.stores.unit_of_work import OpenUnitOfWork, UnitOfWork

__all__ = [
    "AnswerClocks",
    "Attempts",
    "AuditLog",
    "BulkActs",
    "ChannelConfigs",
    "CompanyProfiles",
    "ComponentStates",
    "Conversations",
    "Customers",
    "DeadLetters",
    "Deliveries",
    "DeskFeed",
    "Disclosures",
    "Drafts",
    "FailedItems",
    "FormPages",
    "Forms",
    "Leases",
    "Macros",
    "Mailboxes",
    "Marks",
    "Messages",
    "Metrics",
    "ModelCalls",
    "Notifications",
    "OpenUnitOfWork",
    "Outbox",
    "StaffAccounts",
    "StaffSessions",
    "Tickets",
    "Turns",
    "UnitOfWork",
]
