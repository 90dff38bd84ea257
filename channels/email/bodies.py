"""Sorts the parts of a mail into the texts to read and the files to list."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

from channels.email.calendar import Invitation, read_calendar
from channels.email.decoding import decode_bytes
from channels.email.flowed import join_flowed
from channels.email.html_text import html_to_text, named_charset
from channels.email.parts import (
    MailPart,
    bytes_of,
    charset_of,
    children_of,
    filename_of,
    inner_mail,
    kind_of,
    split_again,
)
from channels.email.reply_text import extract_reply
from channels.email.sealed import SMIME_KINDS, open_pgp_signed, open_smime, remove_armour
from channels.email.winmail import KINDS as WINMAIL_KINDS
from channels.email.winmail import read_winmail
from domain.messages import Attachment

_MAX_PARTS = 500
_MAX_DEPTH = 30
_MAX_STUB_WORDS = 30
"""A plain version of so few words may only point to the HTML one."""

_MACHINE_PARTS = frozenset(
    {
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "message/global-delivery-status",
    }
)
_WORD = re.compile(r"https?://\S+|(\w+)")


@dataclass(slots=True)
class Findings:
    """What all readers of a mail share: how many parts they may still read, and what they found.

    Nested returned mails are read twice, so the number of parts is for all of them.
    """

    parts: int = _MAX_PARTS
    is_used_up: bool = False
    encryption: str | None = None
    """What nobody here can read: S/MIME or PGP."""
    signature: str | None = None
    """What signed the mail; it is not checked."""
    invitations: list[Invitation] = field(default_factory=list)

    def take(self) -> bool:
        """Count a part; return whether it may be read."""
        self.parts -= 1
        self.is_used_up = self.is_used_up or self.parts < 0
        return not self.is_used_up


class BodyReader:
    """Walks the parts and sorts them into text bodies and attachments."""

    def __init__(self, depth: int = 0, findings: Findings | None = None) -> None:
        self.attachments: list[Attachment] = []
        self.findings = findings or Findings()
        self.enclosed: Message | None = None
        """The first mail in this mail."""
        self._depth = depth
        self._bodies: list[str] = []
        self._named_bodies: list[str] = []
        self._parts = 0
        self._files = 0
        """Without those in the mails in this mail."""

    def text(self) -> str:
        """Return all text bodies joined; a mail that only forwards another one has that one's text."""
        own = "\n".join(body for body in self._bodies if body.strip())
        own = own or "\n".join(body for body in self._named_bodies if body.strip())
        if own or self.enclosed is None or self._files > 1:
            return own or self._invitation_text()
        return self._text_of(self.enclosed)

    def _invitation_text(self) -> str:
        for invitation in self.findings.invitations:
            if invitation.is_answer:
                return invitation.comment
            return "\n\n".join(filter(None, (invitation.summary, invitation.description)))
        return ""

    def _text_of(self, mail: Message) -> str:
        inner = BodyReader(self._depth + 1, self.findings)
        inner.read(mail)
        return inner.text()

    def read(self, part: Message, nesting: int = 0) -> None:
        """Collect a part's bodies and attachments and those below it; `nesting` is its depth in this mail."""
        self._parts += 1
        if self._depth + nesting > _MAX_DEPTH:
            self.findings.is_used_up = True
        if not self.findings.take():
            return
        kind = kind_of(part)
        if kind.startswith("message/"):
            self._read_message(part, kind)
        elif not part.is_multipart():
            self._read_leaf(part, kind, nesting)
        elif kind == "multipart/alternative":
            self._read_alternative(part, nesting)
        else:
            if kind == "multipart/encrypted":
                self.findings.encryption = "PGP"
            elif kind == "multipart/signed":
                self.findings.signature = _protocol_of(part)
            for child in children_of(part):
                self.read(child, nesting + 1)
                if kind == "multipart/report" and (returned := inner_mail(child)):
                    self._bodies.append(self._text_of(returned))

    def _read_message(self, part: Message, kind: str) -> None:
        """List a mail in the mail, and keep it in case there is nothing else; skip reports for machines."""
        inner = inner_mail(part)
        if kind in _MACHINE_PARTS:
            return
        if inner is None:
            self.attachments.append(_describe(part))
            return
        self.attachments.append(Attachment(filename_of(part), kind, _size_of(inner)))
        self._files += 1
        enclosed = BodyReader(self._depth + 1, self.findings)
        enclosed.read(inner)
        self.attachments.extend(
            attachment
            for attachment in enclosed.attachments
            if not attachment.content_type.startswith("message/")
        )
        if self._depth or self._parts > 1:
            self.enclosed = self.enclosed or inner

    def _read_leaf(self, part: Message, kind: str, nesting: int) -> None:
        """Read a part without children; a multipart that can't be split is read as text."""
        if kind.startswith("multipart/") and (parted := split_again(part, kind)):
            self.read(parted, nesting + 1)
        elif _is_body(part, kind) or kind.startswith("multipart/"):
            self._bodies.append(self._read_text(part, kind))
        elif kind in SMIME_KINDS or filename_of(part).lower() == "smime.p7m":
            self._read_smime(part, nesting)
        elif kind == "text/calendar":
            method = part.get_param("method")
            self.findings.invitations.append(
                read_calendar(
                    self._read_text(part, kind), method if isinstance(method, str) else None
                )
            )
            self.attachments.append(_describe(part))
        elif kind in WINMAIL_KINDS or filename_of(part).lower() == "winmail.dat":
            self._read_winmail(part)
        else:
            if _may_be_body(part, kind, is_alone=self._parts == 1):
                self._named_bodies.append(self._read_text(part, kind))
            self.attachments.append(_describe(part))
            self._files += 1

    def _read_smime(self, part: Message, nesting: int) -> None:
        opened = open_smime(bytes_of(part))
        if opened is None:
            self.findings.encryption = "S/MIME"
            self.attachments.append(_describe(part))
            return
        if opened.signer or "signed" in str(part.get_param("smime-type")):
            self.findings.signature = f"S/MIME by {opened.signer or 'somebody unnamed'}"
        inner = message_from_bytes(opened.content, _class=MailPart, policy=part.policy)
        self.read(inner, nesting + 1)

    def _read_winmail(self, part: Message) -> None:
        found = read_winmail(bytes_of(part))
        if found is None:
            self.attachments.append(_describe(part))
            return
        self._named_bodies.append(found.text)
        self.attachments.extend(found.attachments)

    def _read_alternative(self, part: Message, nesting: int) -> None:
        """Read one of the versions, plain text before HTML, and list the files of all.

        A plain version that only points to the HTML one ("View this mail in your browser") is not read.
        """
        plain: list[list[str]] = []
        rich: list[list[str]] = []
        named: list[list[str]] = []
        for child in children_of(part):
            version = BodyReader(self._depth + nesting + 1, self.findings)
            version.read(child)
            self._parts += version._parts
            self.enclosed = self.enclosed or version.enclosed
            self.attachments.extend(
                attachment
                for attachment in version.attachments
                if attachment.filename or not attachment.content_type.startswith("text/")
            )
            named.append(version._named_bodies)
            if any(body.strip() for body in version._bodies):
                (plain if _is_plain(child) else rich).append(version._bodies)
        if plain and rich and _is_stub(plain[0], rich[0]):
            plain.clear()
        if plain or rich:
            self._bodies.extend((plain or rich)[0])
        else:
            self._named_bodies.extend(next((bodies for bodies in named if any(bodies)), []))

    def _read_text(self, part: Message, kind: str) -> str:
        raw = bytes_of(part)
        label = charset_of(part)
        if kind == "text/html":
            text = decode_bytes(raw, label or named_charset(raw)).replace("\x00", "")
            return html_to_text(text)
        text = decode_bytes(raw, label).replace("\x00", "")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if str(part.get_param("format", "")).lower() == "flowed":
            text = join_flowed(text, str(part.get_param("delsp", "")).lower() == "yes")
        if "-----BEGIN PGP" in text:
            text = self._read_pgp(text)
        return text

    def _read_pgp(self, text: str) -> str:
        text, is_signed = open_pgp_signed(text)
        if is_signed:
            self.findings.signature = "PGP"
        text, is_encrypted = remove_armour(text)
        if is_encrypted:
            self.findings.encryption = "PGP"
        return text


