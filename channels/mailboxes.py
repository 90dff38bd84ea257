"""Turns a mailbox that is kept as a row into the settings of its transport."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from channels.registry import chosen, transports
from channels.spec import MailboxKind, Transport, plain
from domain.channels import Channel
from domain.errors import Malformed, ProviderUnavailable
from domain.records import MailboxRow

FindSecret = Callable[[str], SecretStr | None]
"""Returns the content of the variable or file of this name."""

SECRET_NAME = re.compile(r"MAILBOX_[A-Z0-9_]{1,100}")
"""Other names are refused: a mailbox's secret is sent to the server that its row names."""
SECRET_IS = "secret_is"  # noqa: S105 - a setting's name
"""A row's setting that says what its secret is, where a kind has several."""
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s]{1,60}")


def mailbox_kinds() -> Iterator[tuple[Channel, Transport, MailboxKind]]:
    """Yield the transports that serve mailboxes kept as rows."""
    for channel, transport in transports():
        if transport.mailbox is not None:
            yield channel, transport, transport.mailbox


def transport_of(kind: str) -> tuple[Channel, Transport]:
    """Return the transport of a row's kind. Raises Malformed."""
    channel, transport, _ = _served_by(kind)
    return channel, transport


def own_mailbox(channel: Channel, settings: object) -> tuple[MailboxKind, str] | None:
    """Return the mailbox of the settings: its kind and its address in lower case; None without one."""
    kind = chosen(channel, settings).mailbox
    if kind is None:
        return None
    return kind, str(plain(getattr(settings, kind.address))).strip().lower()


def settings_of(row: MailboxRow, settings: Any, find_secret: FindSecret) -> Any:
    """Return the settings with those of the row in their place.

    Raises:
        Malformed: The row's settings can't be read.
        ProviderUnavailable: Its secret is in no variable or file.
    """
    secret = find_secret(row.secret)
    if secret is None or not secret.get_secret_value():
        raise ProviderUnavailable(f"{row.secret} is neither a variable nor a file")
    return _applied(row.kind, row.address, row.settings, settings, secret)


def check_mailbox(
    address: str, kind: str, given: Mapping[str, str], secret: str, settings: Any
) -> None:
    """Check a mailbox before it is stored; reaches no server.

    Raises:
        Malformed: Something is wrong, by field.
    """
    _, _, served = _served_by(kind)
    wrong: dict[str, str] = {}
    if not _ADDRESS.fullmatch(address):
        wrong["address"] = "is no e-mail address"
    if not SECRET_NAME.fullmatch(secret):
        wrong |= {"secret": "must be the name of a variable or file: MAILBOX_ and capital letters"}
    known = {*served.settings, SECRET_IS}
    for name, value in given.items():
        if name not in known:
            wrong[f"settings.{name}"] = f"unknown; known: {', '.join(sorted(known))}"
        elif len(value) > 500:
            wrong[f"settings.{name}"] = "is longer than 500 characters"
    for name in served.required:
        if not given.get(name, "").strip():
            wrong[f"settings.{name}"] = "is missing"
    if given.get(SECRET_IS, next(iter(served.secrets))) not in served.secrets:
        wrong[f"settings.{SECRET_IS}"] = f"must be one of {', '.join(served.secrets)}"
    if not wrong:
        applied = _applied(kind, address, given, settings, SecretStr("x"))
        names = {"address": "address"}
        for name, why in served.check(applied).items():
            wrong[names.get(name, f"settings.{name}")] = why
    if wrong:
        raise Malformed("the mailbox is not valid", wrong)


def _served_by(kind: str) -> tuple[Channel, Transport, MailboxKind]:
    served = {
        found.name: (channel, transport, found) for channel, transport, found in mailbox_kinds()
    }
    if kind not in served:
        raise Malformed(
            "the mailbox is not valid", {"kind": f"must be one of {', '.join(sorted(served))}"}
        )
    return served[kind]


def _applied(
    kind: str, address: str, given: Mapping[str, str], settings: Any, secret: SecretStr
) -> Any:
    _, _, served = _served_by(kind)
    holder = served.secrets[given.get(SECRET_IS, next(iter(served.secrets)))]
    changes: dict[str, object] = {name: SecretStr("") for name in served.secrets.values()}
    changes |= {setting: given.get(name, "") for name, setting in served.settings.items()}
    return settings.model_copy(update={**changes, served.address: address, holder: secret})
