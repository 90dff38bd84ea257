"""Reads reports that a mail was not delivered: RFC 3464, and the forms of servers that don't follow it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from email import message_from_bytes, message_from_string
from email.message import Message
from uuid import UUID

from channels.email.compose import REPLY_KEY_HEADER
from channels.email.decoding import decode_header
from channels.email.mending import mend_headers
from channels.email.mime import ParsedMail
from channels.email.parts import MailPart
from channels.email.sent import canonical_address
from domain.channels import Channel
from domain.messages import Bounce

UNKNOWN_STATUS = "bounced"
_BLANK_LINE = re.compile(r"\r?\n\r?\n")
_RETURNED = frozenset(
    {
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/global-headers",
    }
)
_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_MAX_PARTS = 200
_MAX_EXPLANATION = 300

_DAEMON = re.compile(
    r"\A(?:mailer-?daemon|mail-?daemon|mdaemon|postmaster|post-?office|mail-?delivery|bounces?|microsoftexchange\w*)"
    r"(?:[._+=-].*)?\Z"
)
_FAILED = re.compile(
    r"undeliver|not (?:be )?deliver|n't (?:be )?deliver|unable to deliver|wasn't able to deliver|could not be delivered"
    r"|delivery (?:has |to .{0,80} )?fail|delivery status notification \(failure\)|permanent (?:fatal )?error"
    r"|failed permanently|returned to sender|did not reach|returned mail|mail delivery failed"
    r"|unzustellbar|nicht zugestellt|zustellung .{0,40}fehlgeschlagen|konnte nicht (?:zugestellt|übermittelt)"
    r"|n'a pas pu être (?:remis|distribué|livré)|échec de la (?:remise|distribution)|non remis"
    r"|no se (?:ha )?(?:podido|pudo) entregar|no entregado"
    r"|non (?:è stato possibile|può essere) (?:consegnare|recapitat)"
    r"|mancato recapito|niet (?:worden )?(?:afgeleverd|bezorgd)|onbestelbaar"
    r"|não (?:foi )?(?:possível entregar|entregue)"
    r"|не (?:удалось доставить|доставлено)|配信できません|送信できません|无法投递|退信",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"will (?:keep|continue) (?:trying|to try)|will be retried|delivery (?:is|has been) delayed"
    r"|delivery status notification \(delay\)|do(?:n't| not) need to (?:re-?send|do anything)"
    r"|warning: (?:could not send )?message",
    re.IGNORECASE,
)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_SMTP = re.compile(r"(?<!\d)(5[0-5]\d)(?=[ -])")
_KEY = re.compile(r"\A<?([0-9a-f]{32})\.(\d{1,4})(?:@[^<>\s]+>)?\Z")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_WRITTEN_KEY = re.compile(
    rf"(?:^|\n)[> ]*(?:{REPLY_KEY_HEADER}|Message-ID):[ \t]*(<?[0-9a-f]{{32}}\.\d{{1,4}}(?:@[^<>\s]{{1,300}}>)?)",
    re.IGNORECASE,
)
_WRITTEN_ADDRESS = re.compile(r"<?([\w.+%'=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})>?")


def read_bounce(mail: ParsedMail, raw: bytes) -> Bounce | None:
    """Return what a report says about the mail that came back; None if it is no report of a final failure."""
    is_report = mail.content_type == "multipart/report"
    local_part = mail.sender.partition("@")[0].lower()
    is_daemon = not local_part or _DAEMON.match(local_part) is not None
    named = mail.header("x-failed-recipients")
    if not (is_report or is_daemon or named):
        return None
    try:
        parts = list(_parts(message_from_bytes(mend_headers(raw), _class=MailPart)))
    except RecursionError:  # thousands of mails in each other are no report
        return None
    groups = [fields for part in parts if _type(part) in _STATUS_PARTS for fields in _groups(part)]
    recipients = [fields for fields in groups if "final-recipient" in fields or "action" in fields]
    if recipients:
        failed = [fields for fields in recipients if _has_failed(fields)]
        if not failed:
            return None
        status = next((found for fields in failed if (found := _status(fields))), UNKNOWN_STATUS)
        addresses = [address for fields in failed for address in _addresses(fields)]
        explanation = next(
            (fields["diagnostic-code"] for fields in failed if "diagnostic-code" in fields), ""
        )
    else:
        text = f"{mail.subject}\n{mail.text}"
        if _DELAYED.search(text) or not (_FAILED.search(text) or named):
            return None
        if not is_daemon and not named:
            return None
        status = _written_status(text)
        addresses = _WRITTEN_ADDRESS.findall(named or mail.text[:20_000])
        explanation = ""
    returned = next(filter(None, map(_returned, parts)), None)
    keys = _keys(returned, mail)
    return Bounce(
        addresses=tuple(dict.fromkeys(filter(None, map(canonical_address, addresses)))),
        status=status,
        explanation=" ".join(explanation.split())[:_MAX_EXPLANATION],
        reply_keys=keys,
        message_ids=_ids(returned, "message-id", "x-google-original-message-id"),
        references=_ids(returned, "in-reply-to", "references"),
        channel=Channel.EMAIL,
    )


def _parts(message: Message) -> Iterator[Message]:
    for place, part in enumerate(message.walk()):
        if place >= _MAX_PARTS:
            return
        yield part


def _type(part: Message) -> str:
    return part.get_content_type()


def _groups(part: Message) -> Iterator[Mapping[str, str]]:
    """Yield the groups of fields in a status part: the first about the mail, then one a recipient."""
    payload = part.get_payload()
    if isinstance(payload, list) and not part.get(
        "content-transfer-encoding", "7bit"
    ).lower().startswith(("base64", "quoted")):
        blocks = [block for block in payload if isinstance(block, Message)]
    else:
        blocks = [message_from_string(block) for block in _BLANK_LINE.split(_text(part))]
    for block in blocks:
        yield {name.lower(): decode_header(str(value)).strip() for name, value in block.items()}


def _text(part: Message) -> str:
    """Return a part's decoded text; `email` reads a status part as blocks of fields, whatever its encoding."""
    payload = part.get_payload()
    if isinstance(payload, list):
        written = "\n".join(
            str(block.get_payload()) for block in payload if isinstance(block, Message)
        )
        encoding, part = part.get("content-transfer-encoding", "7bit"), Message()
        part["content-transfer-encoding"] = encoding
        part.set_payload(written)
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def _has_failed(fields: Mapping[str, str]) -> bool:
    action = fields.get("action", "").split(";")[0].split("(")[0].strip().lower()
    return action == "failed" if action else _status(fields).startswith("5")


