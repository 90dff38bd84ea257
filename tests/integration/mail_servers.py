"""Starts a real Dovecot and a real SMTP server, each with TLS, on ports and in folders of their own."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import ipaddress
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imapclient import IMAPClient
from pydantic import SecretStr

from channels.imap.settings import ImapAccount, read_server

DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PASSWORD = "a-password-of-every-mailbox"
TOKEN_KEY = "a key of thirty-two bytes or more, for HS256"
_STARTS_WITHIN_S = 30


def needs_dovecot() -> pytest.MarkDecorator:
    """Skip without Debian's package, except in CI, where the test fails and names it."""
    return pytest.mark.skipif(
        DOVECOT is None and not os.environ.get("CI"),
        reason="needs Dovecot: apt-get install dovecot-imapd",
    )


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate of this machine, which is its own authority."""

    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = dt.datetime.now(dt.UTC)
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        paths = cls(folder / "server.pem", folder / "server.key")
        paths.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        paths.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Dovecot:
    """The server of one test session; each test has a mailbox, and so a user, of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tls_port, self.plain_port = free_port(), free_port()
        self.certificate = Certificate.make(folder)
        self._process: subprocess.Popen[bytes] | None = None
        # A mailbox of root's is refused by Dovecot; as anybody else it can change to nobody.
        owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self.owner = (owner.pw_uid, owner.pw_gid)
        self._configure()

    def _configure(self) -> None:
        folder, (uid, gid) = self.folder, self.owner
        me = pwd.getpwuid(os.getuid()).pw_name
        internal, login = ("dovecot", "dovenull") if os.getuid() == 0 else (me, me)
        keys = folder / "keys" / "default" / "HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_text(base64.b64encode(TOKEN_KEY.encode()).decode())
        (folder / "tokens.conf").write_text(
            "introspection_mode = local\n"
            f"local_validation_key_dict = fs:posix:prefix={folder}/keys/\n"
            "username_attribute = sub\n"
        )
        (folder / "mail").mkdir()
        os.chown(folder / "mail", uid, gid)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        (folder / "dovecot.conf").write_text(f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{self.certificate.certificate}
ssl_key = <{self.certificate.key}
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {internal if os.getuid() == 0 else ""}
default_login_user = {login}
default_process_limit = 40
default_client_limit = 400
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_fsync = never
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/tokens.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  mailbox "Gesendete Objekte" {{
    special_use = \\Sent
    auto = create
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.plain_port}
  }}
  inet_listener imaps {{
    port = {self.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
""")

    def start(self) -> None:
        """Return once it answers."""
        assert DOVECOT is not None, "Dovecot is missing: apt-get install dovecot-imapd"
        self._process = subprocess.Popen(
            [DOVECOT, "-F", "-c", str(self.folder / "dovecot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ends_at = time.monotonic() + _STARTS_WITHIN_S
        while time.monotonic() < ends_at:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.plain_port), 5) as probe,
            ):
                if probe.recv(4) == b"* OK":
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        log = self.folder / "dovecot.log"
        raise RuntimeError(log.read_text() if log.exists() else "Dovecot does not start")

    def stop(self) -> None:
        """End it and every connection."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def maildir(self, address: str) -> Path:
        return self.folder / "mail" / address / "Maildir"


@dataclass
class Mailbox:
    """A user of the server."""

    server: Dovecot
    address: str
    smtp_url: str = ""

    def account(self, **changes: Any) -> ImapAccount:
        """By TLS, with the test's authority."""
        given: dict[str, Any] = {
            "address": self.address,
            "imap": read_server(
                f"imaps://localhost:{self.server.tls_port}", "imap", self.address, plaintext=False
            ),
            "smtp": read_server(
                self.smtp_url or "smtps://localhost:1", "smtp", self.address, plaintext=False
            ),
            "password": SecretStr(PASSWORD),
            "token_command": SecretStr(""),
            "ca_file": str(self.server.certificate.certificate),
            "timeout": dt.timedelta(seconds=20),
        }
        return ImapAccount(**{**given, **changes})

    def environment(self) -> dict[str, str]:
        """The settings of this mailbox."""
        return {
            "MAIL_ADDRESS": self.address,
            "MAIL_IMAP_URL": f"imaps://localhost:{self.server.tls_port}",
            "MAIL_SMTP_URL": self.smtp_url or "smtps://localhost:1",
            "MAIL_PASSWORD": PASSWORD,
            "MAIL_CA_FILE": str(self.server.certificate.certificate),
        }

    @contextlib.contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """What a person's mail program is to the mailbox."""
        context = ssl.create_default_context(cafile=str(self.server.certificate.certificate))
        client = IMAPClient("localhost", port=self.server.tls_port, ssl_context=context, timeout=20)
        client.login(self.address, PASSWORD)
        try:
            yield client
        finally:
            with contextlib.suppress(Exception):
                client.logout()

    def deliver(self, *mails: bytes, at: dt.datetime | None = None) -> None:
        """Put mails into the inbox as a mail server does, each in one step."""
        folder = self.server.maildir(self.address)
        self._make(folder)
        for mail in mails:
            self._put(folder, mail, at)

    def _make(self, folder: Path) -> None:
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        for path in (folder.parent, folder, *(folder / part for part in ("tmp", "new", "cur"))):
            os.chown(path, *self.server.owner)

    def _put(self, folder: Path, mail: bytes, at: dt.datetime | None = None) -> None:
        name = f"{time.time():.6f}.{uuid4().hex}.localhost"
        path = folder / "tmp" / name
        path.write_bytes(mail)
        os.chown(path, *self.server.owner)
        if at is not None:
            os.utime(path, (at.timestamp(), at.timestamp()))
        path.rename(folder / "new" / name)

    def number_anew(self) -> None:
        """Make the server forget its UIDs, as a move to another server does."""
        folder = self.server.maildir(self.address)
        for path in folder.glob("dovecot*"):
            path.unlink()
        # Its own UIDVALIDITY is the second of the day, which may be the same.
        uids = folder / "dovecot-uidlist"
        uids.write_text(f"3 V{int(time.time()) + 1000} N1 G{uuid4().hex}\n")
        os.chown(uids, *self.server.owner)

    def sessions(self) -> int:
        """How many connections are signed in to it."""
        who = subprocess.run(
            ["doveadm", "-c", str(self.server.folder / "dovecot.conf"), "who", "-1", self.address],
            capture_output=True,
            text=True,
            check=False,
        )
        return sum(line.startswith(self.address) for line in who.stdout.splitlines())

    def flags(self) -> dict[str, set[str]]:
        """Of each mail in the inbox, by Message-ID."""
        with self.client() as client:
            client.select_folder("INBOX", readonly=True)
            uids = client.search()
            found = client.fetch(uids, ["FLAGS", "ENVELOPE"]) if uids else {}
        return {
            data[b"ENVELOPE"].message_id.decode(): {flag.decode() for flag in data[b"FLAGS"]}
            for data in found.values()
        }

    def keep_sent(self, mail: bytes, at: dt.datetime | None = None) -> None:
        """Put a mail into the Sent folder as a provider does that stores what it sends."""
        folder = self.server.maildir(self.address) / ".Gesendete Objekte"
        self._make(folder.parent)
        self._make(folder)
        self._put(folder, mail, at)

    def sent(self) -> list[bytes]:
        """What lies in the Sent folder."""
        with self.client() as client:
            client.select_folder("Gesendete Objekte", readonly=True)
            uids = client.search()
            return [data[b"BODY[]"] for data in client.fetch(uids, ["BODY.PEEK[]"]).values()]


def written(text: str, sender: str = "ann@example.com", **headers: str) -> bytes:
    """A customer's mail as bytes."""
    mail = EmailMessage()
    fields = {
        "From": f"Ann Lee <{sender}>",
        "To": "support@acme.example",
        "Subject": "A question",
        "Date": format_datetime(dt.datetime.now(dt.UTC)),
        "Message-ID": make_msgid(domain="example.com"),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in fields.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return mail.as_bytes()


@dataclass
class Taken:
    """A mail that the SMTP server accepted."""

    sender: str
    recipients: list[str]
    mail_options: list[str]
    recipient_options: list[str]
    content: bytes


@dataclass(frozen=True)
class Answer:
    """What the server does with a mail."""

    text: str = "250 OK"
    takes: bool = True
    hang_s: float = 0
    drops: bool = False
    """Closes the connection without a word."""


@dataclass
class SmtpServer:
    """An SMTP server with TLS and a login, which keeps what it accepts and fails as it is told."""

    certificate: Certificate
    users: dict[str, str] = field(default_factory=dict)
    is_starttls: bool = False
    taken: list[Taken] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    """To the next mails."""
    logins: list[str] = field(default_factory=list)
    size_limit: int = 1_000_000
    offers_dsn: bool = True
    tokens: set[str] = field(default_factory=set)
    """Accepted by XOAUTH2."""
    keep: Callable[[bytes], None] | None = None
    """Stores what was accepted in the sender's Sent folder, as some providers do."""
    held: int = 0
    """Mails that it has and has said nothing about."""

    def __post_init__(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        self.port = free_port()
        outer = self

        class Server(SMTP):
            async def push(self, status: str | bytes) -> None:
                text = status if isinstance(status, str) else status.decode()
                if outer.offers_dsn and text.startswith("250 HELP"):
                    await super().push("250-DSN")
                await super().push(status)

            def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
                found = super()._getparams(params)
                if found and outer.offers_dsn:
                    for name in ("RET", "ENVID", "NOTIFY", "ORCPT"):
                        found.pop(name, None)
                return found

            async def auth_XOAUTH2(self, _server: SMTP, args: list[str]) -> AuthResult:
                import base64

                text = base64.b64decode(args[1]).decode()
                token = text.split("auth=Bearer ")[1].split("\x01")[0]
                outer.logins.append(f"token {token}")
                if token in outer.tokens:
                    return AuthResult(success=True)
                return AuthResult(success=False, handled=False)

        class Control(Controller):
            def factory(self) -> SMTP:
                return Server(
                    outer,
                    hostname="localhost",
                    tls_context=context if outer.is_starttls else None,
                    require_starttls=outer.is_starttls,
                    authenticator=outer.authenticate,
                    # It counts STARTTLS alone as TLS; handle_MAIL asks for the login.
                    auth_require_tls=outer.is_starttls,
                    data_size_limit=outer.size_limit,
                    enable_SMTPUTF8=True,
                )

        self._controller = Control(
            self,
            hostname="127.0.0.1",
            port=self.port,
            ssl_context=None if self.is_starttls else context,
            ready_timeout=20,
        )

    @property
    def url(self) -> str:
        """As MAIL_SMTP_URL takes it."""
        return f"{'smtp' if self.is_starttls else 'smtps'}://localhost:{self.port}"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        if not isinstance(given, LoginPassword):
            return AuthResult(success=False, handled=False)
        name, password = given.login.decode(), given.password.decode()
        self.logins.append(name)
        return AuthResult(success=self.users.get(name) == password, handled=False)

    async def handle_MAIL(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else Answer()
        self.held += 1
        try:
            if answer.hang_s:
                await asyncio.sleep(answer.hang_s)
            if answer.takes:
                self._take(envelope)
        finally:
            self.held -= 1
        if answer.drops and server.transport is not None:
            server.transport.abort()
        return answer.text

    def _take(self, envelope: Envelope) -> None:
        content = bytes(envelope.content or b"")
        options = [str(option) for option in envelope.mail_options]
        of_recipients = [str(option) for option in envelope.rcpt_options]
        sender, recipients = envelope.mail_from or "", list(envelope.rcpt_tos)
        self.taken.append(Taken(sender, recipients, options, of_recipients, content))
        if self.keep is not None:
            self.keep(content)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    folder = Path(tempfile.mkdtemp(prefix="fte-dovecot-"))
    server = Dovecot(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    """One that a test may stop."""
    folder = Path(tempfile.mkdtemp(prefix="fte-dovecot-"))
    server = Dovecot(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def smtp(dovecot: Dovecot) -> Iterator[SmtpServer]:
    server = SmtpServer(dovecot.certificate)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mailbox(dovecot: Dovecot, smtp: SmtpServer) -> Mailbox:
    """An empty one."""
    return make_mailbox(dovecot, smtp)


def make_mailbox(server: Dovecot, smtp: SmtpServer | None = None) -> Mailbox:
    address = f"support-{uuid4().hex[:8]}@acme.example"
    if smtp is None:
        return Mailbox(server, address)
    smtp.users[address] = PASSWORD
    return Mailbox(server, address, smtp.url)


def token_for(address: str, **claims: Any) -> str:
    """An access token that the server accepts."""
    now = int(time.time())
    return jwt.encode(
        {"sub": address, "iat": now, "nbf": now - 10, "exp": now + 600, **claims},
        TOKEN_KEY,
        algorithm="HS256",
    )
