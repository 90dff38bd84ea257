"""Makes faults and tests that health, alerts and metrics tell of each as docs/reference/faults.md says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import asyncpg
import pytest
from pydantic import SecretStr

from channels.gmail.api import GmailApi
from channels.gmail.mailbox import GmailMailbox
from channels.gmail.transport import GmailIntake
from database.pool import Pool
from deployments.alarms import FAILING_FOR, AlertGauges, all_alerts
from deployments.api.context import Alerting
from deployments.api.operations_schemas import AlertView
from deployments.background_jobs import BackgroundJob, BackgroundJobs
from deployments.health import Check, HealthBoard, Report, State
from deployments.metrics import InMemoryMeter
from deployments.vital_signs import LATE_AFTER, VitalSigns
from domain import topics
from domain.channels import Channel
from domain.components import SENDING
from domain.errors import ProviderUnavailable, StoreUnavailable
from domain.records import DeadLetterState
from domain.stores import OpenUnitOfWork
from pipeline.alerts import Alert
from pipeline.bulkheads import BulkheadSettings
from pipeline.dead_letter import dead_letter, discard
from pipeline.deliver import Delivering, DeliverySettings
from serve_app.shipped import ROOT
from tests.integration.api import MAILBOX, OneTokenVerifier
from tests.integration.queues import reply
from tests.integration.stages import RecordingSender, by_form, by_whatsapp

pytestmark = pytest.mark.postgres
Owner = asyncpg.Connection

FAULTS = (ROOT / "docs" / "reference" / "faults.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| (\d+) s \|$", FAULTS, re.MULTILINE)


def line_of(component: str) -> tuple[str, timedelta]:
    """The alert that the table promises for a component, and within which time health names it."""
    [(alert, seconds)] = [
        (alert, seconds) for _, named, alert, seconds in LINES if f"`{component}`" in named
    ]
    return alert, timedelta(seconds=int(seconds))


async def well() -> State:
    return "healthy"


class Told:
    """What is told of the components, at a time of the test's choice."""

    def __init__(self, open_uow: OpenUnitOfWork, **checks: Check) -> None:
        self.open_uow = open_uow
        self.signs = VitalSigns(open_uow)
        self.board = HealthBoard({"database": well, **checks}, self.signs.sends)
        self.meter = InMemoryMeter()

    async def alerts(self, later: timedelta = timedelta(0)) -> list[Alert]:
        alerting = Alerting(tuple(Channel))
        return await all_alerts(self.open_uow, self.board, alerting, datetime.now(UTC) + later)

    async def is_told(self, component: str) -> None:
        """Health names it now, the alert of the table comes later, and Prometheus has what health has."""
        promised, _ = line_of(component)
        await self.board.check_once()
        assert self.board.components[component] in ("degraded", "unhealthy")
        assert self.board.details[component].last_error
        found = [
            alert
            for alert in await self.alerts(FAILING_FOR)
            if alert.detail.startswith(f"{component} is ")
        ]
        assert [alert.name for alert in found] == [promised]
        await self.gauges().set_once()
        assert self.meter.value("fte_component_healthy", component=component) == 0

    async def is_over(self, component: str) -> None:
        self.signs._read_at = float("-inf")
        await self.board.check_once()
        assert self.board.components[component] == "healthy"
        assert not [alert for alert in await self.alerts(FAILING_FOR) if component in alert.detail]
        await self.gauges().set_once()
        assert self.meter.value("fte_component_healthy", component=component) == 1

    def gauges(self) -> AlertGauges:
        return AlertGauges(self.open_uow, self.board, lambda: Alerting(tuple(Channel)), self.meter)


def test_the_table_promises_alerts_that_exist_within_half_a_minute() -> None:
    assert len(LINES) == 10
    known = get_args(AlertView.model_fields["name"].annotation)
    assert {alert for _, _, alert, _ in LINES} <= set(known)
    assert all(int(seconds) <= 30 for *_, seconds in LINES)
    assert timedelta(seconds=30) + FAILING_FOR <= timedelta(seconds=60)


async def test_a_database_that_takes_no_writes_is_told_without_the_database(
    open_uow: OpenUnitOfWork, pool: Pool, owner: Owner
) -> None:
    async def database() -> State:
        async with open_uow() as uow:
            await uow.components.succeed("database")
            await uow.commit()
        return "healthy"

    told = Told(open_uow, database=database)
    await told.board.check_once()
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await told.board.check_once()
    await told.is_told("database")
    await owner.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = off')
    await told.board.check_once()  # finds the connections that stayed read-only
    await told.is_over("database")


async def test_alerts_are_told_while_the_database_is_away() -> None:
    def away() -> None:
        raise StoreUnavailable("PostgreSQL: ConnectionRefusedError")

    async def check() -> State:
        raise StoreUnavailable("PostgreSQL: ConnectionRefusedError")

    told = Told(away, database=check)  # type: ignore[arg-type]
    await told.is_told("database")


def late(owner: Owner, table: str) -> Callable[[], Awaitable[object]]:
    return lambda: owner.execute(
        f"UPDATE {table} SET created_at = now() - $1::interval", LATE_AFTER + timedelta(seconds=1)
    )