def _is_plain(part: Message) -> bool:
    leaves = [leaf for leaf in part.walk() if not leaf.is_multipart()]
    return any(kind_of(leaf) == "text/plain" for leaf in leaves)


def _is_stub(plain: list[str], rich: list[str]) -> bool:
    """Return whether the plain version lacks most of the words that the customer wrote in the HTML one."""
    few = _count_words("\n".join(plain))
    if few > _MAX_STUB_WORDS:
        return False
    many = _count_words(extract_reply("\n".join(rich)))
    return many > 1.5 * max(_count_words(extract_reply("\n".join(plain))), 2)


def _count_words(text: str) -> int:
    return sum(1 for found in _WORD.finditer(text) if found[1])


def _is_body(part: Message, kind: str) -> bool:
    is_text = kind in ("text/plain", "text/html")
    return is_text and part.get_content_disposition() != "attachment" and not filename_of(part)


def _may_be_body(part: Message, kind: str, *, is_alone: bool) -> bool:
    """Return whether a named text is read where there is no other: an inline one, or all of the mail."""
    is_text = kind in ("text/plain", "text/html")
    return is_text and (is_alone or part.get_content_disposition() != "attachment")


def _protocol_of(part: Message) -> str:
    protocol = str(part.get_param("protocol", "")).lower()
    return "PGP" if "pgp" in protocol else "S/MIME"


def _size_of(mail: Message) -> int | None:
    """Return a mail's size; None if it holds more mails in each other than can be written out."""
    try:
        return len(mail.as_bytes())
    except (RecursionError, UnicodeError, LookupError, TypeError, ValueError):
        return None


def _describe(part: Message) -> Attachment:
    return Attachment(filename_of(part), kind_of(part), len(bytes_of(part)))
