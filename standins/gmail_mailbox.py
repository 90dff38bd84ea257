"""Simulates a Gmail mailbox in memory: messages, threads, labels, history and search."""

from __future__ import annotations

import base64
import re
import shlex
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

Json = dict[str, object]

_SYSTEM_LABELS = (
    "INBOX",
    "SENT",
    "DRAFT",
    "SPAM",
    "TRASH",
    "UNREAD",
    "STARRED",
    "IMPORTANT",
    "CHAT",
)
_REPLY = re.compile(r"^(?:(?:re|aw|sv|fwd?)\s*:\s*)+", re.IGNORECASE)
_TERM = re.compile(r'\{([^{}]*)\}|((?:"[^"]*"|[^\s"{}])+)')
"""One of several terms in braces, or a term that has to match."""
_AGE_SECONDS = {"d": 86400, "m": 30 * 86400, "y": 365 * 86400}


@dataclass
class Stored:
    """A mail in the mailbox."""

    id: str
    thread_id: str
    raw: bytes
    labels: set[str]
    internal_date: int
    history_id: int
    mail: Message = field(repr=False)

    def header(self, name: str) -> str:
        """Return the decoded header, "" if it is missing."""
        return str(make_header(decode_header(self.mail.get(name, ""))))


@dataclass(frozen=True)
class Change:
    """An entry of the mailbox's history."""

    id: int
    kind: str
    """messageAdded, messageDeleted, labelAdded or labelRemoved."""
    message_id: str
    thread_id: str
    labels: tuple[str, ...]


class Mailbox:
    """The mailbox of one address."""

    def __init__(self, address: str) -> None:
        self.address = address
        # From the clock, so that a restarted mailbox repeats no id.
        started_ms = int(time.time() * 1000)
        self.history_id = started_ms
        self.oldest_history_id = started_ms
        self.messages: dict[str, Stored] = {}
        self.changes: list[Change] = []
        self.labels = {name: name for name in _SYSTEM_LABELS}
        self.aliases: dict[str, bool] = {}
        """Further addresses that mail is sent from, and whether each is confirmed."""
        self.rewrites_message_ids = False
        self._serial = started_ms << 20

    def receive(
        self, raw: bytes, labels: Iterable[str], received_at: datetime | None = None
    ) -> Stored:
        """Store a mail from outside; it joins a thread by its references and subject."""
        mail = message_from_bytes(raw)
        stored = self._add(mail, raw, set(labels), self._find_thread(mail, None))
        if received_at is not None:
            stored.internal_date = int(received_at.timestamp() * 1000)
        return stored

    def send(self, raw: bytes, thread_id: str | None) -> Stored:
        """Store a mail of the owner; the thread id counts only with matching references and subject."""
        mail = message_from_bytes(raw)
        if self.rewrites_message_ids or not mail["Message-ID"]:
            original = mail["Message-ID"]
            del mail["Message-ID"]
            mail["Message-ID"] = f"<CA{self._serial:x}@mail.gmail.com>"
            if original:
                mail["X-Google-Original-Message-ID"] = original
            raw = mail.as_bytes()
        return self._add(mail, raw, {"SENT"}, self._find_thread(mail, thread_id))

    def modify(self, stored: Stored, add: Iterable[str], remove: Iterable[str]) -> None:
        """Change a mail's labels and record the changes."""
        added = tuple(sorted(set(add) - stored.labels))
        removed = tuple(sorted(set(remove) & stored.labels))
        stored.labels = (stored.labels | set(added)) - set(removed)
        if added:
            self._record(stored, "labelAdded", added)
        if removed:
            self._record(stored, "labelRemoved", removed)

    def delete(self, stored: Stored) -> None:
        """Delete a mail and record it."""
        del self.messages[stored.id]
        self._record(stored, "messageDeleted", ())

    def forget_history(self) -> None:
        """Make every history id handed out so far too old."""
        self.history_id += 100
        self.oldest_history_id = self.history_id
        self.changes.clear()

    def changes_since(self, start: int, kinds: set[str], label: str | None) -> list[Change] | None:
        """Return the changes after `start`; None if it is too old or in the future."""
        if start < self.oldest_history_id or start > self.history_id:
            return None
        return [
            change
            for change in self.changes
            if change.id > start
            and (not kinds or change.kind in kinds)
            and (not label or label in change.labels)
        ]

    def search(self, query: str, label_ids: Iterable[str], with_spam: bool) -> list[Stored]:
        """Find mails, the newest first, by the part of Gmail's search language that we use."""
        wanted = set(label_ids)
        found = [
            stored
            for stored in self.messages.values()
            if wanted <= stored.labels
            and (with_spam or not stored.labels & {"SPAM", "TRASH"})
            and all(
                any(self._matches(stored, term) for term in shlex.split(either or every))
                for either, every in _TERM.findall(query)
            )
        ]
        return sorted(found, key=lambda stored: (stored.internal_date, stored.id), reverse=True)

    def thread(self, thread_id: str) -> list[Stored]:
        """Return the thread's mails, the oldest first."""
        return [stored for stored in self.messages.values() if stored.thread_id == thread_id]

    def add_label(self, name: str) -> str:
        """Create a label and return its id."""
        label_id = f"Label_{len(self.labels)}"
        self.labels[label_id] = name
        return label_id

    def _matches(self, stored: Stored, term: str) -> bool:
        operator, _, value = term.partition(":")
        match operator.lower():
            case "rfc822msgid":
                return str(stored.mail["Message-ID"] or "").strip("<> ") == value.strip("<>")
            case "in" | "label" | "is":
                names = {self.labels.get(label, "").lower() for label in stored.labels}
                return value.lower() in names
            case "newer_than":
                age = int(value[:-1]) * _AGE_SECONDS[value[-1]]
                return stored.internal_date >= (time.time() - age) * 1000
            case "after":
                return stored.internal_date > int(value) * 1000
            case "before":
                return stored.internal_date < int(value) * 1000
            case "from" | "to":
                return value.lower() in stored.header(operator).lower()
            case "subject":
                return value.lower() in stored.header("Subject").lower()
        text = f"{stored.header('Subject')} {stored.raw.decode('utf-8', 'replace')}"
        return term.lower() in text.lower()

    def _find_thread(self, mail: Message, thread_id: str | None) -> str | None:
        references = set(re.findall(r"<[^<>\s]+>", f"{mail['References']} {mail['In-Reply-To']}"))
        subject = _bare_subject(mail)
        for stored in reversed(self.messages.values()):
            is_named = thread_id is None or stored.thread_id == thread_id
            is_referred = str(stored.mail["Message-ID"] or "").strip() in references
            if is_named and is_referred and _bare_subject(stored.mail) == subject:
                return stored.thread_id
        return None

    def _add(self, mail: Message, raw: bytes, labels: set[str], thread_id: str | None) -> Stored:
        self._serial += 0x10001
        message_id = f"{self._serial:x}"
        stored = Stored(
            id=message_id,
            thread_id=thread_id or message_id,
            raw=raw,
            labels=labels,
            internal_date=int(time.time() * 1000),
            history_id=0,
            mail=mail,
        )
        self.messages[message_id] = stored
        self._record(stored, "messageAdded", tuple(sorted(labels)))
        return stored

    def _record(self, stored: Stored, kind: str, labels: tuple[str, ...]) -> None:
        self.history_id += 7
        stored.history_id = self.history_id
        self.changes.append(Change(self.history_id, kind, stored.id, stored.thread_id, labels))


