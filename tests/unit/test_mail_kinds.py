# ruff: noqa: E501
"""Tests that no word of a mail is lost, whatever its charset, parts and faults."""

from __future__ import annotations

import base64
import struct

import pytest

from channels.email.decoding import decode_bytes
from channels.email.identity import MailboxIdentity
from channels.email.loops import find_automatic
from channels.email.mime import ParsedMail, parse_mail
from channels.email.reading import FetchedMail, read_mail
from channels.email.reply_text import extract_reply
from domain.messages import TRUNCATED, InboundMessage

WORDS = "Since Monday the export stops after ten rows."


def parse(headers: str, body: bytes | str = WORDS) -> ParsedMail:
    text = body.encode() if isinstance(body, str) else body
    return parse_mail(b"From: ann@shop.example\nSubject: x\n" + headers.encode() + b"\n\n" + text)


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        ("設定①が㈱で保存されません", "cp932", "shift_jis"),
        ("設定が保存されません", "iso2022_jp", "utf-8"),
        ("ส่งออกไม่ได้", "cp874", "windows-874"),
        ("Größe der Datei läßt sich nicht ändern", "cp1252", "utf-8"),
        ("¿Cómo cambio mi contraseña?", "cp1252", "us-ascii"),
        ("Не работает экспорт", "cp1251", None),
        ("Не работает экспорт", "koi8-r", "x-unknown"),
        ("Не работает экспорт", "cp1251", "win-1251"),
        ("您好，请问如何重置密码？谢谢", "gb18030", None),
        ("비밀번호를 어떻게 바꾸나요?", "cp949", "utf-8"),
        ("Şifremi değiştiremiyorum, yardımcı olur musunuz?", "cp1254", None),
        ("Nie mogę zmienić hasła, proszę o pomoc", "cp1250", None),
        ("Ünïcode", "utf-16", "utf-8"),
    ],
)  # fmt: skip
def test_words_are_read_whatever_charset_is_named(text: str, codec: str, label: str | None) -> None:
    assert decode_bytes(text.encode(codec), label) == text


def test_the_rows_that_makers_added_to_japanese_charsets_are_read() -> None:
    escaped = b"\x1b$B-!$N@_Dj\x1b(B ok"
    assert decode_bytes(escaped, "iso-2022-jp") == "①の設定 ok"
    assert decode_bytes(b"\xad\xa1\xa4\xce", "euc-jp") == "①の"


def test_an_html_mail_names_its_charset_in_itself() -> None:
    page = '<html><head><meta charset="windows-1251"></head><p>Не работает</p>'.encode("cp1251")
    assert parse("Content-Type: text/html", page).text == "Не работает"


def test_flowed_lines_are_joined_as_their_writer_meant() -> None:
    body = "See https://x.example/a/ \nb?c=1 now.\n> quoted \n> words\n-- \nAnn"
    text = parse("Content-Type: text/plain; format=flowed; delsp=yes", body).text
    assert "https://x.example/a/b?c=1 now." in text
    assert "> quotedwords" in text
    assert "-- \nAnn" in parse("Content-Type: text/plain; format=flowed", body).text


@pytest.mark.parametrize(
    "headers",
    [
        'Content-Type: text/plain; name="body.txt"',
        "Content-Type: text/plain\nContent-Disposition: inline; filename=message.txt",
        "Content-Type: text/plain\nContent-Disposition: attachment; filename=message.txt",
        "Content-Type: text/plain; charset*=a%00b''utf-8",
        "Content-Type: text/plain; charset*=undefined''utf-8",
        "Content-Type: text/plain; charset*=utf-8''utf-8; charset*0=utf-8",
        f"Content-Type: text/plain; name*{'9' * 5000}=x",
        "Content-Type: text/plain; name*=utf-8''a; name*0*=utf-8''b",
        "Content-Type: multipart/mixed; charset*=utf-8''x",
        "To: " + "(" * 600,
    ],
)
def test_no_header_costs_a_word(headers: str) -> None:
    assert WORDS in parse(headers).text


