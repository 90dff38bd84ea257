"""Tests mailboxes that are rows: added and removed without a restart, each read and answered from by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr

from deployments.configs.delivery import DeliveryConfig
from deployments.health import HealthBoard
from deployments.mailboxes import FurtherMailboxes, MailboxRules, mailbox_reports
from deployments.metrics import InMemoryMeter
from deployments.senders import make_senders
from deployments.settings import Settings
from domain.channels import Channel
from domain.events import ignore
from domain.stores import OpenUnitOfWork
from domain.tickets import Category, Priority, new_ticket_number
from domain.turns import TicketRef
from pipeline import staff
from pipeline.deliver import Delivering, DeliverySettings
from pipeline.mailboxes import add_mailbox, remove_mailbox
from tests.integration.api import BASE, GRACE, Api
from tests.integration.mail_servers import (
    PASSWORD,
    Dovecot,
    Mailbox,
    SmtpServer,
    free_port,
    make_mailbox,
    needs_dovecot,
    written,
)

pytestmark = pytest.mark.postgres

Owner = asyncpg.Connection
OWN = Settings(
    _env_file=None,
    mail_address="Support@acme.example",
    mail_imap_url="imaps://imap.acme.example",
    mail_smtp_url="smtps://smtp.acme.example",
    mail_password=SecretStr("hush"),
)
SALES = {
    "address": "Sales@acme.example",
    "kind": "imap",
    "settings": {"imap_url": "imaps://imap.acme.example", "smtp_url": "smtps://smtp.acme.example"},
    "secret": "MAILBOX_SALES",
}


@pytest.fixture
def mailboxes_api(api: Api) -> Api:
    return api.changed(mailboxes=MailboxRules(OWN))


async def until(state: Callable[[], Awaitable[bool]], within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not await state():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_administrators_add_and_remove_mailboxes_and_each_act_is_audited(
    mailboxes_api: Api, owner: Owner[asyncpg.Record]
) -> None:
    client, path = mailboxes_api.client, f"{BASE}/mailboxes"
    made = await client.post(path, json=SALES, headers=GRACE)
    assert made.status_code == 201, made.text
    assert made.json()["address"] == "sales@acme.example"
    assert made.json()["state"] == "new"
    assert (await client.post(path, json=SALES, headers=GRACE)).status_code == 409
    listed = (await client.get(path, headers=GRACE)).json()["mailboxes"]
    assert [(found["id"], found["address"], found["secret"]) for found in listed] == [
        ("settings", "support@acme.example", "MAIL_PASSWORD"),
        (made.json()["id"], "sales@acme.example", "MAILBOX_SALES"),
    ]
    assert "hush" not in str(listed)
    own = {**SALES, "address": "support@ACME.example"}
    assert (await client.post(path, json=own, headers=GRACE)).status_code == 409
    assert (await client.delete(f"{path}/settings", headers=GRACE)).status_code == 409
    gone = f"{path}/{made.json()['id']}"
    assert (await client.delete(gone, headers=GRACE)).status_code == 204
    assert (await client.delete(gone, headers=GRACE)).status_code == 404
    assert (await client.get(path)).status_code == 401
    acts = await owner.fetch(
        "SELECT actor, action FROM audit_log WHERE subject_kind = 'mailbox' ORDER BY id"
    )
    assert [tuple(act) for act in acts] == [("grace", "add"), ("grace", "remove")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "pop3"}, "kind"),
        ({"address": "sales"}, "address"),
        ({"secret": "STAFF_API_KEYS"}, "secret"),
        ({"secret": "MAILBOX_../../etc/passwd"}, "secret"),
        ({"settings": {"imap_url": "imaps://imap.acme.example"}}, "settings.smtp_url"),
        ({"settings": {**SALES["settings"], "imap_url": "http://x"}}, "settings.imap_url"),  # type: ignore[dict-item]
        ({"settings": {**SALES["settings"], "mail_password": "x"}}, "settings.mail_password"),  # type: ignore[dict-item]
        ({"settings": {**SALES["settings"], "secret_is": "guess"}}, "settings.secret_is"),  # type: ignore[dict-item]
        ({"kind": "gmail", "settings": {}}, "address"),
    ],
)
async def test_a_mailbox_that_could_not_be_read_is_refused_by_field(
    mailboxes_api: Api, changes: dict[str, object], field: str
) -> None:
    answer = await mailboxes_api.client.post(
        f"{BASE}/mailboxes", json={**SALES, **changes}, headers=GRACE
    )
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


def system_of(mailbox: Mailbox) -> Settings:
    """The settings of a system whose first mailbox this is."""
    return Settings(
        _env_file=None,
        mail_address=mailbox.address,
        mail_imap_url=f"imaps://localhost:{mailbox.server.tls_port}",
        mail_smtp_url=mailbox.smtp_url,
        mail_password=SecretStr(PASSWORD),
        mail_ca_file=str(mailbox.server.certificate.certificate),
    )


async def add(work: OpenUnitOfWork, mailbox: Mailbox, **changes: str) -> None:
    settings = {
        "imap_url": f"imaps://localhost:{mailbox.server.tls_port}",
        "smtp_url": mailbox.smtp_url,
        **changes,
    }
    await add_mailbox(work, mailbox.address, "imap", settings, "MAILBOX_TEST", "grace")


@contextlib.asynccontextmanager
async def relay(settings: Settings, work: OpenUnitOfWork) -> AsyncIterator[None]:
    reading = FurtherMailboxes(settings, work, ignore, InMemoryMeter(), lambda: 60.0)
    task = asyncio.create_task(reading.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@needs_dovecot()
async def test_a_mailbox_is_read_once_it_is_added_and_no_more_once_it_is_removed(
    mailbox: Mailbox,
    dovecot: Dovecot,
    smtp: SmtpServer,
    open_uow: OpenUnitOfWork,
    owner: Owner[asyncpg.Record],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAILBOX_TEST", PASSWORD)
    sales, broken = make_mailbox(dovecot, smtp), make_mailbox(dovecot, smtp)
    await add(open_uow, broken, imap_url=f"imaps://localhost:{free_port()}")

    async def count(expected: int) -> bool:
        return bool(await owner.fetchval("SELECT count(*) FROM messages") == expected)

    async def is_read() -> bool:
        found = await mailbox_reports(open_uow)
        return found[f"mailbox {sales.address}"].state == "healthy"

    async with relay(system_of(mailbox), open_uow):
        await add(open_uow, sales)
        await until(is_read)
        sales.deliver(written("hello"))
        await until(lambda: count(1))
        found = await mailbox_reports(open_uow)
        assert found[f"mailbox {broken.address}"].state == "degraded"
        assert "ProviderUnavailable" in str(found[f"mailbox {broken.address}"].last_error)
        async with open_uow() as uow:
            row = next(r for r in await uow.mailboxes.list() if r.address == sales.address)
        assert await asyncio.to_thread(sales.sessions) == 1
        await remove_mailbox(open_uow, row.id, "grace")

        async def is_closed() -> bool:
            left = await asyncio.to_thread(sales.sessions)
            return left == 0

        await until(is_closed)
        sales.deliver(written("and again"))
    assert await count(1)


async def test_a_secret_that_is_missing_fails_its_mailbox_alone(
    open_uow: OpenUnitOfWork, owner: Owner[asyncpg.Record]
) -> None:
    settings = {"imap_url": "imaps://localhost:1", "smtp_url": "smtps://localhost:1"}
    await add_mailbox(open_uow, "a@acme.example", "imap", settings, "MAILBOX_NOWHERE", "grace")

    async def is_said() -> bool:
        error = await owner.fetchval("SELECT last_error FROM gmail_mailboxes")
        return "MAILBOX_NOWHERE" in str(error)

    async with relay(OWN, open_uow):
        await until(is_said)


async def test_health_names_each_mailbox_and_forgets_one_that_is_removed(
    open_uow: OpenUnitOfWork,
) -> None:
    settings = {"imap_url": "imaps://localhost:1", "smtp_url": "smtps://localhost:1"}
    row = await add_mailbox(open_uow, "a@acme.example", "imap", settings, "MAILBOX_A", "grace")
    async with open_uow() as uow:
        await uow.mailboxes.save_state("a@acme.example", "LoginRefused: no")
        await uow.commit()
    board = HealthBoard({}, lambda: mailbox_reports(open_uow))
    await board.check_once()
    assert board.components == {"mailbox a@acme.example": "degraded"}
    assert board.details["mailbox a@acme.example"].last_error == "LoginRefused: no"
    await remove_mailbox(open_uow, row.id, "grace")
    await board.check_once()
    assert board.components == board.details == {}


@needs_dovecot()
async def test_a_reply_leaves_from_the_mailbox_that_the_mail_came_to(
    mailbox: Mailbox,
    dovecot: Dovecot,
    smtp: SmtpServer,
    open_uow: OpenUnitOfWork,
    owner: Owner[asyncpg.Record],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAILBOX_TEST", PASSWORD)
    sales, settings = make_mailbox(dovecot, smtp), system_of(mailbox)
    await add(open_uow, sales)

    async def has_come() -> bool:
        return bool(await owner.fetchval("SELECT count(*) FROM messages") == 1)

    async with relay(settings, open_uow):
        sales.deliver(written("hello", Message_ID="<question@example.com>"))
        await until(has_come)
    message = await owner.fetchrow("SELECT conversation_id, customer_id FROM messages")
    assert message is not None
    conversation = message["conversation_id"]
    number = new_ticket_number()
    async with open_uow() as uow:
        await uow.tickets.open(
            TicketRef(uuid4(), number, Category.GENERAL, Priority.MEDIUM, ""),
            customer_id=message["customer_id"],
            conversation_id=conversation,
            channel=Channel.EMAIL,
        )
        await uow.commit()
    await staff.take(open_uow, conversation, "Bo")
    reply = await staff.reply(open_uow, conversation, "Bo", "Like this.")
    senders = make_senders(settings, open_uow, DeliveryConfig())
    limits = DeliverySettings(send_lease=timedelta(seconds=60))
    await Delivering(open_uow, senders, limits).deliver(reply.id)
    assert [(taken.sender, taken.recipients) for taken in smtp.taken] == [
        (sales.address, ["ann@example.com"])
    ]
    assert len(sales.sent()) == 1
    assert mailbox.sent() == []
    for sender in senders.values():
        await asyncio.to_thread(sender.close)
