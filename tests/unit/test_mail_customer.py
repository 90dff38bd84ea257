# ruff: noqa: E501
"""Tests who the customer of a mail is, how far that is proven, and what the customer says."""

from __future__ import annotations

import base64
from email.message import EmailMessage

import pytest

from channels.email.customer import Way
from channels.email.identity import MailboxIdentity
from channels.email.reading import FetchedMail, read_mail
from domain.identifiers import Assurance
from domain.messages import UNREADABLE, InboundMessage, SentMail, Standing
from domain.payloads import SHOWN_TO_STAFF

US = MailboxIdentity(frozenset({"help@desk.example"}), "mx.desk.example", frozenset({"forms.test"}))
FIELDS = "Your name: Mia Roth\nE-mail: mia@person.example\nMessage: Is the blue one in stock?"
WORDS = "Since Monday the export stops after ten rows and says nothing."


def proven(domain: str) -> str:
    return f"mx.desk.example; dmarc=pass header.from={domain}"


def mail(text: str, sender: str, **fields: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = sender, "help@desk.example"
    domain = sender.rpartition("@")[2].rstrip(">")
    message["Authentication-Results"] = fields.pop("results", proven(domain))
    message["Subject"] = fields.pop("subject", "Hello from a customer")
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def read(raw: bytes, identity: MailboxIdentity = US) -> InboundMessage:
    message = read_mail(FetchedMail(raw, "m1"), identity)
    assert isinstance(message, InboundMessage)
    return message


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        ("Site <help@desk.example>", WORDS),
        ("Site <web@desk.example>", WORDS),
        ("Forms <x@forms.test>", WORDS),
        ("Forms <x@eu.forms.test>", WORDS),
        ("Typeform <notify@typeform.com>", WORDS),
        ("Bakery <noreply@bakery.example>", WORDS),
        ("Bakery <forms@bakery.example>", FIELDS),
        ("Bakery <box@bakery.example>", FIELDS),
    ],
)
def test_the_customer_behind_a_form_or_relay_is_its_reply_to(sender: str, text: str) -> None:
    message = read(
        mail(text, sender, Reply_To="Mia Roth <mia@person.example>", Precedence="bulk",
             List_Unsubscribe="<https://x.example>")
    )  # fmt: skip
    assert message.sender.value == "mia@person.example"
    assert message.sender.assurance is Assurance.CLAIMED
    assert message.sender_name == "Mia Roth"
    assert message.standing is Standing.NORMAL


@pytest.mark.parametrize(
    ("sender", "fields"),
    [
        ("Ann <ann@shop.example>", {"Reply_To": "thief@evil.example"}),
        ("Ann <ann@gmail.com>", {"Reply_To": "bob@gmail.com"}),
        ("Ann <ann@shop.example>", {"Reply_To": "help@desk.example"}),
        ("Ann <ann@shop.example>", {"Reply_To": "broken"}),
        ("Mia <forms@shop.example>", {"Reply_To": "mia@person.example", "results": "none"}),
    ],
)
def test_any_other_reply_to_is_only_kept(sender: str, fields: dict[str, str]) -> None:
    message = read(mail(WORDS, sender, **fields))
    assert message.sender.value == sender.partition("<")[2].rstrip(">")
    assert message.details["reply_to"] == fields["Reply_To"]


def test_a_second_address_in_a_signature_makes_no_form() -> None:
    text = f"{WORDS}\n\nAnn Lee\nPhone: 0123456789\nE-mail: ann@home.example\n"
    message = read(mail(text, "Ann Lee <ann@work.example>", Reply_To="Ann Lee <ann@home.example>"))
    assert message.sender.value == "ann@work.example"
    assert message.sender.assurance is Assurance.PROVIDER_ATTESTED


def test_two_people_behind_one_form_are_two_customers() -> None:
    first, second = (
        read(mail(FIELDS, "Forms <x@forms.test>", Reply_To=f"{name}@person.example"))
        for name in ("mia", "leo")
    )
    assert first.sender.value != second.sender.value


def test_a_form_without_reply_to_names_its_customer_in_a_field() -> None:
    message = read(mail(FIELDS, "Forms <x@forms.test>"))
    assert message.sender.value == "mia@person.example"


def test_our_own_mail_to_ourselves_is_no_customers() -> None:
    assert read_mail(FetchedMail(mail(WORDS, "help@desk.example"), "m1"), US) is None


