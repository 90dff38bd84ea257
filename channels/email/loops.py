"""Recognises mail that must not be answered: from machines, lists and ourselves."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from channels.email.hosts import is_within, own_hosts
from channels.email.mime import ParsedMail
from channels.email.subjects import is_reply_subject
from domain.turn_text import normalise

_BULK = frozenset({"bulk", "junk", "list"})
_LIST_HEADERS = ("list-id", "list-post", "list-unsubscribe")
_AUTO_HEADER = re.compile(
    r"x-(?:[a-z0-9]{1,20}-){0,2}auto-?(?:re(?:ply|plied|spond|sponded|sponder|sponse)|generated|answer)"
    r"(?:-(?:from|to|by|id|type|revision|sender))?"
    r"|x-fc-machinegenerated|x-vacation|x-away|x-oof-reply|preference|x-precedence|x-post-messageclass"
    r"|x-cron-env|x-ms-exchange-generated-message-source"
)
"""Names of headers that autoresponders write (jpmckinney/multi_mail's list and their spellings)."""
_AUTO_VALUE = re.compile(r"auto[-_ ]?(?:re|generated)|mailbox rules agent", re.IGNORECASE)
_VALUE_DECIDES = frozenset(
    {"preference", "x-precedence", "x-post-messageclass", "x-ms-exchange-generated-message-source"}
)
_NO = frozenset({"", "no", "false", "0", "none"})
_TOKEN = re.compile(r"[a-z]+")
_HOST_WORD = re.compile(r"[\w.-]+")
_LONGEST_NAME_WORDS = 4
_LONGEST_CJK_NAME = 8
_ENDS = (".", "!", "。", "！")
_SENTENCE = re.compile(r"[^.!。！]+[.!。！]?")
_OBJECTION = re.compile(
    r"\b(?:but|however|though|aber|jedoch|mais|pero|ma|però|mas|porém|maar|ale|но|але|ama|fakat|men|mutta|dar|αλλά|όμως)\b"
)
"""Words that tell a person's answer from a notice, which objects to nothing."""
_QUESTION = re.compile(r"[?？؟;](?:\s|$)|[？؟]")
_CONTACT = re.compile(r"@|https?:|www\.|\+?\d[\d ()/-]{6,}")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MAX_READ_CHARS = 4_000


def _read_names() -> frozenset[str]:
    text = Path(__file__).with_name("no_reply_names.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.split() if line.isalpha())


def _read_phrases() -> Mapping[str, Mapping[str, Sequence[str]]]:
    text = Path(__file__).with_name("automatic_phrases.json").read_text(encoding="utf-8")
    phrases: Mapping[str, Mapping[str, Sequence[str]]] = json.loads(text)
    return phrases


_NAMES = _read_names()
_LONG_NAMES = tuple(name for name in _NAMES if len(name) >= len("noreply"))
"""A shorter one must be a whole word: "bouncehouse" is no robot."""
_PHRASES = _read_phrases()
_ABSENCES = tuple(phrase for language in _PHRASES.values() for phrase in language["absence"])


_SUBJECTS = frozenset(phrase for language in _PHRASES.values() for phrase in language["subject"])
_SUBJECT_END = re.compile(r"[:：\-–—!|\])(]")
_SUBJECT_EDGES = " \t[(*\u200e\u200f\xa0"
_MOST_SUBJECT_ENDS = 3


def find_automatic(
    mail: ParsedMail, own_addresses: Collection[str], own_words: str = "", is_relayed: bool = False
) -> str | None:
    """Return why this mail gets no automatic reply (a header's name and value, or a rule), else None.

    Applies RFC 3834 (Auto-Submitted, empty return path), RFC 2919 (List-Id), RFC 3464 (delivery
    reports), and recognises absence notices and acknowledgements by their words, since many carry no
    header. Precedence and X-Auto-Response-Suppress alone prove nothing: contact forms and Exchange write
    them into people's mail.

    Args:
        mail: The parsed mail.
        own_addresses: The mailbox's addresses, in lower case.
        own_words: The mail's text without quotes.
        is_relayed: Whether somebody sent it for a customer, so that lists' headers mean nothing.
    """
    if not mail.sender:
        return "no sender"
    if not is_relayed and mail.sender.lower() in own_addresses:
        return "sent from our own address"
    return (
        _by_report(mail)
        or _by_headers(mail, own_words, is_relayed)
        or (None if is_relayed else _by_list(mail, own_addresses))
        or (None if is_relayed else _by_sender(mail))
        or _by_words(mail, own_words)
    )


def _by_report(mail: ParsedMail) -> str | None:
    if mail.content_type == "multipart/report" or mail.header("x-failed-recipients"):
        return "delivery or disposition report"
    if "<>" in _values(mail, "return-path"):
        return "empty Return-Path"
    return "answer to an invitation" if mail.is_calendar_reply else None


def _by_headers(mail: ParsedMail, own_words: str, is_relayed: bool) -> str | None:
    for value in _values(mail, "auto-submitted"):
        submitted = value.split(";")[0].strip()
        if submitted in _NO:
            continue
        is_asked = is_relayed or _asks_first(mail, own_words)
        if not (submitted.startswith("auto-generated") and is_asked):
            return f"Auto-Submitted: {submitted}"
    for name in mail.headers:
        if _AUTO_HEADER.fullmatch(name) and (telling := _telling_value(mail, name)) is not None:
            return f"{name.title()}: {telling}"[:200]
    if "auto_reply" in _values(mail, "precedence"):
        return "Precedence: auto_reply"
    if "autoresponder" in _values(mail, "delivered-to"):
        return "Delivered-To: Autoresponder"
    bulk = next((value for value in _values(mail, "precedence") if value in _BULK), None)
    if bulk and not is_relayed and _suppresses_replies(mail):
        return f"Precedence: {bulk} and X-Auto-Response-Suppress"
    return None


def _asks_first(mail: ParsedMail, own_words: str) -> bool:
    """Return whether this begins a correspondence with a question, as programs that people write with do."""
    is_list = any(mail.header(name) for name in _LIST_HEADERS)
    return not is_list and not is_reply(mail) and bool(_QUESTION.search(own_words))


def _telling_value(mail: ParsedMail, name: str) -> str | None:
    for value in _values(mail, name):
        if value not in _NO and (name not in _VALUE_DECIDES or _AUTO_VALUE.search(value)):
            return value
    return None


def _by_list(mail: ParsedMail, own_addresses: Collection[str]) -> str | None:
    """Return the list's header; a group of our own domain is a way to us, and a reply to us no newsletter."""
    hosts = own_hosts(own_addresses)
    if hosts and not is_within(mail.sender, hosts) and _is_own_group(mail, hosts):
        return None
    answers_us = any(is_within(key, hosts) for key in (mail.in_reply_to or "", *mail.references))
    for name in _LIST_HEADERS:
        if mail.header(name) and not (name == "list-unsubscribe" and answers_us):
            return name.title()
    return None


def _is_own_group(mail: ParsedMail, hosts: Collection[str]) -> bool:
    names = [*_values(mail, "list-id"), *_values(mail, "mailing-list"), *_values(mail, "list-post")]
    named = (word.lower().strip(".") for name in names for word in _HOST_WORD.findall(name))
    return any(word == host or word.endswith(f".{host}") for word in named for host in hosts)


def _by_sender(mail: ParsedMail) -> str | None:
    local = mail.sender.lower().partition("@")[0]
    if is_robot(local):
        return "sender takes no replies"
    # RFC 2142: a person may write as postmaster; a delivery report has no or an empty return path.
    is_postmaster = local == "postmaster" and not _values(mail, "return-path")
    return "sender takes no replies" if is_postmaster else None


def is_robot(local_part: str) -> bool:
    """Return whether a mailbox of this name takes no replies, by its words in many languages."""
    plain = "".join(
        character
        for character in normalise(local_part.lower(), "NFKD")
        if not unicodedata.combining(character)
    )
    tokens = _TOKEN.findall(plain[:100])
    runs = (
        "".join(tokens[start:end])
        for start in range(len(tokens))
        for end in range(start + 1, min(len(tokens), start + 5) + 1)
    )
    if any(run in _NAMES for run in runs):
        return True
    return any(token.startswith(_LONG_NAMES) or token.endswith(_LONG_NAMES) for token in tokens)


def _by_words(mail: ParsedMail, own_words: str) -> str | None:
    """Recognise an absence notice or acknowledgement by its subject, or by all of its sentences."""
    is_answer = is_reply(mail)
    words = own_words[:_MAX_READ_CHARS].casefold()
    if _has_automatic_subject(mail.subject[:200]) and (
        is_answer
        or not _QUESTION.search(f"{words}\n{mail.subject}")
        or any(phrase in words for phrase in _ABSENCES)
    ):
        return "subject of an automatic reply"
    if is_answer and _says_nothing_else(words):
        return "words of an automatic reply"
    return None


def _has_automatic_subject(subject: str) -> bool:
    """Return whether a subject begins with what a program writes there: "Out of office: …", "[Auto-Reply] …"."""
    text = subject.casefold().lstrip(_SUBJECT_EDGES)
    ends = [found.start() for found in _SUBJECT_END.finditer(text)][:_MOST_SUBJECT_ENDS]
    return any(text[:end].rstrip() in _SUBJECTS for end in (*ends, len(text)))


def is_reply(mail: ParsedMail) -> bool:
    """Return whether the mail answers another, by its thread or subject."""
    return bool(mail.in_reply_to or mail.references or is_reply_subject(mail.subject))


def _says_nothing_else(words: str) -> bool:
    """Return whether every sentence is one of an absence notice or an acknowledgement in some language."""
    if _QUESTION.search(words) or _OBJECTION.search(words):
        return False
    sentences = [part.strip() for line in words.split("\n") for part in _SENTENCE.findall(line)]
    return any(
        any(phrase in words for phrase in language["absence"])
        and all(
            _is_expected(sentence, (*language["absence"], *language["around"]))
            for sentence in sentences
            if sentence
        )
        for language in _PHRASES.values()
        if language["around"]
    )


def _is_expected(sentence: str, known: Sequence[str]) -> bool:
    """Return whether a sentence is of an absence notice; a name or a title on its own line is none."""
    if any(phrase in sentence for phrase in known) or _CONTACT.search(sentence):
        return True
    is_name = len(sentence.split()) <= _LONGEST_NAME_WORDS and not sentence.endswith(_ENDS)
    return is_name and (not _CJK.search(sentence) or len(sentence) <= _LONGEST_CJK_NAME)


def _suppresses_replies(mail: ParsedMail) -> bool:
    """Return whether Exchange wants no automatic reply; DR, RN and NRN concern receipts alone."""
    value = ",".join(_values(mail, "x-auto-response-suppress"))
    wishes = {wish.strip() for wish in value.split(",")}
    return bool(wishes & {"all", "autoreply", "oof"})


def _values(mail: ParsedMail, name: str) -> list[str]:
    """Return all values of a header, since a relay may have added another."""
    return [value.strip().lower() for value in mail.headers.get(name, ())]