async def test_a_queue_that_is_late_degrades_the_stage_that_it_waits_for(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    stages = ("agent", "delivery", "kafka")
    told = Told(open_uow)
    told = Told(
        open_uow,
        **{stage: VitalSigns(open_uow).with_waiting(well, stage) for stage in stages},
    )
    await reply(open_uow, by_form("How do I export my data?"), "Like this.")
    await told.board.check_once()
    assert {told.board.components[stage] for stage in stages} == {"healthy"}
    assert all((told.board.details[stage].oldest_waiting_s or 0) > 0 for stage in stages)
    await late(owner, "messages")()
    await late(owner, "outbox")()
    told = Told(
        open_uow,
        **{stage: VitalSigns(open_uow).with_waiting(well, stage) for stage in stages},
    )
    for stage in stages:
        await told.is_told(stage)
        assert (told.board.details[stage].oldest_waiting_s or 0) > LATE_AFTER.total_seconds()
    assert await owner.fetchval("SELECT count(*) FROM outbox WHERE topic = $1", topics.OUTGOING)


async def test_a_provider_that_fails_for_several_customers_is_told_until_a_send_succeeds(
    open_uow: OpenUnitOfWork,
) -> None:
    sender = RecordingSender(errors=[ProviderUnavailable("Twilio refuses our credentials")] * 3)
    settings = DeliverySettings(bulkhead=BulkheadSettings(failures=50))
    delivering = Delivering(open_uow, {Channel.WHATSAPP: sender}, settings)
    component = f"{SENDING}whatsapp"

    async def report() -> None:
        async with open_uow() as uow:
            for channel, error in delivering.take_news().items():
                assert channel is Channel.WHATSAPP
                if error is None:
                    await uow.components.succeed(component)
                else:
                    await uow.components.fail(component, error)
            await uow.commit()

    told = Told(open_uow)
    replies = [
        await reply(open_uow, by_whatsapp("Hello?", f"+1202555014{number}"), "Hello.")
        for number in range(2)
    ]
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            await delivering.deliver(replies[0])
    # A single customer's failures may be that customer's.
    assert delivering.take_news() == {}
    with pytest.raises(ProviderUnavailable):
        await delivering.deliver(replies[1])
    await report()
    await told.is_told(component)
    await delivering.deliver(replies[1])
    await report()
    await told.is_over(component)


async def test_a_mailbox_that_refuses_us_is_told_with_its_cause_until_it_is_read(
    open_uow: OpenUnitOfWork, gmail: GmailApi
) -> None:
    revoked = GmailApi(replace(gmail.settings, refresh_token=SecretStr("revoked")))

    def intake(api: GmailApi) -> GmailIntake:
        return GmailIntake(MAILBOX, GmailMailbox(api, max_messages=8), OneTokenVerifier())

    async def read(intake: GmailIntake) -> None:
        for job in intake.jobs(open_uow, lambda _event: None).values():
            await job.run()

    refused, well_again = intake(revoked), intake(gmail)
    told = Told(open_uow, gmail=lambda: well_again.check(open_uow))
    with pytest.raises(ProviderUnavailable):
        await read(refused)
    await told.is_told("gmail")
    assert "refresh token" in (told.board.details["gmail"].last_error or "")
    await read(well_again)
    await told.is_over("gmail")
    refused.close()


async def test_a_background_job_that_fails_again_and_again_is_told_by_name(
    open_uow: OpenUnitOfWork,
) -> None:
    fault: list[Exception] = [ProviderUnavailable("the site does not answer")]

    async def crawl() -> None:
        if fault:
            raise fault[0]

    jobs = BackgroundJobs([BackgroundJob("crawl", crawl, lambda: 0.001)], InMemoryMeter())

    async def check() -> Report:
        return jobs.report

    async def until(*, is_failing: bool) -> None:
        while bool(jobs.failing) is not is_failing:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    told = Told(open_uow, background_jobs=check)
    running = asyncio.create_task(jobs.run())
    await until(is_failing=True)
    await told.is_told("background_jobs")
    assert "crawl: ProviderUnavailable: the site" in (
        told.board.details["background_jobs"].last_error or ""
    )
    fault.clear()
    await until(is_failing=False)
    await told.is_over("background_jobs")
    running.cancel()


async def test_a_message_that_could_not_be_processed_is_an_alert_until_a_person_decides(
    open_uow: OpenUnitOfWork,
) -> None:
    promised = next(alert for fault, _, alert, _ in LINES if "could not be processed" in fault)
    told = Told(open_uow)
    await dead_letter(
        open_uow,
        topic=topics.INCOMING,
        key=None,
        value=b"garbage",
        origin="fte.tickets.incoming/0/1",
        message_id=None,
        cause="no valid envelope",
        attempts=1,
    )
    assert promised in [alert.name for alert in await told.alerts()]
    async with open_uow() as uow:
        [letter] = await uow.dead_letters.list(DeadLetterState.OPEN, 9)
    await discard(open_uow, letter.id, "mia", "not ours")
    assert promised not in [alert.name for alert in await told.alerts()]


def test_every_line_of_the_table_has_a_test() -> None:
    """The model's is in test_model_ledger.py, and a stage without a replica in the whole-system tests."""
    tested = (
        "database",
        "kafka",
        "agent",
        "delivery",
        f"{SENDING}whatsapp",
        "gmail",
        "background_jobs",
    )
    left = [fault for fault, named, *_ in LINES if not any(f"`{name}`" in named for name in tested)]
    assert left == [
        "the language model fails",
        "a message could not be processed",
        "a stage has no replica that answers",
    ]
