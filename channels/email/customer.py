"""Finds who the customer of a mail is: its sender, or whom a form, a group or a colleague wrote for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from channels.email.forwarded import Forwarded, find_forwarded
from channels.email.hosts import SHIPPED_RELAYS, host_of, is_same_host, is_within, own_hosts
from channels.email.identity import MailboxIdentity
from channels.email.loops import is_robot
from channels.email.mime import ParsedMail

_FIELD = re.compile(
    r"^[\s*_>|-]{0,6}[^\s:：][^\n:：]{0,39}[:：][*_]{0,2}[ \t]*(\S[^\n]{0,300})$", re.MULTILINE
)
_LEAST_FIELDS = 2
_FORM_NAME = re.compile(
    r"forms?|kontakt|contact|contato|contacto|contatto|web|www|website|wordpress|mailer|mail|notif\w*|apache|server"
    r"|webmaster|formular\w*|formulaire|formulario|support|service|info|hello|office|shop|store|booking|orders?",
    re.IGNORECASE,
)
_VIA = re.compile(
    r"\s(?:via|über|par|por|através de|przez|через|tramite|door)\s.{1,100}\Z", re.IGNORECASE
)
_ADDRESS = re.compile(r"[^\s<>\[\]()\"*:;,@]{1,200}@[^\s<>\[\]()\"*:;,@]{3,200}")
_LETTER_RUN = re.compile(r"[a-zA-Z]+")


class Way(StrEnum):
    """How a customer's words came to us."""

    DIRECT = "direct"
    RELAY = "relay"
    """A form, a shop or our own address wrote for the customer."""
    GROUP = "group"
    """A group of ours wrote its own address over the customer's."""
    FORWARD = "forward"
    """A colleague forwarded the customer's mail."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who gets the answer. Only a direct sender may be proven: the others are somebody's word."""

    address: str
    name: str
    way: Way = Way.DIRECT
    forwarded: Forwarded | None = None


def find_customer(
    mail: ParsedMail, identity: MailboxIdentity, *, is_proven: bool
) -> Customer | None:
    """Return the customer; None for a mail of our own that names nobody else.

    A Reply-To is followed for our own addresses and host, for an address at the sender's host, for
    trusted relays, for robots, and for a proven sender whose text is a filled-in form. Any other is a
    wish that anybody can write, so that the answer goes to the sender.
    """
    return (
        _behind_group(mail, identity)
        or _behind_relay(mail, identity, is_proven=is_proven)
        or _behind_colleague(mail, identity)
        or _sender(mail, identity)
    )


def _sender(mail: ParsedMail, identity: MailboxIdentity) -> Customer | None:
    if mail.sender.lower() in identity.own_addresses:
        return None
    return Customer(mail.sender, mail.sender_name)


def _behind_group(mail: ParsedMail, identity: MailboxIdentity) -> Customer | None:
    """Return the writer whom Google Groups and the like keep beside the From that they rewrote."""
    if not _is_ours(mail.sender, identity) and not _is_list_address(mail):
        return None
    for header in ("x-original-from", "x-original-sender"):
        found = _ADDRESS.search(mail.header(header) or "")
        if found and not _is_ours(found[0], identity):
            return Customer(found[0], _without_group(mail.sender_name), Way.GROUP)
    return None


def _is_list_address(mail: ParsedMail) -> bool:
    names = (mail.header("list-post") or "", mail.header("mailing-list") or "")
    named = {address.lower() for name in names for address in _ADDRESS.findall(name)}
    return mail.sender.lower() in named


def _without_group(name: str) -> str:
    return _VIA.sub("", name).strip(" '\"")


def _behind_relay(
    mail: ParsedMail, identity: MailboxIdentity, *, is_proven: bool
) -> Customer | None:
    target = next(
        (
            (name, address)
            for name, address in mail.reply_to
            if "@" in address
            and not _is_ours(address, identity)
            and address.lower() != mail.sender.lower()
        ),
        None,
    )
    relays = SHIPPED_RELAYS | identity.relays
    is_relay = is_within(mail.sender, relays) or mail.sender.lower() in relays
    is_ours = _is_ours(mail.sender, identity)
    if target is None:
        stated = _stated_address(mail, identity) if is_relay or is_ours else None
        return Customer(stated, "", Way.RELAY) if stated else None
    name, address = target
    is_followed = (
        is_relay
        or is_ours
        or is_same_host(mail.sender, address)
        or (is_robot(mail.sender.partition("@")[0].lower()) and not mail.header("list-id"))
        or (is_proven and _is_form_of(mail, name, address))
    )
    return Customer(address, name or _stated_name(mail), Way.RELAY) if is_followed else None


def _is_form_of(mail: ParsedMail, name: str, address: str) -> bool:
    """Return whether the text is a form's fields, one of them the address or name of its Reply-To.

    A person's own second address, which may stand in a signature, has that person's name or mailbox.
    """
    own = {mail.sender_name.strip().casefold(), mail.sender.partition("@")[0].casefold()} - {""}
    if {name.strip().casefold(), address.partition("@")[0].casefold()} & own:
        return False
    values = [value.strip(" *_<>").casefold() for value in _FIELD.findall(mail.text)]
    states = any(address.casefold() in value for value in values) or (
        bool(name.strip()) and name.strip().casefold() in values
    )
    if len(values) >= _LEAST_FIELDS and states:
        return True
    words = _LETTER_RUN.findall(mail.sender.partition("@")[0])
    is_form_name = any(_FORM_NAME.fullmatch(word) for word in words)
    return is_form_name and address.casefold() in mail.text.casefold()


def _stated_address(mail: ParsedMail, identity: MailboxIdentity) -> str | None:
    """Return the only foreign address in a form's fields, of a relay that writes no Reply-To."""
    if len(_FIELD.findall(mail.text)) < _LEAST_FIELDS or find_forwarded(mail) is not None:
        return None
    found = {address.lower() for address in _addresses_in_fields(mail)}
    foreign = {address for address in found if not _is_ours(address, identity)}
    return foreign.pop() if len(foreign) == 1 else None


def _addresses_in_fields(mail: ParsedMail) -> Iterator[str]:
    for value in _FIELD.findall(mail.text):
        address = _ADDRESS.fullmatch(value.strip(" *_<>").removeprefix("mailto:"))
        if address:
            yield address[0]


def _stated_name(mail: ParsedMail) -> str:
    """Return the first field's value if it reads like a name."""
    values = [value.strip(" *_") for value in _FIELD.findall(mail.text)]
    first = values[0] if len(values) >= _LEAST_FIELDS else ""
    return first if len(first.split()) <= 4 and "@" not in first and len(first) <= 60 else ""


def _behind_colleague(mail: ParsedMail, identity: MailboxIdentity) -> Customer | None:
    if not _is_ours(mail.sender, identity):
        return None
    found = find_forwarded(mail)
    if found is None or _is_ours(found.address, identity):
        return None
    return Customer(found.address, found.name, Way.FORWARD, found)


def _is_ours(address: str, identity: MailboxIdentity) -> bool:
    own = identity.own_addresses
    return address.lower() in own or (bool(host_of(address)) and is_within(address, own_hosts(own)))
