"""Simulates Gmail's API, Google's OAuth and Pub/Sub's push.

`GET /_sent` lists sent mail, `POST /_receive` delivers mail to the mailbox and `POST /_fail` makes calls fail.
Point GMAIL_API_BASE_URL at it, GMAIL_TOKEN_URI at its /token and GMAIL_PUBSUB_CERTS_URL at its /certs.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid, parseaddr
from typing import Annotated

from fastapi import APIRouter, FastAPI, Form, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from standins.gmail_mailbox import Json, Mailbox, encode, recipients_of
from standins.gmail_routes import gmail_routes
from standins.google import Failure, Google, GoogleError, PushTarget, Sent, error_response
from standins.google_identity import SigningKey, push_claims


class Incoming(BaseModel):
    """A mail from outside, given whole in `raw` or by the other fields.

    With the label SENT it is one that somebody sent from the mailbox itself.
    """

    raw: str | None = None
    sender: str | None = Field(default=None, alias="from")
    """customer@example.com by default, the mailbox itself for a mail with the label SENT."""
    name: str = ""
    to: str | None = None
    subject: str = ""
    text: str = ""
    html: str | None = None
    in_reply_to: str | None = None
    references: list[str] = []
    message_id: str | None = None
    headers: dict[str, str] = {}
    cc: str | None = None
    labels: list[str] = ["INBOX", "UNREAD"]
    received_at: datetime | None = None
    """When Gmail received or sent it (internalDate and Date); now by default."""
    authenticated: bool = True
    """Whether Gmail's Authentication-Results say that the sender's domain signed it."""
    pushes: int = 1
    """How often Pub/Sub delivers the notification: 0 loses it, 2 repeats it."""


class Alias(BaseModel):
    """An address that the mailbox sends from besides its own."""

    address: str
    is_confirmed: bool = True
    """Whether its owner has confirmed it, without which Gmail sends nothing from it."""


class TokenWish(BaseModel):
    """The claims and defects of a wanted push token."""

    aud: str
    email: str
    email_verified: bool | None = True
    iss: str | None = "https://accounts.google.com"
    expires_in: int = 3600
    wrong_key: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """What the OAuth endpoint accepts; empty: anything that is not named for a failure."""

    client_secret: str
    refresh_token: str

    def has_secret(self, given: str) -> bool:
        """Whether it is the client's secret."""
        return not self.client_secret or hmac.compare_digest(
            given.encode(), self.client_secret.encode()
        )

    def has_token(self, given: str) -> bool:
        """Whether it is a valid refresh token."""
        return given != "revoked" and (
            not self.refresh_token
            or hmac.compare_digest(given.encode(), self.refresh_token.encode())
        )


def create_app(
    address: str = "support@desk.example",
    push_url: str | None = None,
    push_audience: str | None = None,
    push_service_account: str = "gmail-push@stand-in.iam.gserviceaccount.com",
    client_secret: str = "",
    refresh_token: str = "",
) -> FastAPI:
    """Make the app for the mailbox of `address`; changes are pushed to `push_url` after a call of watch.

    With a client secret and a refresh token, only they get access tokens. Without, every one does except the secret
    `wrong` and the token `revoked`.
    """
    expected = Login(client_secret, refresh_token)
    target = (
        PushTarget(push_url, push_audience or push_url, push_service_account) if push_url else None
    )
    google = Google(address, target)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await google.stop()

    app = FastAPI(title="Gmail stand-in", lifespan=lifespan)
    app.state.google = google
    app.include_router(gmail_routes(google), prefix="/gmail/v1/users/{userId}")
    app.include_router(_identity_routes(google, expected))
    app.include_router(_control_routes(google))

    @app.exception_handler(GoogleError)
    async def answer_error(_: Request, error: GoogleError) -> Response:
        return error_response(error)

    return app


def _identity_routes(google: Google, expected: Login) -> APIRouter:
    router = APIRouter()

    @router.post("/token", response_model=None)
    async def refresh(
        grant_type: Annotated[str, Form()],
        refresh_token: Annotated[str, Form()] = "",
        client_secret: Annotated[str, Form()] = "",
    ) -> Json | Response:
        if client_secret == "wrong" or not expected.has_secret(client_secret):
            error = {"error": "invalid_client", "error_description": "Unauthorized"}
            return JSONResponse(error, 401)
        if failure := google.next_failure("token"):
            return JSONResponse({"error": "temporarily_unavailable"}, failure.status)
        if (
            grant_type != "refresh_token"
            or not refresh_token
            or not expected.has_token(refresh_token)
        ):
            error = {
                "error": "invalid_grant",
                "error_description": "Token has been expired or revoked.",
            }
            return JSONResponse(error, 400)
        right = "readonly" if refresh_token == "readonly" else "modify"
        scope = f"https://www.googleapis.com/auth/gmail.{right}"
        token = google.tokens.issue()
        return {"access_token": token, "expires_in": 3599, "scope": scope, "token_type": "Bearer"}

    @router.get("/certs")
    async def certificates() -> Response:
        headers = {"Cache-Control": "public, max-age=3600, must-revalidate"}
        return JSONResponse({google.key.key_id: google.key.certificate}, headers=headers)

    @router.get("/certs/jwks")
    async def jwks() -> Response:
        headers = {"Cache-Control": "public, max-age=3600, must-revalidate"}
        return JSONResponse({"keys": [google.key.jwk()]}, headers=headers)

    @router.post("/_token")
    async def sign_token(wish: TokenWish) -> Json:
        changes = {"email_verified": wish.email_verified, "iss": wish.iss}
        claims = push_claims(wish.aud, wish.email, **changes)
        issued = (
            int(str(claims["iat"])) + min(wish.expires_in, 0) - (3600 if wish.expires_in < 0 else 0)
        )
        claims |= {"iat": issued, "exp": int(str(claims["iat"])) + wish.expires_in}
        if wish.wrong_key:
            return {"token": google.stranger.sign(claims, google.key.key_id)}
        return {"token": google.key.sign(claims)}

    @router.post("/_rotate_key")
    async def rotate_key() -> Json:
        google.key = SigningKey()
        return {"kid": google.key.key_id}

    return router


