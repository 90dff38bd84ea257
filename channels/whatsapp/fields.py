"""Reads the form fields of a Twilio webhook as they were signed, with order, repeats and blanks."""

from __future__ import annotations

from urllib.parse import parse_qsl

from domain.errors import Malformed

MAX_BODY_BYTES = 64 * 1024
MAX_FIELDS = 200


class Fields(dict[str, list[str]]):
    """Values by name, with the `getlist` that Twilio's validator calls."""

    def getlist(self, name: str) -> list[str]:
        """Return every value of a field, as sent."""
        return self.get(name, [])

    def first(self, name: str) -> str:
        """Return the first value without NULs and outer white space; empty if there is none."""
        values = self.get(name)
        return values[0].replace("\x00", "").strip() if values else ""


def read_fields(body: bytes) -> Fields:
    """Decode an `application/x-www-form-urlencoded` body. Raises Malformed (too big, too many)."""
    if len(body) > MAX_BODY_BYTES:
        raise Malformed("the webhook's body is larger than Twilio ever sends")
    try:
        pairs = parse_qsl(
            body.decode("utf-8", errors="replace"),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise Malformed("the webhook has more fields than Twilio ever sends") from error
    fields = Fields()
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields
