"""Names what a message holds besides words, so that each kind gets a fitting reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from domain.messages import Attachment

KIND = "kind"
"""A key of a message's `details`: the PayloadKind that the channel found."""
QUOTED = "OriginalRepliedMessageSid"
"""A key of `details`: the provider's id of the message that this one answers."""


MEDIA_URL = "MediaUrl"
"""With the file's place, a key of `details`: where the provider keeps the file."""
SHOWN_TO_STAFF = frozenset(
    {"ButtonText", "ButtonPayload", "ListId", "ListTitle", "ListDescription", "Latitude", "Longitude", "Address",
     "Label", "Forwarded", "FrequentlyForwarded", "MessageType", "ReferralHeadline", "ReferralBody",
     "ReferralSourceType", "ReferralSourceUrl", "ReferralSourceId", "ReferralMediaUrl",
     "ReferralMediaContentType", "ProfileName", "OriginalRepliedMessageSender",
     "cc", "reply_to", "relay", "group", "forward", "signature", "unreadable"}
)  # fmt: skip
"""The keys of `details` that tell a person something."""


class PayloadKind(StrEnum):
    """What a message consists of; a message with words of the customer's own is TEXT, whatever else it holds."""

    TEXT = "text"
    LOCATION = "location"
    CONTACT = "contact"
    STICKER = "sticker"
    VOICE = "voice"
    FILE = "file"
    """Pictures, videos and documents."""
    UNSUPPORTED = "unsupported"
    """The provider passed on that something came and not what."""


def kind_of(
    text: str, attachments: Sequence[Attachment], details: Mapping[str, str]
) -> PayloadKind:
    """Return what a stored message consists of."""
    found = details.get(KIND, "")
    if found in tuple(PayloadKind):
        return PayloadKind(found)
    if text.strip():
        return PayloadKind.TEXT
    return PayloadKind.FILE if attachments else PayloadKind.UNSUPPORTED
