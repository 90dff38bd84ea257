"""Tests mail as it comes from the field, good and broken."""

from __future__ import annotations

import base64
from email.message import EmailMessage

import pytest

from channels.email.html_text import html_to_text
from channels.email.mime import MAX_MAIL_BYTES, parse_mail
from domain.errors import Malformed

HEAD = b"From: Ann <ann@example.com>\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def test_plain_text_is_preferred_and_files_are_listed() -> None:
    mail = EmailMessage()
    mail["From"] = "Ann <ann@example.com>"
    mail["Subject"] = "Über uns"
    mail.set_content("plain words")
    mail.add_alternative("<p>rich words</p>", subtype="html")
    mail.add_attachment(b"12345", maintype="image", subtype="png", filename="Bild ä.png")
    parsed = parse_mail(mail.as_bytes())
    assert parsed.text.strip() == "plain words"
    assert parsed.subject == "Über uns"
    (attachment,) = parsed.attachments
    assert (attachment.filename, attachment.content_type, attachment.size) == (
        "Bild ä.png",
        "image/png",
        5,
    )


def test_html_is_read_where_there_is_no_plain_text() -> None:
    raw = (
        HEAD
        + b"Content-Type: text/html; charset=utf-8\r\n\r\n<style>p{}</style><p>Hi</p><ul><li>a<li>b</ul>"
    )
    assert parse_mail(raw).text == "Hi\n\n- a\n- b"


def test_an_empty_plain_part_gives_way_to_html() -> None:
    raw = HEAD + (
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n \r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>words</p>\r\n--b--\r\n"
    )
    assert parse_mail(raw).text == "words"


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("iso-2022-jp", "すみません".encode("iso-2022-jp")),
        ("shift_jis", "すみません".encode("cp932")),
        ("utf-8", "すみません".encode()),
        ("iso-8859-1", "すみません".encode()),
        ("x-nobody-knows", "すみません".encode()),
        ("us-ascii", "すみません".encode()),
    ],
)
def test_charsets_right_wrong_and_unknown(charset: str, raw: bytes) -> None:
    head = (
        f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    assert parse_mail(HEAD + head.encode() + base64.encodebytes(raw)).text == "すみません"


def test_nuls_are_gone() -> None:
    parsed = parse_mail(b"From: a@b.c\nSubject: a\x00b\n\nc\x00d")
    assert "\x00" not in parsed.text + parsed.subject
    assert parsed.text == "cd"


def test_encoded_words_that_cut_a_character_are_joined() -> None:
    words = "=?utf-8?B?w4?=\r\n =?utf-8?B?RydW4=?="
    assert parse_mail(f"From: a@b.c\r\nSubject: {words}\r\n\r\n".encode()).subject
    halves = (
        base64.b64encode("ü".encode()[:1]).decode(),
        base64.b64encode("ü".encode()[1:]).decode(),
    )
    subject = f"=?utf-8?B?{halves[0]}?= =?utf-8?B?{halves[1]}?="
    assert parse_mail(f"From: a@b.c\nSubject: {subject}\n\n".encode()).subject == "ü"


def test_a_comma_in_an_encoded_name_does_not_split_the_sender() -> None:
    parsed = parse_mail(b"From: =?utf-8?Q?Smith=2C_Ann?= <ann@example.com>\n\n")
    assert (parsed.sender_name, parsed.sender) == ("Smith, Ann", "ann@example.com")


def test_thread_ids_are_read_from_folded_headers() -> None:
    raw = b"From: a@b.c\nMessage-ID: <3@x>\nIn-Reply-To: <2@x>\nReferences: <1@x>\n\t<2@x>\n <1@x>\n\nhi"
    parsed = parse_mail(raw)
    assert (parsed.message_id, parsed.in_reply_to) == ("<3@x>", "<2@x>")
    assert parsed.references == ("<1@x>", "<2@x>")


def test_a_multipart_that_does_not_split_is_shown_rather_than_lost() -> None:
    assert (
        "my words"
        in parse_mail(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\nmy words").text
    )


def test_parts_nested_without_end_are_no_bomb() -> None:
    raw = b"From: a@b.c\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(400)
    )
    assert parse_mail(raw + b"\n\nx").sender == "a@b.c"


def test_a_mail_over_the_limit_or_empty_is_malformed() -> None:
    with pytest.raises(Malformed):
        parse_mail(b"x" * (MAX_MAIL_BYTES + 1))
    with pytest.raises(Malformed):
        parse_mail(b" \r\n")


def test_a_mail_forwarded_as_a_file_is_read_when_it_is_all_there_is() -> None:
    raw = HEAD + (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"From: c@d.e\r\nSubject: inner\r\n\r\ninner words\r\n--b--\r\n"
    )
    parsed = parse_mail(raw)
    assert parsed.text.strip() == "inner words"
    assert [attachment.content_type for attachment in parsed.attachments] == ["message/rfc822"]


def test_links_and_quotes_survive_in_html() -> None:
    text = html_to_text(
        '<p><a href="https://x.example/a">here</a></p><blockquote>a<br>b</blockquote>'
    )
    assert text == "here (https://x.example/a)\n\n> a\n> b"


def test_hidden_text_is_not_read() -> None:
    assert html_to_text('<div style="display: none">secret</div><script>x()</script>seen') == "seen"


@pytest.mark.parametrize(
    "line",
    [
        b"Subject : x\r\n",
        b"X-Old\t: y\r\nSubject: x\r\n",
        b"a stray line\r\nSubject: x\r\n",
        b">From ann@example.com Mon Nov 23 10:00:00\r\nSubject: x\r\n",
        b"X-\xc3\xa4: y\r\nSubject: x\r\n",
    ],
)
def test_a_broken_header_line_does_not_take_the_rest_of_the_header_along(line: bytes) -> None:
    for raw in (
        line + b"From: ann@example.com\r\n\r\nwords",
        b"From: ann@example.com\r\n" + line + b"\r\nwords",
    ):
        mail = parse_mail(raw)
        assert (mail.sender, mail.subject, mail.text) == ("ann@example.com", "x", "words")


@pytest.mark.parametrize(
    "before", [b"\xef\xbb\xbf", b"\r\n\r\n", b"From x@y.example Mon Nov 23\r\n"]
)
def test_what_stands_before_the_header_is_passed_over(before: bytes) -> None:
    assert parse_mail(before + HEAD + b"\r\nwords").text == "words"


def test_a_body_whose_blank_line_was_forgotten_is_read() -> None:
    assert (
        parse_mail(HEAD + b"my question is: why\r\nit stopped").text
        == "my question is: why\nit stopped"
    )


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"base64;", base64.b64encode("Grüße".encode())),
        (b"BASE-64 (as ever)", base64.b64encode("Grüße".encode())),
        (b'"base64"', base64.b64encode("Grüße!".encode())[:-1]),
        (b"Quoted Printable", b"Gr=C3=BC=C3=9Fe"),
        (b"quoted-printable; charset=utf-8", b"Gr=C3=BC=C3=9Fe"),
    ],
)
def test_a_transfer_encoding_is_known_by_its_letters(encoding: bytes, body: bytes) -> None:
    raw = (
        HEAD + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " + encoding
    )
    assert parse_mail(raw + b"\r\n\r\n" + body).text.startswith("Grüße")


