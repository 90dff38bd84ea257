"""Sends a notification in the form of its target: a signed webhook, a Slack message or a mail."""

from __future__ import annotations

import html
import json
import time
from collections.abc import Awaitable, Callable, Sequence

from pydantic import SecretStr
from typing_extensions import override

from domain.company import SECRET_PREFIX, NotificationTarget
from domain.errors import ProviderUnavailable
from domain.notifications import Outgoing
from domain.ports import NoticeSender
from notices.posting import JsonPoster
from notices.signing import signature

SendMail = Callable[[Sequence[str], str, str], Awaitable[None]]
"""Takes recipients, subject and text. Raises as `NoticeSender.send`."""


class TargetSender(NoticeSender):
    """`NoticeSender` for every kind of target."""

    def __init__(
        self,
        poster: JsonPoster,
        send_mail: SendMail | None,
        find_secret: Callable[[str], SecretStr | None],
    ) -> None:
        """Take the ways out.

        Args:
            poster: Posts to webhooks and Slack.
            send_mail: Mails staff; None without an e-mail channel.
            find_secret: Returns what the name of a secret stands for; None if it is not set.
        """
        self._poster = poster
        self._send_mail = send_mail
        self._find_secret = find_secret

    @override
    async def send(self, target: NotificationTarget, notice: Outgoing) -> None:
        secret = self._secret_of(target)
        match target.kind:
            case "webhook":
                body = webhook_body(notice)
                headers = webhook_headers(secret, str(notice.id), int(time.time()), body)
                await self._poster.post(target.url, body, headers)
            case "slack":
                await self._poster.post(target.url or secret, slack_body(notice), {})
            case "mail":
                if self._send_mail is None:
                    raise ProviderUnavailable("no e-mail channel is set up to send mail with")
                await self._send_mail([target.address], notice.title, mail_text(notice))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()

    def _secret_of(self, target: NotificationTarget) -> str:
        if not target.secret.startswith(SECRET_PREFIX):
            return target.secret
        found = self._find_secret(target.secret)
        if found is None:
            raise ProviderUnavailable(f"{target.secret} is neither a variable nor a file here")
        return found.get_secret_value()


def webhook_body(notice: Outgoing) -> bytes:
    """Return the body, the same bytes at every attempt."""
    document = {
        "type": notice.type.value,
        "timestamp": notice.occurred_at.isoformat(),
        "data": notice.data,
    }
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def webhook_headers(secret: str, webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of Standard Webhooks; without a secret there is no signature."""
    headers = {"webhook-id": webhook_id, "webhook-timestamp": str(timestamp)}
    if secret:
        headers["webhook-signature"] = signature(secret, webhook_id, timestamp, body)
    return headers


def slack_body(notice: Outgoing) -> bytes:
    """Return a Slack message: the title, the facts, and a link to where people act."""
    title = html.escape(notice.title, quote=False)
    blocks: list[dict[str, object]] = [_section(f"*{title}*")]
    if notice.facts:
        facts = " · ".join(f"{name}: {value}" for name, value in notice.facts.items())
        blocks.append({"type": "context", "elements": [_mrkdwn(html.escape(facts, quote=False))]})
    if notice.url:
        blocks.append(_section(f"<{notice.url}|Open it in the console>"))
    return json.dumps({"text": title, "blocks": blocks}).encode()


def mail_text(notice: Outgoing) -> str:
    """Return the text of a mail."""
    facts = [f"{name}: {value}" for name, value in notice.facts.items()]
    return "\n".join([notice.title, "", *facts, "", notice.url]).strip() + "\n"


def _section(text: str) -> dict[str, object]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> dict[str, object]:
    return {"type": "mrkdwn", "text": text}