def _status(fields: Mapping[str, str]) -> str:
    for name in ("status", "diagnostic-code"):
        if found := _ENHANCED.search(fields.get(name, "")):
            return found[1]
    found = _SMTP.search(fields.get("diagnostic-code", "") + " ")
    return found[1] if found else ""


def _written_status(text: str) -> str:
    codes = [code for code in _ENHANCED.findall(text) if code.startswith("5")] or _SMTP.findall(
        text
    )
    return codes[0] if codes else UNKNOWN_STATUS


def _addresses(fields: Mapping[str, str]) -> Iterator[str]:
    for name in ("original-recipient", "final-recipient"):
        _, _, address = fields.get(name, "").rpartition(";")
        if address.strip():
            yield address.strip().strip("<>")


def _returned(part: Message) -> Message | None:
    """Return the headers of the mail that came back, if this part holds them."""
    if _type(part) not in _RETURNED:
        return None
    payload = part.get_payload()
    if isinstance(payload, list):
        return next((mail for mail in payload if isinstance(mail, Message)), None)
    return message_from_string(_text(part).lstrip())


def _keys(returned: Message | None, mail: ParsedMail) -> tuple[tuple[UUID, int], ...]:
    """Return our keys, the surest first: the returned mail's own headers, then those written in the report's text."""
    names = (REPLY_KEY_HEADER, "Message-ID", "X-Google-Original-Message-ID")
    written = [
        str(returned[name]).strip() for name in names if returned is not None and returned[name]
    ]
    written += _WRITTEN_KEY.findall(mail.text)
    if not written:
        written = [mail.in_reply_to or ""]
    found = filter(None, map(_KEY.match, written))
    return tuple(dict.fromkeys((UUID(hex=key[1]), int(key[2])) for key in found))


def _ids(returned: Message | None, *names: str) -> tuple[str, ...]:
    if returned is None:
        return ()
    values = [str(value) for name in names for value in returned.get_all(name, [])]
    return tuple(dict.fromkeys(found for value in values for found in _MESSAGE_ID.findall(value)))
