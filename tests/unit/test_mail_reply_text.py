"""Checks that the customer's own words stay, whatever mail program, language or habit wraps them."""

from __future__ import annotations

import pytest

from channels.email.html_text import html_to_text
from channels.email.reply_text import extract_reply

OWN = "My own words."

ATTRIBUTIONS = [
    "On Mar 4, 2026, at 10:10 AM, Ann Smith <x@y.com> wrote:",
    "On Fri, Mar 4, 2026 at 10:10 AM Ann <\nx@y.com> wrote:",
    "Am 04.03.2026 um 10:10 schrieb Ann <x@y.de>:",
    "Le mer. 4 mars 2026 à 10:10, Ann <x@y.fr> a écrit :",
    "El mié., 4 mar. 2026 a las 10:10, Ann (<x@y.es>) escribió:",
    "Em qua, 4 de mar de 2026 às 10:10, Ann <x@y.pt> escreveu:",
    "Il giorno mer 4 mar 2026 alle ore 10:10 Ann <x@y.it> ha scritto:",
    "Op wo 4 mrt. 2026 om 10:10 schreef Ann <x@y.nl>:",
    "Den ons 4 mars 2026 10:10 Ann <x@y.se> skrev:",
    "W dniu śr., 4.03.2026 o 10:10 Ann <x@y.pl> napisał(a):",
    "ср, 4 мар. 2026 г. в 10:10, Ann <x@y.ru>:",
    "4 Mart 2026 Çar 10:10 tarihinde Ann <x@y.tr> şunu yazdı:",
    "2026年3月4日(水) 10:10 Ann <x@y.jp>:",
    "在 2026年3月4日，10:10，Ann <x@y.cn> 写道：",
    "2026년 3월 4일 (수) 오전 10:10, Ann <x@y.kr>님이 작성:",
    "2026-03-04 10:10 GMT+01:00 Ann <x@y.com>:",
]
HEADERS = [
    "From: Ann\nSent: Friday, March 4, 2026 10:10\nTo: Bob\nSubject: RE: Thing",
    "*From:* Ann [mailto:x@y.com]\n*Sent:* Friday\n*To:* Bob\n*Subject:* Thing",
    "De : Ann <x@y.fr>\nEnvoyé : vendredi 4 mars 2026 10:10\nÀ : Bob\nObjet : RE: Chose",
    "Von: Ann\nGesendet: Freitag, 4. März 2026 10:10\nAn: Bob\nBetreff: AW: Sache",
    "差出人: Ann\n送信日時: 2026年3月4日 10:10\n宛先: Bob\n件名: RE: こと",
    "-----Original Message-----\nFrom: Ann\nSent: Friday",
    "---------- Forwarded message ---------\nFrom: Ann <x@y.com>",
    "________________________________\nFrom: Ann <x@y.com>\nSent: Friday",
]
DEVICES = [
    "Sent from my iPhone",
    "Sent from my phone, please excuse any typos.",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Get Outlook for Android<https://aka.ms/ghei36>",
    "发自我的 iPhone",
]
UNTOUCHED = [
    "On 5 March I ordered two of these: a lamp and a chair.\n\nThey never came.",
    "Here is what happened:\n\nOn Monday the app wrote: disk full\n\nThen it crashed.",
    "From: London\nTo: Paris\nDate: 5 May\n\nCan you change my booking?",
    "I got this error:\n\n-----\nE1234\n-----\n\nWhat now?",
    "Sent from the wrong account yesterday, sorry. My order is 123.",
    "My details:\nName: Ann\nDate: 2026-01-01\nSubject: invoice\n\nPlease check.",
    "The page says 10:10, we need:\n> 5 users\n> 3 admins\n\nIs that possible?",
    "I received this from Bob <bob@x.com> on 2026-05-01:\n\nYour invoice is due.\n\nIs it real?",
    "Please reset\n\n__________\n\nuser: ann\n\nthanks",
    "```\n# a comment\n--\n> output\n```\n\nWhy?",
    "| a | b |\n| 1 | 2 |\n\nThe table is wrong.",
    "Thanks!\n\nAnn",
    "👍",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_quoted_mail_goes_with_the_line_above_it(attribution: str) -> None:
    assert extract_reply(f"{OWN}\n\n{attribution}\n\n> old\n> words\n") == OWN


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_quoted_mail_goes_even_without_quote_marks(attribution: str) -> None:
    assert extract_reply(f"{OWN}\n\n{attribution}\n\nold\nwords\n") == OWN


@pytest.mark.parametrize("headers", HEADERS)
def test_embedded_mail_goes_with_its_headers(headers: str) -> None:
    assert extract_reply(f"{OWN}\n\n{headers}\n\nold words\n") == OWN


@pytest.mark.parametrize("line", DEVICES)
def test_a_device_line_goes(line: str) -> None:
    assert extract_reply(f"{OWN}\n\n{line}\n") == OWN


@pytest.mark.parametrize("body", UNTOUCHED)
def test_a_mail_without_quotes_stays_as_it_is(body: str) -> None:
    assert extract_reply(body) == body


def test_an_answer_below_the_quote_is_found() -> None:
    body = "On 1 May 2026 10:10, Ann <a@b.c> wrote:\n> Which order?\n\nNumber 5.\n"
    assert extract_reply(body) == "Number 5."


def test_answers_between_quotes_keep_the_questions() -> None:
    body = "Hi,\n\nOn 1 May 2026 10:10, Ann <a@b.c> wrote:\n> Which order?\n\n5.\n\n> Which size?\n\nXL.\n\n> Bye\n"
    reply = extract_reply(body)
    assert reply.split("\n\n") == ["Hi,", "> Which order?", "5.", "> Which size?", "XL."]


def test_a_signature_goes_and_a_sign_off_stays() -> None:
    body = "It broke.\n\nBest regards,\nAnn\n\n--\nAnn Smith\nACME Inc.\n+1 555 0100\n"
    assert extract_reply(body) == "It broke.\n\nBest regards,\nAnn"


def test_nothing_is_cut_where_hardly_anything_would_be_left() -> None:
    assert (
        extract_reply("Hi,\n\n--\nmy order 123 never came\n")
        == "Hi,\n\n--\nmy order 123 never came"
    )
    assert extract_reply("> only a quote") == "> only a quote"
    assert extract_reply("Sent from my iPhone") == "Sent from my iPhone"


def test_a_forwarded_mail_alone_is_read() -> None:
    body = (
        "---------- Forwarded message ---------\nFrom: A <a@b.c>\nSubject: x\n\nPlease see below.\n"
    )
    assert extract_reply(body) == "Please see below."


def test_an_html_quote_is_a_quote() -> None:
    markup = (
        "<div>It <b>works</b>.</div><div>On Fri, Mar 4, 2026 Ann &lt;a@b.c&gt; wrote:<br>"
        "<blockquote>old<br>words</blockquote></div>"
    )
    assert extract_reply(html_to_text(markup)) == "It works."
