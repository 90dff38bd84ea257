"""Types one mailbox's servers and credentials, and reads them from addresses such as imaps://user@host:993."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from domain.errors import Malformed

HANDLED = "$FteHandled"
ESCALATED = "$FteEscalated"
UNREADABLE = "$FteUnreadable"

Protocol = Literal["imap", "smtp"]
_PORTS = {"imaps": 993, "imap": 143, "smtps": 465, "smtp": 587}


class Security(StrEnum):
    """How a connection is protected."""

    TLS = "tls"
    """From its first byte."""
    STARTTLS = "starttls"
    """Before the login; a server that does not offer it is refused."""
    PLAINTEXT = "plaintext"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is and who signs in."""

    host: str
    port: int
    user: str
    security: Security

    @property
    def name(self) -> str:
        """Return host and port, for logs and reports."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """Access to one mailbox; either a password or a command that prints a token signs in.

    `aliases` are its other addresses, in lower case. `timeout` is that of one network operation.
    `authserv_id` names the server whose Authentication-Results are believed; empty means none.
    """

    address: str
    imap: Server
    smtp: Server
    password: SecretStr
    token_command: SecretStr
    aliases: tuple[str, ...] = ()
    ca_file: str = ""
    authserv_id: str = ""
    timeout: timedelta = timedelta(seconds=20)


def read_server(url: str, protocol: Protocol, default_user: str, *, plaintext: bool) -> Server:
    """Read imap(s):// or smtp(s)://user@host:port.

    Without the final s the connection begins in plain text and changes to TLS by STARTTLS. It stays
    in plain text only on this machine, or if `plaintext` allows it.

    Raises:
        Malformed: It is no such address; the message says why.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise Malformed("is no address") from error
    if parts.scheme not in (protocol, f"{protocol}s"):
        raise Malformed(f"must begin with {protocol}s:// (TLS) or {protocol}:// (STARTTLS)")
    if not parts.hostname:
        raise Malformed("names no host")
    if parts.password is not None:
        raise Malformed("must not hold the password")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise Malformed("must end after the port")
    security = Security.STARTTLS
    if parts.scheme.endswith("s"):
        security = Security.TLS
    elif plaintext or _is_this_machine(parts.hostname):
        security = Security.PLAINTEXT
    return Server(parts.hostname, port, unquote(parts.username or "") or default_user, security)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