def test_mails_in_each_other_stop_no_reader() -> None:
    raw = b"From: ann@shop.example\n" + b"Content-Type: message/rfc822\n\n" * 2_000 + b"x"
    message = read_mail(FetchedMail(raw, "m1"), MailboxIdentity(frozenset(), ""))
    assert isinstance(message, InboundMessage)
    assert message.details[TRUNCATED]


def test_text_below_base64_is_no_base64() -> None:
    body = base64.b64encode(WORDS.encode()).decode() + "\n\n--\nScanned by a gateway. All good.\n"
    text = parse("Content-Transfer-Encoding: base64", body).text
    assert text.startswith(WORDS)
    assert extract_reply(text) == WORDS


def test_a_plain_version_that_only_points_to_the_other_is_not_read() -> None:
    body = (
        "--b\nContent-Type: text/plain\n\nOpen this mail in your browser: https://x.example/1\n"
        f"--b\nContent-Type: text/html\n\n<p><a href=x>Open this mail</a></p><p>Hello, {WORDS}</p>\n--b--"
    )
    assert WORDS in parse("Content-Type: multipart/alternative; boundary=b", body).text


def test_styles_and_pictures_in_the_page_hide_no_words() -> None:
    style = f"<style>{'p { color: red } ' * 50_000}</style>"
    picture = f'<img src="data:image/png;base64,{"A" * 700_000}">'
    assert parse("Content-Type: text/html", f"{style}{picture}<p>{WORDS}</p>").text == WORDS


def winmail(text: bytes) -> bytes:
    def attribute(name: int, data: bytes) -> bytes:
        return struct.pack("<BII", 1, name, len(data)) + data + struct.pack("<H", sum(data) % 65536)

    head = struct.pack("<IH", 0x223E9F78, 1)
    version = attribute(0x00089006, struct.pack("<I", 0x00010000))
    page = attribute(0x00069007, struct.pack("<II", 1252, 0))
    return head + version + page + attribute(0x0002800C, text + b"\x00")


def test_words_in_winmail_dat_are_read() -> None:
    body = base64.b64encode(winmail(WORDS.encode()))
    headers = (
        "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64"
    )
    assert parse(headers, body).text == WORDS


def test_a_damaged_winmail_dat_is_a_file() -> None:
    mail = parse("Content-Type: application/ms-tnef; name=winmail.dat", b"broken")
    assert [file.filename for file in mail.attachments] == ["winmail.dat"]


def test_a_clear_signed_mail_is_read_without_its_armour() -> None:
    body = (
        f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{WORDS}\n- - one\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n"
    )
    mail = parse("Content-Type: text/plain", body)
    assert mail.text.strip() == f"{WORDS}\n- one"
    assert (mail.signature, mail.encryption) == ("PGP", None)


@pytest.mark.parametrize(
    ("calendar", "is_answer", "text"),
    [
        ("BEGIN:VCALENDAR\nMETHOD:REPLY\nSUMMARY:Demo\nEND:VCALENDAR", True, ""),
        ("BEGIN:VCALENDAR\nMETHOD:REPLY\nCOMMENT:Can we\\, please\\, start later?\nEND:VCALENDAR", False,
         "Can we, please, start later?"),
        ("BEGIN:VCALENDAR\nMETHOD:REQUEST\nSUMMARY:Call\nDESCRIPTION:About the ex\n port\nEND:VCALENDAR", False,
         "Call\n\nAbout the export"),
    ],
)  # fmt: skip
def test_only_an_answer_to_an_invitation_without_a_comment_is_a_machines(
    calendar: str, is_answer: bool, text: str
) -> None:
    mail = parse("Content-Type: text/calendar", calendar)
    assert mail.text == text
    assert bool(find_automatic(mail, ())) is is_answer


