"""Encodes and decodes the versioned JSON envelope of our own ids that Kafka records carry."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from domain.channels import Channel
from domain.errors import Malformed
from domain.traces import TraceContext

MOST_BYTES = 64 * 1024
"""An envelope holds a few ids, so a longer value is not parsed."""


class Schema(BaseModel):
    """The topic that an envelope belongs to, and its version."""

    model_config = ConfigDict(strict=True, frozen=True)

    name: str
    version: Literal[1]


class Envelope(BaseModel):
    """Names a stored message that is due for the topic's stage.

    Unknown fields are ignored, so that a newer writer may add some. A change of a field's meaning takes
    another schema version.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    schema_: Schema = Field(alias="schema")
    message_id: UUID
    conversation_id: UUID
    customer_id: UUID
    channel: Channel
    attempt: int = Field(ge=1)
    trace_id: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$")
    occurred_at: AwareDatetime


def encode(envelope: Envelope) -> bytes:
    """Encode an envelope as a record's value."""
    return envelope.model_dump_json(by_alias=True).encode()


def decode(value: bytes, topic: str) -> Envelope:
    """Decode a record's value as an envelope of `topic`.

    Raises Malformed, whose message names the error without repeating the value.
    """
    if len(value) > MOST_BYTES:
        raise Malformed("no valid envelope: too long", {"value": "too long"})
    try:
        envelope = Envelope.model_validate_json(value)
    except ValidationError as error:
        fields = {
            ".".join(str(part) for part in detail["loc"]) or "value": detail["type"]
            for detail in error.errors(
                include_input=False, include_url=False, include_context=False
            )
        }
        listed = ", ".join(f"{name} ({why})" for name, why in fields.items())
        raise Malformed(f"no valid envelope: {listed}", fields) from None
    if envelope.schema_.name != topic:
        raise Malformed(
            "an envelope of another topic", {"schema.name": f"is not the one of {topic}"}
        )
    return envelope


def read_trace(headers: dict[str, bytes]) -> TraceContext | None:
    """Read the W3C `traceparent` header (Trace Context, section 3.2); None if missing or invalid."""
    return TraceContext.parse(headers.get("traceparent", b"").decode("ascii", "replace"))
