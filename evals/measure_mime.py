"""Measures the mail parser on raw mails whose parts are known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from channels.email.html_text import html_to_text
from evals.datasets import DataFolder
from evals.metrics import Figure, share
from evals.tasks.mime import run

_SUITES = ("mime_imap_tools", "mime_stalwart")
_SUFFIX = ".expected.json"


@dataclass(frozen=True, slots=True)
class Expected:
    """A mail's parts by its suite; `texts` are the main body and all bodies joined."""

    subject: str
    senders: Sequence[str]
    texts: Sequence[str]
    attachments: Sequence[tuple[str, str, int]] | int
    """Name, type and size of each; their number if the suite tells no more."""


def measure_mime(data: DataFolder) -> Iterator[Figure]:
    """Yield right subjects, senders, attachments and texts of both suites, without white space."""
    files = [
        file
        for suite in _SUITES
        for file in sorted((data.root / suite / "dev").glob(f"*{_SUFFIX}"))
    ]
    if not files:
        return
    expected = [read_expected(json.loads(file.read_text(encoding="utf-8"))) for file in files]
    read = list(
        run(
            [{"id": file.name, "path": str(file).removesuffix(_SUFFIX) + ".eml"} for file in files],
            None,
        )
    )
    graded = [grade(parts, mail) for parts, mail in zip(expected, read, strict=True)]
    for name, bar in (("subject", 0.95), ("sender", 0.95), ("attachments", 0.95), ("text", 0.90)):
        yield share(f"mime {name}", [parts[name] for parts in graded], f">= {bar:.2f}")


def grade(expected: Expected, mail: dict[str, Any]) -> dict[str, bool]:
    """Return which parts of a parsed mail are right."""
    attachments = [
        (file["filename"], file["content_type"], file["size"])
        for file in mail.get("attachments", [])
    ]
    found: object = len(attachments) if isinstance(expected.attachments, int) else attachments
    text = _squeeze(mail.get("text", ""))
    sender = str(mail.get("from", "")).lower()
    return {
        "subject": _squeeze(expected.subject) == _squeeze(mail.get("subject", "")),
        "sender": sender in expected.senders or not (sender or expected.senders),
        "attachments": found == expected.attachments,
        "text": any(_is_same(_squeeze(wanted), text) for wanted in expected.texts),
    }


def read_expected(tree: dict[str, Any]) -> Expected:
    """Read either suite's form: flat fields, or a tree of parts that refer to one another."""
    return _read_flat(tree) if "from_" in tree else _read_tree(tree)


def _read_flat(tree: dict[str, Any]) -> Expected:
    files = [
        (file["filename"], file["content_type"], file["payload"]) for file in tree["attachments"]
    ]
    text = tree["text"] or html_to_text(tree["html"])
    return Expected(
        tree["subject"], [tree["from_"].lower()] if tree["from_"] else [], [text], files
    )


def _read_tree(tree: dict[str, Any]) -> Expected:
    fields = {
        field["name"]: field["value"]
        for field in tree["parts"][0]["headers"]
        if isinstance(field["name"], str)
    }
    bodies = [_body_text(tree["parts"][index]["body"]) for index in tree["text_body"]]
    subject, sender = fields.get("subject"), fields.get("from")
    return Expected(
        subject=str(subject["Text"]) if isinstance(subject, dict) else "",
        senders=[address.lower() for address in _find_addresses(sender)],
        texts=[bodies[0] if bodies else "", "".join(bodies)],
        attachments=len(tree["attachments"]),
    )


def _body_text(body: dict[str, Any]) -> str:
    return html_to_text(body["Html"]) if "Html" in body else str(body.get("Text", ""))


def _find_addresses(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("address"), str):
            yield node["address"]
        for value in node.values():
            yield from _find_addresses(value)
    elif isinstance(node, list):
        for value in node:
            yield from _find_addresses(value)


def _is_same(wanted: str, text: str) -> bool:
    """Compare two texts; U+FFFD in the wanted one is a character that the suite's parser could not read."""
    pattern = ".".join(map(re.escape, wanted.split("\N{REPLACEMENT CHARACTER}")))
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def _squeeze(text: object) -> str:
    return "".join(str(text).split())