@pytest.mark.parametrize(
    ("below", "is_kept"),
    [
        ("---\n## Steps\n1. Open the app\n2. Press login", True),
        ("________________\n2. Please cancel my contract, my lawyer will write to you otherwise.", True),
        ("--\nAnd can I have a refund?", True),
        ("***\nThen it crashed and I lost all of the rows again.", True),
        ("Sent on 3 March\n\nNothing has arrived since then.", True),
        ("Gesendet mit DHL\n\naber kam nie an.", True),
        ("-- \nAnn Lee\nHead of Sales\n+49 30 123456", False),
        ("---\nAnn Lee\nShop GmbH", False),
        ("--\nAnn\nThis e-mail is confidential and intended for its recipient only, thank you.", False),
        ("Sent from my Fairphone", False),
    ],
)  # fmt: skip
def test_own_words_below_a_rule_stay_and_a_signature_goes(below: str, is_kept: bool) -> None:
    assert (extract_reply(f"{WORDS}\n\n{below}\n") != WORDS) is is_kept


@pytest.mark.parametrize(
    "line",
    [
        "пон, 4. мај 2026. у 09:00 Us <us@desk.example> је написао/ла:",
        "في الاثنين، ٤ مايو ٢٠٢٦ في ٩:٠٠ ص تمت كتابة ما يلي بواسطة Us <us@desk.example>:",
        "সোম, ৪ মে, ২০২৬ তারিখে ৯:০০ AM টায় Us <us@desk.example> লিখেছেন:",
        "Us <us@desk.example> igorleak hau idatzi zuen (2026 mai. 4, al. (09:00)):",
        "در تاریخ دوشنبه ۱۴ اردیبهشت ۱۴۰۵ ساعت ۹:۰۰ Us <us@desk.example> نوشت:",
        "เมื่อ จ. 4 พ.ค. 2569 เวลา 09:00 Us <us@desk.example> เขียนว่า:",
        "4 ივნ. 2026, 09:00 Us <us@desk.example> წერდა:",
    ],
)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_quoted_mail_goes_in_every_language(line: str, mark: str) -> None:
    assert extract_reply(f"{WORDS}\n\n{line}\n\n{mark}Dear Ann,\n{mark}press it.\n") == WORDS


@pytest.mark.parametrize(
    "labels",
    [
        ("จาก", "ส่ง", "ถึง", "เรื่อง"), ("Од", "Послато", "За", "Тема"), ("No", "Nosūtīts", "Kam", "Tēma"),
        ("प्रेषक", "भेजा गया", "प्रति", "विषय"), ("Dari", "Dikirim", "Kepada", "Perihal"),
        ("Frá", "Sent", "Til", "Efni"), ("Nuo", "Išsiųsta", "Kam", "Tema"), ("Nork", "Bidalia", "Nori", "Gaia"),
        ("Xyz", "Xyw", "Xyv", "Xyu"),
    ],
)  # fmt: skip
def test_embedded_mail_goes_in_every_language(labels: tuple[str, str, str, str]) -> None:
    values = ("Us <us@desk.example>", "04/05/2026 09:00", "Ann <ann@shop.example>", "RE: blue")
    block = "\n".join(f"{label}: {value}" for label, value in zip(labels, values, strict=True))
    assert extract_reply(f"{WORDS}\n\n{block}\n\nDear Ann,\npress it.\n") == WORDS


@pytest.mark.parametrize(
    "line",
    [
        "أُرسلت من الـ iPhone", "iPhone-omról küldve", "मेरे iPhone से भेजा गया", "Obter o Outlook para iOS",
        "Dikirim dari iPhone saya", "Išsiųsta iš mano iPhone", "Hent Outlook til Android", "ส่งจาก iPhone ของฉัน",
        "Надіслано з iPhone", "Στάλθηκε από το iPhone μου", "נשלח מה-iPhone שלי", "Pobierz program Outlook dla systemu iOS",
    ],
)  # fmt: skip
def test_a_device_line_goes_in_every_language(line: str) -> None:
    assert extract_reply(f"{WORDS}\n\n{line}\n") == WORDS