def _control_routes(google: Google) -> APIRouter:
    router = APIRouter()
    mailbox = google.mailbox

    @router.post("/_receive")
    async def receive(incoming: Incoming) -> Json:
        raw = _write_mail(incoming, mailbox)
        stored = mailbox.receive(raw, incoming.labels, incoming.received_at)
        google.notify(incoming.pushes, incoming.labels)
        return {
            "id": stored.id,
            "threadId": stored.thread_id,
            "historyId": str(stored.history_id),
            "messageId": str(stored.mail["Message-ID"] or ""),
        }

    @router.get("/_sent")
    async def list_sent() -> list[Json]:
        return [_describe_sent(sent) for sent in google.sent]

    @router.post("/_fail")
    async def fail(failure: Failure) -> Json:
        google.failures.append(failure)
        return {"waiting": len([failure for failure in google.failures if failure.times > 0])}

    @router.get("/_fail")
    async def show_failures() -> dict[str, int]:
        waiting = len([failure for failure in google.failures if failure.times > 0])
        return {"waiting": waiting, "held": google.held.number}

    @router.delete("/_fail")
    async def fail_no_more() -> Json:
        google.failures.clear()
        google.held.release()
        return {"waiting": 0}

    @router.post("/_aliases")
    async def add_alias(alias: Alias) -> Json:
        mailbox.aliases[alias.address] = alias.is_confirmed
        return {"aliases": len(mailbox.aliases)}

    @router.post("/_forget_history")
    async def forget_history() -> Json:
        mailbox.forget_history()
        return {"historyId": str(mailbox.history_id)}

    @router.post("/_delete/{id}")
    async def delete(id: str) -> Json:
        if id in mailbox.messages:
            mailbox.delete(mailbox.messages[id])
        return {"messages": len(mailbox.messages)}

    @router.post("/_rewrite_message_ids")
    async def rewrite_message_ids() -> Json:
        """Replace the Message-ID of mails that are sent, as Gmail's API does to some."""
        mailbox.rewrites_message_ids = True
        return {"rewrites": True}

    @router.post("/_revoke_tokens")
    async def revoke_tokens() -> Json:
        google.tokens.revoke_all()
        return {"revoked": True}

    @router.post("/_page_limit/{limit}")
    async def limit_pages(limit: int) -> Json:
        google.page_limit = limit
        return {"limit": limit}

    @router.get("/_labels")
    async def show_labels() -> dict[str, list[str]]:
        return {
            stored.id: sorted(mailbox.labels[label] for label in stored.labels)
            for stored in mailbox.messages.values()
        }

    @router.get("/_pushes")
    async def list_pushes() -> list[Json]:
        return google.pushed

    @router.get("/_envelope")
    async def show_envelope() -> Json:
        return google.envelope(mailbox.history_id)

    return router


def _write_mail(incoming: Incoming, mailbox: Mailbox) -> bytes:
    is_sent = "SENT" in incoming.labels
    sender = incoming.sender or (mailbox.address if is_sent else "customer@example.com")
    host = sender.rpartition("@")[2]
    verdict = "pass" if incoming.authenticated else "fail"
    stamp = (
        f"Authentication-Results: mx.google.com;\r\n dkim={verdict} header.i=@{host};"
        f"\r\n spf={verdict} smtp.mailfrom={sender};"
        f"\r\n dmarc={verdict} (p=NONE sp=NONE dis=NONE) header.from={host}\r\n"
    ).encode()
    if is_sent:
        stamp = b""
    if incoming.raw is not None:
        return stamp + incoming.raw.encode("utf-8", "surrogateescape")
    mail = EmailMessage()
    written_name, address = parseaddr(sender)
    mail["From"] = formataddr((incoming.name or written_name, address))
    mail["To"] = incoming.to or mailbox.address
    if incoming.cc:
        mail["Cc"] = incoming.cc
    mail["Subject"] = incoming.subject
    mail["Date"] = format_datetime(incoming.received_at or datetime.now(UTC))
    mail["Message-ID"] = incoming.message_id or make_msgid(domain=host)
    if incoming.in_reply_to:
        mail["In-Reply-To"] = incoming.in_reply_to
        mail["References"] = " ".join(incoming.references or [incoming.in_reply_to])
    for name, value in incoming.headers.items():
        mail[name] = value
    mail.set_content(incoming.text)
    if incoming.html is not None:
        mail.add_alternative(incoming.html, subtype="html")
    return stamp + mail.as_bytes()


def _describe_sent(sent: Sent) -> Json:
    mail = sent.stored.mail
    bodies = {
        part.get_content_type(): (part.get_payload(decode=True) or b"").decode("utf-8", "replace")  # type: ignore[union-attr]
        for part in mail.walk()
        if not part.is_multipart()
    }
    return {
        "id": sent.stored.id,
        "threadId": sent.stored.thread_id,
        "to": recipients_of(mail),
        "subject": sent.stored.header("Subject"),
        "text": bodies.get("text/plain", ""),
        "html": bodies.get("text/html", ""),
        "headers": {name: str(value) for name, value in mail.items()},
        "raw": encode(sent.stored.raw),
        "at": sent.at.isoformat(),
    }
