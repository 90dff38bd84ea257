"""Recognises mail that must not be answered: from machines, lists and ourselves."""

from __future__ import annotations

import re
from collections.abc import Collection

from channels.email.mime import ParsedMail

_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_ROBOT = re.compile(
    r"\A(?:[a-z0-9._+-]*[._+-])?"
    r"(?:no[._-]?reply|do[._-]?not[._-]?reply|noreply|donotreply|nicht[._-]?antworten|ne[._-]?pas[._-]?repondre"
    r"|mailer-daemon|mailerdaemon|mail-daemon|postmaster|bounces?|auto[._-]?reply|autoresponder|listserv"
    r"|majordomo)(?:[._+=-].*)?"
)
_LIST_HEADERS = ("list-id", "list-unsubscribe", "list-post")
_AUTO_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply-from",
    "x-mail-autoreply",
)


def find_automatic(mail: ParsedMail, own_addresses: Collection[str]) -> str | None:
    """Return why this mail gets no automatic reply (a header's name and value, or a rule), else None.

    Applies RFC 3834 (Auto-Submitted, empty return path), RFC 2919 (List-Id), RFC 3464 (delivery
    reports), Precedence and X-Auto-Response-Suppress. `own_addresses` are lower case.
    """
    sender = mail.sender.lower()
    if sender in own_addresses:
        return "sent from our own address"
    for value in _values(mail, "auto-submitted"):
        if (submitted := value.split(";")[0].strip()) not in ("", "no"):
            return f"Auto-Submitted: {submitted}"
    for precedence in _values(mail, "precedence"):
        if precedence in _BULK:
            return f"Precedence: {precedence}"
    for name in _LIST_HEADERS:
        if mail.header(name):
            return name.title()
    for name in _AUTO_HEADERS:
        if mail.header(name):
            return name.title()
    if _suppresses_replies(mail):
        return "X-Auto-Response-Suppress"
    if mail.content_type == "multipart/report" or mail.header("x-failed-recipients"):
        return "delivery or disposition report"
    if "<>" in _values(mail, "return-path"):
        return "empty Return-Path"
    if _ROBOT.fullmatch(sender.partition("@")[0]):
        return "sender takes no replies"
    if not sender:
        return "no sender"
    return None


def _suppresses_replies(mail: ParsedMail) -> bool:
    """Return whether Exchange wants no automatic reply; DR, RN and NRN concern receipts alone."""
    value = ",".join(_values(mail, "x-auto-response-suppress"))
    wishes = {wish.strip() for wish in value.split(",")}
    return bool(wishes & {"all", "autoreply", "oof"})


def _values(mail: ParsedMail, name: str) -> list[str]:
    """Return all values of a header, since a relay may have added another."""
    return [value.strip().lower() for value in mail.headers.get(name, ())]
