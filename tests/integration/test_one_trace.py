"""Checks that one message is one trace: in the answer of the API, the rows, the records, the spans and the logs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from deployments.consuming import AGENT, DELIVERY, ConsumingStage, Handling, MessageConsumer
from deployments.logs import add_trace_ids
from deployments.metrics import InMemoryMeter
from deployments.tracing import Tracing
from domain.channels import Channel
from domain.messages import DeliveryState, Part, Receipt
from domain.records import StoredMessage
from domain.retry import RetryPolicy
from domain.traces import TraceContext
from messaging.publisher import KafkaPublisher
from pipeline.relay import relay_once
from tests.integration.api import BASE, GRACE, Api, sign
from tests.integration.brokers import Broker
from tests.integration.stages import ASKS_HOW, RecordingSender, Stages

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

SID = "SM" + "a" * 32
CALLER = TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")


class Twilio(RecordingSender):
    async def send(self, part: Part) -> Receipt:
        await super().send(part)
        return Receipt(SID, DeliveryState.SENT)


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(spans: InMemorySpanExporter) -> Tracing:
    tracing = Tracing("test")
    tracing._provider.add_span_processor(SimpleSpanProcessor(spans))
    return tracing


async def eventually(look: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(30):
        while not (found := await look()):  # noqa: ASYNC110 - a state of another process
            await asyncio.sleep(0.05)
    return found


async def post(
    api: Api, path: str, fields: dict[str, str], trace: TraceContext | None = None
) -> Any:
    headers = sign(path, fields) | ({"traceparent": trace.traceparent} if trace else {})
    return await api.client.post(path, data=fields, headers=headers)


async def test_one_message_is_one_trace_from_the_webhook_to_the_delivery_callback(
    api: Api,
    own_broker: Broker,
    tracing: Tracing,
    spans: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
) -> None:
    add_trace_ids()
    open_uow, meter = api.context.open_uow, InMemoryMeter()
    api = api.changed(tracing=tracing)
    stages = await Stages.over(open_uow)
    stages.senders[Channel.WHATSAPP] = Twilio()
    publisher = KafkaPublisher(own_broker.address)

    def consumer(stage: ConsumingStage, handle: Any) -> MessageConsumer:
        return MessageConsumer(
            replace(stage, group_id=f"test.{uuid4().hex}"),
            Handling(handle, RetryPolicy(), max_concurrent=4),
            broker=own_broker.address,
            open_uow=open_uow,
            meter=meter,
            tracing=tracing,
        )

    agent = consumer(AGENT, stages.answering.answer)
    delivery = consumer(DELIVERY, stages.delivering.deliver)
    with caplog.at_level(logging.INFO):
        asked = {"MessageSid": "SM" + "b" * 32, "From": "whatsapp:+12025550143", "Body": ASKS_HOW}
        asked |= {"ProfileName": "Ada", "WaId": "12025550143", "To": "whatsapp:+12025550100"}
        answer = await post(api, f"{BASE}/webhooks/whatsapp", asked, CALLER)
        assert answer.status_code == 200
        ours = TraceContext.parse(answer.headers["traceresponse"])
        assert ours is not None
        assert ours.trace_id == CALLER.trace_id

        async with open_uow() as uow:
            [row] = await uow.outbox.unpublished(10)
        assert row.headers["traceparent"] == ours.traceparent
        assert row.value["trace_id"] == CALLER.trace_id
        conversation_id = UUID(str(row.value["conversation_id"]))

        await relay_once(open_uow, publisher)
        agent.start()

        async def reply() -> StoredMessage | None:
            messages = await stages.messages(conversation_id)
            return messages[1] if len(messages) > 1 else None

        sent = await eventually(reply)
        assert sent.trace_id == CALLER.trace_id
        await relay_once(open_uow, publisher)
        delivery.start()

        async def delivered() -> str | None:
            async with open_uow() as uow:
                return await uow.deliveries.trace_id(Channel.WHATSAPP, SID)

        assert await eventually(delivered) == CALLER.trace_id
        status = {"MessageSid": SID, "MessageStatus": "delivered"}
        assert (await post(api, f"{BASE}/webhooks/whatsapp/status", status)).status_code == 200

    for reader in (agent, delivery):
        await reader.drain()
    await publisher.stop()

    by_name = {span.name: span for span in spans.get_finished_spans()}
    assert {id_of(by_name[name]) for name in ("agent", "delivery", "delivery status")} == {
        CALLER.trace_id
    }
    parent = by_name["agent"].parent
    assert parent is not None
    assert f"{parent.span_id:016x}" == ours.span_id

    logged = {
        record.name for record in caplog.records
        if getattr(record, "trace_id", None) == CALLER.trace_id
    }  # fmt: skip
    assert {"pipeline.receive", "pipeline.answer", "pipeline.deliver"} <= logged

    view = await api.client.get(f"{BASE}/staff/conversations/{conversation_id}", headers=GRACE)
    assert view.json()["ticket"]["trace_id"] == CALLER.trace_id
    assert {message["trace_id"] for message in view.json()["messages"]} == {CALLER.trace_id}
    assert view.json()["messages"][-1]["delivery_state"] == "delivered"


def id_of(span: ReadableSpan) -> str:
    return f"{span.get_span_context().trace_id:032x}"


async def test_a_caller_s_header_that_is_no_traceparent_starts_a_trace(api_alone: Api) -> None:
    seen = set()
    for header in ("", "words", f"00-{'0' * 32}-{'1' * 16}-01"):
        response = await api_alone.client.get(f"{BASE}/nothing", headers={"traceparent": header})
        trace = TraceContext.parse(response.headers["traceresponse"])
        assert trace is not None
        seen.add(trace.trace_id)
    assert len(seen) == 3


def test_a_span_keeps_of_an_error_its_type_alone(
    tracing: Tracing, spans: InMemorySpanExporter
) -> None:
    with pytest.raises(ValueError, match="secret"), tracing.span("work"):
        raise ValueError("a customer's secret")
    [span] = spans.get_finished_spans()
    assert span.status.description == "ValueError"
    assert not span.events
