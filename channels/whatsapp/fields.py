"""Reads the form fields of a Twilio webhook as they were signed, with order, repeats and blanks."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from domain.errors import Malformed, NotAuthentic

MAX_BODY_BYTES = 64 * 1024
MAX_FIELDS = 200

_KNOWN = (
    "AccountSid", "AddOns", "Address", "ApiVersion", "Body", "ButtonPayload", "ButtonText", "ButtonType",
    "ChannelInstallSid", "ChannelMetadata", "ChannelPrefix", "ChannelStatusCode", "ChannelStatusMessage",
    "ChannelToAddress", "ErrorCode", "ErrorMessage", "EventType", "ExternalUserId", "FlowData", "Forwarded",
    "FrequentlyForwarded", "From", "FromCity", "FromCountry", "FromState", "FromZip", "InteractiveData", "Label",
    "Latitude", "ListDescription", "ListId", "ListTitle", "Longitude", "MediaContentType", "MediaUrl", "MessageSid",
    "MessageStatus", "MessageType", "MessagingServiceSid", "NumMedia", "NumSegments", "OptOutType",
    "OriginalRepliedMessageSender", "OriginalRepliedMessageSid", "ProfileName", "RawDlrDoneDate", "ReferralBody",
    "ReferralCtwaClid", "ReferralHeadline", "ReferralMediaContentType", "ReferralMediaId", "ReferralMediaUrl",
    "ReferralNumMedia", "ReferralSourceId", "ReferralSourceType", "ReferralSourceUrl", "SmsMessageSid", "SmsSid",
    "SmsStatus", "StructuredMessage", "To", "ToCity", "ToCountry", "ToState", "ToZip", "WaId",
)  # fmt: skip
"""Twilio's names in webhooks of messages, those of files without their number."""
_NAMES = frozenset(_KNOWN)
_SHAPE = re.compile(r"[A-Z][A-Za-z]{2,39}")
_NUMBER = re.compile(r"[0-9]{1,2}\Z")


class Fields(dict[str, list[str]]):
    """Values by name, with the `getlist` that Twilio's validator calls."""

    def getlist(self, name: str) -> list[str]:
        """Return every value of a field, as sent."""
        return self.get(name, [])

    def first(self, name: str) -> str:
        """Return the first value without NULs and outer white space; empty if there is none."""
        values = self.get(name)
        return values[0].replace("\x00", "").strip() if values else ""


def require_expected(fields: Fields) -> None:
    """Refuse fields that Twilio does not send. Raises NotAuthentic.

    A signature covers names and values joined without a mark between them: `Body=hello` and `B=odyhello` have the
    same one. Twilio adds names without notice, so an unknown one passes if it is written as Twilio writes them and
    can't be a known name that was cut in another place.
    """
    for name, values in fields.items():
        if len(values) > 1:
            raise NotAuthentic("the webhook has a field twice")
        if _NUMBER.sub("", name) in _NAMES:
            continue
        if not _SHAPE.fullmatch(name) or (name + values[0]).startswith(_KNOWN):
            raise NotAuthentic("the webhook has a field that Twilio does not send")


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
