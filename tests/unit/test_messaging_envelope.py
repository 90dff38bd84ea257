"""Tests what may travel over Kafka, and what is refused."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from domain.channels import Channel
from domain.errors import Malformed
from domain.topics import INCOMING, OUTGOING
from messaging.envelope import decode, encode, read_trace

GOOD = {
    "schema": {"name": INCOMING, "version": 1},
    "message_id": str(uuid4()),
    "conversation_id": str(uuid4()),
    "customer_id": str(uuid4()),
    "channel": "email",
    "attempt": 1,
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "occurred_at": "2026-01-31T10:00:00.5+00:00",
}


def test_an_envelope_comes_out_as_it_went_in() -> None:
    envelope = decode(json.dumps(GOOD).encode(), INCOMING)
    assert str(envelope.message_id) == GOOD["message_id"]
    assert envelope.channel is Channel.EMAIL
    assert decode(encode(envelope), INCOMING) == envelope


def test_a_field_that_a_newer_writer_added_is_ignored() -> None:
    decode(json.dumps({**GOOD, "locale": "de"}).encode(), INCOMING)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"schema": {"name": INCOMING, "version": 2}}, "schema.version"),
        ({"schema": {"name": OUTGOING, "version": 1}}, "schema.name"),
        ({"schema": None}, "schema"),
        ({"message_id": "42"}, "message_id"),
        ({"customer_id": None}, "customer_id"),
        ({"channel": "fax"}, "channel"),
        ({"attempt": 0}, "attempt"),
        ({"attempt": "1"}, "attempt"),
        ({"trace_id": "xyz"}, "trace_id"),
        ({"occurred_at": "2026-01-31T10:00:00"}, "occurred_at"),
    ],
)
def test_each_broken_field_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(Malformed) as refused:
        decode(json.dumps({**GOOD, **change}).encode(), INCOMING)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize("value", [b"", b"\xff\xfe", b"null", b"[]", b"{", b'"words"'])
def test_what_is_no_json_object_is_malformed(value: bytes) -> None:
    with pytest.raises(Malformed):
        decode(value, INCOMING)


def test_the_refusal_repeats_nothing_of_the_value() -> None:
    secret = "my password is hunter2"
    with pytest.raises(Malformed) as refused:
        decode(json.dumps({**GOOD, "channel": secret}).encode(), INCOMING)
    assert "hunter2" not in f"{refused.value} {refused.value.fields}"


@pytest.mark.parametrize(
    ("header", "trace_id"),
    [
        (
            b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "0af7651916cd43dd8448eb211c80319c",
        ),
        (b"00-00000000000000000000000000000000-b7ad6b7169203331-01", None),
        (b"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", None),
        (b"words", None),
    ],
)
def test_the_trace_id_is_read_from_a_valid_traceparent_only(
    header: bytes, trace_id: str | None
) -> None:
    trace = read_trace({"traceparent": header})
    assert (trace.trace_id if trace is not None else None) == trace_id
    assert read_trace({}) is None
