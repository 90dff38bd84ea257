"""Checks that what happens is told once, after it is durable, and what is over its threshold is told to staff."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from deployments.api.context import Alerting
from domain.channels import Channel
from domain.errors import ProviderRejected
from domain.events import (
    DeliveryRecorded,
    Event,
    HandedOver,
    MessageReceived,
    SignatureRefused,
    TurnEnded,
)
from domain.messages import DeliveryState
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason
from pipeline.alerts import AlertLimits
from tests.integration.api import BASE, GRACE, Api
from tests.integration.stages import RecordingSender, Stages, by_whatsapp

pytestmark = pytest.mark.postgres

ALERTS = f"{BASE}/alerts"


async def test_alerts_need_a_staff_key(api_alone: Api) -> None:
    assert (await api_alone.client.get(ALERTS)).status_code == 401


async def test_staff_see_what_is_over_its_threshold_now(
    api: Api, owner: asyncpg.Connection
) -> None:
    limits = AlertLimits(unanswered=timedelta(minutes=5))
    api = api.changed(alerting=Alerting((Channel.WEB_FORM,), limits))
    await api.open_ticket()
    assert (await api.client.get(ALERTS, headers=GRACE)).json() == {"alerts": []}
    await owner.execute("UPDATE messages SET created_at = now() - interval '10 minutes'")
    [alert] = (await api.client.get(ALERTS, headers=GRACE)).json()["alerts"]
    assert set(alert) == {"name", "severity", "detail", "channel", "since"}
    assert (alert["name"], alert["severity"]) == ("unanswered", "critical")
    assert (alert["channel"], alert["since"] is not None) == ("web_form", True)


async def test_what_comes_in_and_what_is_refused_is_told(api: Api) -> None:
    told: list[Event] = []
    api = api.changed(observe=told.append)
    for _ in range(2):
        await api.submit("the same key")
    await api.submit(email="no address")
    await api.client.post(f"{BASE}/webhooks/whatsapp", data={"Body": "x"})
    await api.client.post(f"{BASE}/webhooks/gmail", json={})
    assert told == [
        MessageReceived(Channel.WEB_FORM, "waiting"),
        MessageReceived(Channel.WEB_FORM, "duplicate"),
        SignatureRefused(Channel.WHATSAPP),
        SignatureRefused(Channel.EMAIL),
    ]


async def test_a_turn_and_its_delivery_are_told_with_reason_and_provider_code(
    open_uow: OpenUnitOfWork,
) -> None:
    stages = await Stages.over(open_uow)
    sender = RecordingSender(errors=[ProviderRejected("outside the window", "63016")])
    stages.senders[Channel.WHATSAPP] = sender
    await stages.converse(by_whatsapp("I want my money back for the last invoice, refund me."))
    received, turn, handed_over, delivery = stages.events
    assert received == MessageReceived(Channel.WHATSAPP, "waiting")
    assert isinstance(turn, TurnEnded)
    assert (turn.outcome, turn.hard_limit, turn.model) == (
        "escalated",
        EscalationReason.REFUND,
        "rules",
    )
    assert handed_over == HandedOver(Channel.WHATSAPP, EscalationReason.REFUND, "rules")
    assert delivery == DeliveryRecorded(Channel.WHATSAPP, DeliveryState.FAILED, "63016")
