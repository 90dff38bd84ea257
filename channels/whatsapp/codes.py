"""Sorts Twilio's error codes by what a failure asks for (https://www.twilio.com/docs/api/errors)."""

from __future__ import annotations

from collections.abc import Mapping

AUTHENTICATION_FAILED = 20003
OPTED_OUT = 21610
WINDOW_CLOSED = 63016

NOT_ALLOWED = frozenset({OPTED_OUT, WINDOW_CLOSED, 63032, 63033, 63049, 63050})
"""The recipient opted out or blocked us, the 24-hour window is closed, or Meta limits marketing."""

OVER_LIMIT = frozenset({14107, 20429, 20503, 30001, 30022, 63017, 63018, 63038})
"""Too many requests or messages: tried again later."""

OURS = frozenset(
    {AUTHENTICATION_FAILED, 20005, 20404, 21212, 21603, 21606, 21654, 21655, 21656, 21659, 21660, 21910,
     30002, 63001, 63002, 63007, 63020, 63021, 63022, 63023, 63027, 63028, 63040, 63041, 63042, 63051}
)  # fmt: skip
"""Account, sender or template is wrong or not active: nothing about the customer, and whole again once it is mended."""

WORDS: Mapping[str, str] = {
    "21610": "Attempt to send to unsubscribed recipient",
    "30001": "Queue overflow",
    "30003": "Unreachable destination handset",
    "30005": "Unknown destination handset",
    "30008": "Unknown error",
    "63003": "Channel could not find To address",
    "63007": "Twilio could not find a Channel with the specified From address",
    "63016": "Failed to send freeform message because you are outside the allowed window",
    "63018": "Rate limit exceeded for Channel",
    "63024": "Invalid message recipient",
    "63032": "User's device cannot receive this message",
    "63049": "Meta chose not to deliver this marketing message",
}
"""Twilio's words for the codes of status callbacks, which often carry none."""