def test_a_form_that_mails_from_the_mailbox_to_itself_is_received_and_an_answer_of_a_colleague_sent() -> (
    None
):
    form = mail(WORDS, "Site <help@desk.example>", Reply_To="mia@person.example")
    assert isinstance(read_mail(FetchedMail(form, "m1", is_sent=True), US), InboundMessage)
    answer = mail(WORDS, "Bob <help@desk.example>")
    assert isinstance(read_mail(FetchedMail(answer, "m1", is_sent=True), US), SentMail)


def test_a_group_of_ours_is_a_way_to_us() -> None:
    headers = {"List_Id": "<ask.desk.example>", "Precedence": "list"}
    message = read(mail(WORDS, "Ann <ann@shop.example>", **headers))
    assert message.standing is Standing.NORMAL
    assert message.sender.assurance is Assurance.PROVIDER_ATTESTED
    rewritten = read(
        mail(WORDS, "'Ann Lee' via Ask <ask@desk.example>", X_Original_Sender="ann@shop.example", **headers)
    )  # fmt: skip
    assert (rewritten.sender.value, rewritten.sender_name) == ("ann@shop.example", "Ann Lee")
    assert rewritten.sender.assurance is Assurance.CLAIMED
    assert rewritten.standing is Standing.NORMAL


@pytest.mark.parametrize(
    "list_id", ["<news.notdesk.example>", "<desk.example.shop.test>", "<ask.mydesk.example>"]
)
def test_a_list_whose_name_only_holds_our_hosts_letters_is_none_of_ours(list_id: str) -> None:
    message = read(mail(WORDS, "Ann <ann@shop.example>", List_Id=list_id, Precedence="list"))
    assert message.standing is Standing.AUTOMATIC


@pytest.mark.parametrize(
    "block",
    [
        "---------- Forwarded message ---------\nFrom: Mia Roth <mia@person.example>\nDate: x\nSubject: Export\nTo: us\n\n",
        "Von: Mia Roth <mia@person.example>\nGesendet: Montag, 4. Mai 2026 10:00\nAn: a@desk.example\nBetreff: Export\n\n",
        "Begin forwarded message:\n\n> From: Mia Roth <mia@person.example>\n> Subject: Export\n> To: a@desk.example\n>\n> ",
        "Fra: Mia Roth <mia@person.example>\nSendt: 4. mai 2026 10:00\nTil: a@desk.example\nEmne: Export\n\n",
    ],
)
def test_a_colleague_who_forwards_a_mail_speaks_for_its_customer(block: str) -> None:
    text = f"Please take care.\n\n{block}{WORDS}\n"
    message = read(mail(text, "Bob <bob@desk.example>", subject="Fwd: Export"))
    assert (message.sender.value, message.sender_name) == ("mia@person.example", "Mia Roth")
    assert message.sender.assurance is Assurance.CLAIMED
    assert message.text == WORDS
    assert message.details["forward"] == "Bob <bob@desk.example>"
    assert message.message_id_header is None


def test_a_colleague_may_forward_a_mail_as_a_file() -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"], inner["Message-ID"] = "Mia <mia@person.example>", "x", "<i@p>"
    inner.set_content(WORDS)
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "bob@desk.example", "Fwd: x"
    outer.set_content("Please take care.")
    outer.add_attachment(inner)
    message = read(outer.as_bytes())
    assert (message.sender.value, message.text) == ("mia@person.example", WORDS)
    assert message.message_id_header == "<i@p>"


@pytest.mark.parametrize(
    ("subject", "block"),
    [
        ("Fwd: invoice", "---------- Forwarded message ---------\nFrom: Leo <leo@x.example>\nSubject: invoice\n\n"),
        ("WG: Rechnung", "Von: Leo <leo@x.example>\nGesendet: 4. Mai 2026\nAn: ann@shop.example\nBetreff: x\n\n"),
        ("RV: factura", "De: Leo <leo@x.example>\nEnviado: 4 mayo 2026\nPara: ann@shop.example\nAsunto: x\n\n"),
        ("VS: lasku", "Aloita välitetty viesti:\n\n---------- Välitetty viesti ---------\nLähettäjä: Leo <leo@x.example>\nAihe: x\n\n"),
        ("Fw: счёт", "От: Leo <leo@x.example>\nОтправлено: 4 мая 2026\nКому: ann@shop.example\nТема: x\n\n"),
    ],
)  # fmt: skip
def test_a_customer_who_forwards_a_mail_stays_the_customer_and_its_words_are_kept(
    subject: str, block: str
) -> None:
    text = f"Is this right?\n\n{block}{WORDS}\n"
    message = read(mail(text, "Ann <ann@shop.example>", subject=subject))
    assert message.sender.value == "ann@shop.example"
    assert "Is this right?" in message.text
    assert WORDS in message.text