ABSENCES = [
    ("Automatic reply: Your request", "I am out of the office until 12 May. For urgent matters please contact Bob."),
    ("Abwesenheitsnotiz: Ihre Anfrage", "Ich bin bis 12. Mai nicht im Büro."),
    ("Réponse automatique : x", "Je suis absente."),
    ("Respuesta automática: x", "Estoy de vacaciones."),
    ("Resposta automática: x", "Estou de férias."),
    ("Automatisch antwoord: x", "Ik ben afwezig."),
    ("Autosvar: x", "Jag har semester."),
    ("Poissa: x", "Olen lomalla."),
    ("Automatikus válasz: x", "Szabadságon vagyok."),
    ("Răspuns automat: x", "Sunt în concediu."),
    ("Αυτόματη απάντηση: x", "Είμαι σε άδεια."),
    ("Otomatik yanıt: x", "İzindeyim."),
    ("자동 회신: x", "휴가 중입니다."),
    ("自动回复: x", "我正在休假。"),
    ("Автоматична відповідь: x", "Я у відпустці."),
    ("Automatická odpověď: x", "Jsem na dovolené."),
    ("Re: Your request", "Thank you for your message. I am on annual leave until 12 May. In urgent cases please call Bob."),
    ("Re: Ihre Anfrage", "Vielen Dank für Ihre Nachricht.\nIch bin bis zum 12. Mai im Urlaub.\nIn dringenden Fällen "
     "wenden Sie sich bitte an Bob.\n\nMit freundlichen Grüßen\nAnn Lee"),
    ("Re: x", "Bonjour,\n\nje suis en congé jusqu'au 12 mai. Je répondrai à mon retour.\n\nCordialement,\nAnn"),
    ("[Ticket#7] Re: x", "Thank you for contacting us. Your request was received, ticket number 7."),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "text"), ABSENCES)
def test_an_absence_notice_without_any_header_is_a_machines(subject: str, text: str) -> None:
    raw = f"From: ann@shop.example\nSubject: {subject}\nIn-Reply-To: <a@desk.example>\n\n{text}"
    mail = parse_mail(raw.encode())
    assert find_automatic(mail, (), extract_reply(mail.text))


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("How to set an automatic reply?", "How do I set up an automatic reply for my team?"),
        ("Out of office: how does it work?", "Can the app send one?"),
        ("Re: Out of office sync fails", "Thanks, back from holiday now. The export still fails."),
        ("Re: x", "I am on vacation until Monday. The export fails."),
        ("Re: x", "I was out of the office. Did you find the fault?"),
        ("Re: x", "Thank you for your message, but I want my money back."),
        ("Re: x", "Ich war im Urlaub. Der Export geht immer noch nicht."),
        ("Urlaub", "Wie trage ich Urlaub ein?"),
        ("Re: x", "Thanks!"),
    ],
)
def test_a_person_who_writes_of_absence_is_answered(subject: str, text: str) -> None:
    mail = parse_mail(f"From: ann@shop.example\nSubject: {subject}\n\n{text}".encode())
    assert find_automatic(mail, (), extract_reply(mail.text)) is None


@pytest.mark.parametrize(
    "local",
    [
        "nao-responda", "non-rispondere", "noreply2", "no.responder", "nicht_antworten", "ne-pas-repondre",
        "niet-antwoorden", "nie-odpowiadac", "svar-ikke", "ala-vastaa", "ne-otvechat", "news.noreply",
        "donotreply-orders", "nao.responda+7", "keine-antwort",
    ],
)  # fmt: skip
def test_a_robots_name_is_known_in_many_languages(local: str) -> None:
    assert find_automatic(parse_mail(f"From: {local}@bank.example\n\nx".encode()), ())


@pytest.mark.parametrize(
    "local", ["noreen", "norbert.replyson", "bouncehouse", "nora.reply", "ann"]
)
def test_a_persons_name_is_no_robots(local: str) -> None:
    assert find_automatic(parse_mail(f"From: {local}@shop.example\n\nx".encode()), ()) is None