@pytest.mark.parametrize(
    "declared", [b"", b"; boundary=ABC", b"; boundary='abc'", b"; boundary=abd"]
)
def test_parts_are_found_by_the_boundary_that_comes_where_the_declared_one_does_not(
    declared: bytes,
) -> None:
    raw = HEAD + b"Content-Type: multipart/mixed" + declared + b"\r\n\r\n"
    raw += b"--abc\r\nContent-Type: text/plain\r\n\r\nwords\r\n--abc\r\nContent-Type: image/png\r\n\r\n1\r\n--abc--\r\n"
    mail = parse_mail(raw)
    assert (mail.text, [file.content_type for file in mail.attachments]) == ("words", ["image/png"])


def test_a_last_boundary_behind_the_last_word_is_not_read() -> None:
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=abc\r\n\r\n--abc\r\n\r\nwords--abc--"
    assert parse_mail(raw).text == "words"


def test_a_forgotten_semicolon_makes_no_file_of_the_text() -> None:
    raw = HEAD + b"Content-Type: text/html charset=utf-8\r\n\r\n<p>words</p>"
    assert (parse_mail(raw).text, parse_mail(raw).attachments) == ("words", ())


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("boss@bank.example <ann@example.com>", "boss@bank.example", "ann@example.com"),
        ("Ann [Sales] <ann@example.com>", "Ann [Sales]", "ann@example.com"),
        ("Ann Lee ann@example.com", "Ann Lee", "ann@example.com"),
        ("eve@example.com, boss@bank.example <ann@example.com>", "", "eve@example.com"),
        ('"Lee, Ann" <ann@example.com>', "Lee, Ann", "ann@example.com"),
    ],
)
def test_an_address_in_a_name_is_not_the_sender(written: str, name: str, address: str) -> None:
    mail = parse_mail(f"From: {written}\r\n\r\nwords".encode())
    assert (mail.sender_name, mail.sender) == (name, address)


def test_reports_in_reports_are_read_to_a_limit_and_marked_as_cut() -> None:
    raw = HEAD + b"\r\nthe innermost words"
    for level in range(40):
        boundary = b"b%d" % level
        raw = (
            HEAD
            + b"Content-Type: multipart/report; boundary=%s\r\n\r\n--%s\r\n" % (boundary, boundary)
            + b"Content-Type: message/rfc822\r\n\r\n%s\r\n--%s--\r\n" % (raw, boundary)
        )
    assert parse_mail(raw).is_truncated


def test_a_mail_read_by_its_beginning_says_so() -> None:
    raw = HEAD + b"\r\n" + b"words " * 1000
    assert parse_mail(raw, 2_000).is_truncated
    assert not parse_mail(raw, 20_000).is_truncated
    assert parse_mail(raw, 2_000).text == parse_mail(raw).text[: len(parse_mail(raw, 2_000).text)]


def test_html_that_no_parser_likes_is_text_all_the_same() -> None:
    raw = HEAD + b"Content-Type: text/html\r\n\r\n<p>words</p><![<p>"
    assert parse_mail(raw).text.startswith("words")
