"""What travels over Kafka: a small, versioned JSON envelope of our own ids, read strictly."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from domain.channels import Channel
from domain.errors import Malformed
from domain.traces import TraceContext

MOST_BYTES = 64 * 1024
"""An envelope holds a few ids: what is longer is none and is not parsed."""


class Schema(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    name: str
    version: Literal[1]


class Envelope(BaseModel):
    """Names one stored message and the step that it is due for.

    Fields that this version does not know are ignored, so that a newer writer may add some; what
    changes the meaning of a known one comes with another schema version.
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
    return envelope.model_dump_json(by_alias=True).encode()


def decode(value: bytes, topic: str) -> Envelope:
    """Read a record's value as the envelope that belongs on `topic`.

    Raises Malformed, whose message names what is wrong but repeats nothing of the value.
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
    """Of a W3C `traceparent` header (Trace Context, section 3.2); None if there is none to be read."""
    return TraceContext.parse(headers.get("traceparent", b"").decode("ascii", "replace"))