def recipients_of(mail: Message) -> list[str]:
    """Return the addresses in To, Cc and Bcc."""
    fields = [*mail.get_all("To", []), *mail.get_all("Cc", []), *mail.get_all("Bcc", [])]
    return [address for _, address in getaddresses(fields) if "@" in address]


def describe(stored: Stored, form: str, headers: Iterable[str] = ()) -> Json:
    """Return Gmail's Message resource in the form minimal, metadata, full or raw."""
    resource: Json = {
        "id": stored.id,
        "threadId": stored.thread_id,
        "labelIds": sorted(stored.labels),
        "snippet": "",
        "historyId": str(stored.history_id),
        "internalDate": str(stored.internal_date),
        "sizeEstimate": len(stored.raw),
    }
    if form == "raw":
        resource["raw"] = encode(stored.raw)
    elif form == "full":
        resource["payload"] = _describe_part(stored.mail, "")
    elif form == "metadata":
        wanted = {name.lower() for name in headers}
        listed = _headers(stored.mail)
        resource["payload"] = {
            "mimeType": stored.mail.get_content_type(),
            "headers": [
                header for header in listed if not wanted or header["name"].lower() in wanted
            ],
        }
    return resource


def encode(data: bytes) -> str:
    """Encode bytes as Gmail does, in URL-safe base64."""
    return base64.urlsafe_b64encode(data).decode("ascii")


def _bare_subject(mail: Message) -> str:
    subject = str(make_header(decode_header(mail.get("Subject", ""))))
    return _REPLY.sub("", subject.strip()).strip().lower()


def _headers(part: Message) -> list[dict[str, str]]:
    return [
        {"name": name, "value": re.sub(r"\r?\n", "", str(value))} for name, value in part.items()
    ]


def _describe_part(part: Message, part_id: str) -> Json:
    described: Json = {
        "partId": part_id,
        "mimeType": part.get_content_type(),
        "filename": part.get_filename() or "",
        "headers": _headers(part),
    }
    if part.is_multipart():
        prefix = f"{part_id}." if part_id else ""
        children = [child for child in part.get_payload() if isinstance(child, Message)]
        described["body"] = {"size": 0}
        described["parts"] = [
            _describe_part(child, f"{prefix}{index}") for index, child in enumerate(children)
        ]
    else:
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        described["body"] = {"size": len(data), "data": encode(data)}
    return described
