"""Tests what goes out to Kafka about a message: ids alone, under the customer's key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast
from uuid import uuid4

from domain import topics
from domain.channels import Channel
from domain.messages import Role
from domain.records import StoredMessage
from domain.stores import UnitOfWork
from domain.traces import new_trace_id
from pipeline.queueing import queue_message, trace_headers

TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01")


class InMemoryOutbox:
    def __init__(self) -> None:
        self.rows: list[tuple[str, object, Mapping[str, object], Mapping[str, str]]] = []

    async def add(
        self, topic: str, key: object, value: Mapping[str, object], headers: Mapping[str, str]
    ) -> None:
        self.rows.append((topic, key, value, headers))


def message(trace_id: str | None) -> StoredMessage:
    return StoredMessage(
        id=uuid4(),
        conversation_id=uuid4(),
        customer_id=uuid4(),
        channel=Channel.EMAIL,
        role=Role.CUSTOMER,
        content="My secret words",
        state="waiting",
        created_at=datetime.now(UTC),
        turn_id=None,
        trace_id=trace_id,
        provider_message_id="gmail-1",
        message_id_header=None,
        references=(),
        attachments=(),
        sentiment=None,
    )


async def queued(one: StoredMessage) -> tuple[str, object, Mapping[str, object], Mapping[str, str]]:
    outbox = InMemoryOutbox()
    await queue_message(cast(UnitOfWork, SimpleNamespace(outbox=outbox)), topics.INCOMING, one)
    (row,) = outbox.rows
    return row


async def test_the_envelope_holds_ids_and_no_words() -> None:
    one = message(new_trace_id())
    topic, key, value, headers = await queued(one)
    assert (topic, key) == (topics.INCOMING, one.customer_id)
    assert value["schema"] == {"name": topics.INCOMING, "version": 1}
    assert (value["message_id"], value["attempt"]) == (str(one.id), 1)
    assert {"conversation_id", "customer_id", "channel", "trace_id"} < set(value)
    assert "secret" not in json.dumps(value)
    assert TRACEPARENT.fullmatch(headers["traceparent"])
    assert str(one.trace_id) in headers["traceparent"]


async def test_a_message_without_a_trace_has_no_header() -> None:
    _, _, _, headers = await queued(message(None))
    assert headers == {}


def test_every_hop_is_a_span_of_its_own_in_one_trace() -> None:
    trace_id = new_trace_id()
    hops = {trace_headers(trace_id)["traceparent"] for _ in range(50)}
    assert len(hops) == 50
    assert {hop.split("-")[1] for hop in hops} == {trace_id}