def test_words_below_a_pasted_header_block_are_kept_in_a_first_mail_and_history_goes_in_a_reply() -> (
    None
):
    block = "From: shop <a@desk.example>\nSent: Sunday, May 3, 2026 9:12 AM\nSubject: Closing\n\n"
    text = f"I got this:\n\n{block}{WORDS}\n"
    assert WORDS in read(mail(text, "ann@shop.example")).text
    reply = read(
        mail(text, "ann@shop.example", subject="RE: Closing", In_Reply_To="<a@desk.example>")
    )
    assert WORDS not in reply.text


@pytest.mark.parametrize(
    "body",
    ["see subject", "siehe Betreff", "Voir l'objet SVP", "ver asunto", "件名の通りです", "如题", "...",
     "см. тему письма", "\n-- \nAnn Lee\nShop Ltd.\n", "Hello,", "Sent from my iPhone", "Mvh\nAnn", "Thanks,\nAnn Lee"],
)  # fmt: skip
def test_a_body_that_says_nothing_is_judged_with_the_subject(body: str) -> None:
    message = read(mail(body, "ann@shop.example", subject="I want my money back"))
    assert message.text.startswith("I want my money back")


def test_a_body_that_says_something_stays_alone() -> None:
    assert read(mail(WORDS, "ann@shop.example", subject="Export")).text == WORDS
    reply = mail(
        "Yes, please.", "ann@shop.example", subject="Re: Refund", In_Reply_To="<a@desk.example>"
    )
    assert read(reply).text == "Yes, please."


def test_those_in_copy_are_kept_for_staff() -> None:
    message = read(mail(WORDS, "ann@shop.example", Cc="Leo <leo@x.example>, help@desk.example"))
    assert message.details["cc"] == "leo@x.example"
    assert {"cc", "reply_to", *Way} - {"direct"} <= SHOWN_TO_STAFF


@pytest.mark.parametrize(
    ("results", "assurance"),
    [
        (proven("shop.example"), Assurance.PROVIDER_ATTESTED),
        ("mx.desk.example; dmarc=fail header.from=shop.example", Assurance.CLAIMED),
        ("mx.desk.example; spf=fail (a (b) c; dmarc=pass header.from=shop.example)", Assurance.CLAIMED),
        ("mx.desk.example; spf=fail (a (b; dmarc=pass header.from=shop.example) x; dkim=pass header.d=shop.example)",
         Assurance.CLAIMED),
        (r"mx.desk.example; spf=fail (a \) ; dmarc=pass header.from=shop.example)", Assurance.CLAIMED),
        ("mx.desk.example (x (y)) 1; dkim=pass (2048 (ok)) header.d=shop.example", Assurance.PROVIDER_ATTESTED),
        ("mx.other.example; dmarc=pass header.from=shop.example", Assurance.CLAIMED),
    ],
)  # fmt: skip
def test_only_results_outside_of_comments_prove_a_sender(
    results: str, assurance: Assurance
) -> None:
    assert read(mail(WORDS, "ann@shop.example", results=results)).sender.assurance is assurance


def test_a_name_and_address_in_one_encoded_word_are_both_read() -> None:
    word = base64.b64encode(b"Ann Lee <ann@shop.example>").decode()
    message = read(f"From: =?utf-8?B?{word}?=\r\nSubject: x\r\n\r\n{WORDS}".encode())
    assert (message.sender.value, message.sender_name) == ("ann@shop.example", "Ann Lee")


def test_the_long_address_of_a_marketplace_is_read() -> None:
    sender = f"{'a1' * 50}@reply.market.example"
    assert read(mail(WORDS, sender)).sender.value == sender


@pytest.mark.parametrize(
    ("content_type", "body", "how"),
    [
        ("application/pkcs7-mime; smime-type=enveloped-data", "MIIC", "S/MIME"),
        ("text/plain", "-----BEGIN PGP MESSAGE-----\n\nhQIMA0\n=Ab12\n-----END PGP MESSAGE-----\n", "PGP"),
        ('multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b',
         "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\nx\n--b--",
         "PGP"),
    ],
)  # fmt: skip
def test_an_encrypted_mail_is_said_to_be_unreadable(content_type: str, body: str, how: str) -> None:
    raw = f"From: ann@shop.example\nSubject: Refund\nContent-Type: {content_type}\n\n{body}"
    message = read(raw.encode())
    assert message.details[UNREADABLE] == how
    assert "encrypted" in message.text
    assert "BEGIN PGP" not in message.text
