"""Lists the words by which mail programs mark quoted mail, in the languages that they speak.

mail_phrases.json has, by language, the labels of a header block, the verbs of "… wrote:" and the lines
"Sent from my …" and "Get Outlook for …" (%s is the device). Here is what has no language, or many.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from mailparser_reply.constants import MAIL_LANGUAGES


def _read() -> dict[str, dict[str, list[str]]]:
    text = Path(__file__).with_name("mail_phrases.json").read_text(encoding="utf-8")
    phrases: dict[str, dict[str, list[str]]] = json.loads(text)
    return phrases


_PHRASES = _read()


def _of(kind: str) -> list[str]:
    found = {phrase for language in _PHRASES.values() for phrase in language.get(kind, ())}
    return sorted(found, key=lambda phrase: (-len(phrase), phrase))


def _any(phrases: Iterable[str]) -> str:
    return "|".join(map(re.escape, phrases))


_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
"""Of scripts without blanks between words."""
WROTE = _any(verb for verb in _of("wrote") if not _UNSPACED.search(verb)) + (
    r"|wrote this|quoting|zitat von|citando(?: a)?|skreiv|shkruar|مەكتوب|je oseba \S{1,40} napisala"
)
"""The verb in a line such as "On …, Ann wrote:", last or before the date."""
WROTE_UNSPACED = _any(verb for verb in _of("wrote") if _UNSPACED.search(verb))

OPENERS = (
    r"on|le|am|el|il|op|den|em|no dia|em|a|pe|w dniu|dnia|dne|dňa|den|på|vào|pada|tarihinde|în|la data"
    r"|в|у|на|at|from|date|el día|op|kl\.?|在|于|於|ke|dana|ned|pon|tor|tue|nt"
)
"""Words that may open an attribution, before its date."""

_MORE_LABELS = {
    "from": ("van", "saatja", "expéditeur", "remitente"),
    "sent": ("date d.envoi",),
    "to": (
        "cc",
        "bcc",
        "reply-to",
        "antwort an",
        "responder a",
        "répondre à",
        "copie",
        "copie à",
        "organization",
    ),
    "subject": ("subject",),
}
_LABEL = re.compile(r"\A[\s*_>]{0,12}(?P<label>[^:：\n]{1,30}?)[\s*_]{0,6}[:：]\**(?:\s|\Z|[^/\s])")
_ROLES: dict[str, set[str]] = {}
for _kind, _more in _MORE_LABELS.items():
    for _phrase in (*_of(_kind), *_more):
        _ROLES.setdefault(_phrase.casefold(), set()).add(_kind)
        _ROLES.setdefault(_phrase.casefold().replace(" ", ""), set()).add(_kind)


def roles_of(line: str) -> frozenset[str]:
    """Return what a header label at the line's start may be in some language: from, sent, to, subject."""
    found = _LABEL.match(line)
    if found is None:
        return frozenset()
    label = found["label"].strip(" *_\xa0\u200e\u200f").casefold()
    return frozenset(_ROLES.get(label, ()))


_MORE_SUBJECT_WORDS = (
    "subject line",
    "header",
    "title",
    "headline",
    "titre",
    "título",
    "titolo",
    "titel",
    "rubrik",
    "otsik",
    "nagłówk",
    "заголовк",
    "如题",
    "如題",
    "標題",
    "标题",
    "タイトル",
    "표제",
    "başlık",
    "cím",
)
_SHORTEST_STEM = 4


def _stem(word: str) -> str:
    return word if len(word) < _SHORTEST_STEM else word[:-1]


SUBJECT_WORDS = tuple(
    word if _UNSPACED.search(word) else _stem(word.casefold())
    for word in dict.fromkeys([*_of("subject"), *_MORE_SUBJECT_WORDS])
    if len(word) >= _SHORTEST_STEM or _UNSPACED.search(word)
)
"""The words for a mail's subject in many languages, without their endings."""


SEPARATOR_WORDS = re.compile(
    r"original (?:message|e?-?mail|text)|(?:end of )?forwarded (?:message|by|mail|e-mail)|begin forwarded"
    r"|ursprüngliche (?:nachricht|mail)|originalnachricht|original-nachricht|weitergeleitete nachricht"
    r"|message (?:d.origine|original|transféré|initial)|mensaje (?:original|reenviado)|mensagem original"
    r"|mensagem encaminhada|messaggio (?:originale|inoltrato)|oorspronkelijk bericht|doorgestuurd bericht"
    r"|oprindelig (?:besked|meddelelse|mail)|videresendt (?:besked|melding)|opprinnelig (?:melding|e-post)"
    r"|ursprungligt meddelande|originalmeddelande|vidarebefordrat meddelande|alkuperäinen viesti"
    r"|välitetty viesti|oryginalna wiadomość|wiadomość oryginalna|przekazana wiadomość"
    r"|původní zpráva|přeposlaná zpráva|pôvodná správa|исходное сообщение|пересылаемое сообщение"
    r"|оригинальное сообщение|вихідне повідомлення|orijinal (?:mesaj|ileti)|özgün ileti|iletilen mesaj"
    r"|eredeti üzenet|mesaj original|izvirno sporočilo|izvorna poruka|algne kiri|αρχικό μήνυμα"
    r"|原始邮件|原始郵件|转发邮件|轉寄郵件|原邮件|元のメッセージ|転送メッセージ|원본 ?메시지|전달된 ?메시지"
    r"|reply message|replied message|reply to this message|reply above this line"
    r"|antwort oberhalb dieser zeile|ответ на это письмо",
    re.IGNORECASE,
)
FORWARD_LINE = re.compile(
    r"(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message (?:réexpédié|transféré)"
    r"|inicio del mensaje reenviado|início da mensagem (?:re)?encaminhada|inizio messaggio inoltrato"
    r"|begin doorgestuurd bericht|start på vidarebefordrat meddelande|vidarebefordrat brev"
    r"|videresendt besked|videresendt melding|początek przekazanej wiadomości|začátek přeposlané zprávy"
    r"|начало переадресованного сообщения|välitetty viesti alkaa|iletilmiş mesajın başlangıcı"
    r"|下面是被转发的邮件|開始轉寄郵件|転送されたメッセージ|전달된 메시지 시작)\s*[:：]",
    re.IGNORECASE,
)

_DEVICE_PARTS = (
    "iphone", "ipad", "ipod", "apple", "galaxy", "samsung", "android", "huawei", "honor", "xiaomi",
    "redmi", "oneplus", "oppo", "vivo", "realme", "pixel", "nokia", "motorola", "sony", "xperia",
    "blackberry", "windows", "outlook", "mail", "proton", "tutanota", "web.de", "spark",
    "thunderbird", "superhuman", "k-9", "phone", "handy", "mobil", "mobile", "tablet", "telefon",
    "téléphone", "portable", "device", "gerät", "appareil", "dispositivo", "teléfono", "telèfon",
    "celular", "cellulare", "telemóvel", "puhelin", "komórk", "телефон", "телефону", "устройств",
    "手机", "手機", "スマ", "携帯", "アイフォン", "휴대", "핸드폰", "아이폰", "갤럭시", "teams", "laptop", "fairphone",
    "orange", "vodafone", "هاتف", "جوال", "آيفون", "אייפון", "נייד", "โทรศัพท์", "ไอโฟน",
    "điện thoại", "ponsel", "mein", "mijn", "mého", "môjho", "mojeg", "mojego", "моего", "мого",
    "我的", "나의",
)  # fmt: skip
_DEVICE_WORDS = frozenset((
    "moto", "htc", "lg", "gmx", "aol", "ios", "app", "my", "mon", "mi", "mio", "meu", "min", "mitt",
))  # fmt: skip
_TEMPLATES = tuple(
    tuple(template.partition("%s")[::2]) for template in (*_of("sent_by"), *_of("get_app"))
)
_LONGEST_DEVICE = 60
_WORD = re.compile(r"\w+")
_AFTER_DEVICE = re.compile(
    r"[\s.!>)\]*_。]{0,40}\Z|[,.;(<\[|-]|\s(?:for|pour|para|per|für|voor|på|til|на|для)\s",
    re.IGNORECASE,
)


def names_device(line: str) -> bool:
    """Return whether a short line names a device or a mail program, or says "my".

    It tells "Sent from my iPhone" from a customer's "Sent on 3 March".
    """
    lower = line.lower()
    return any(part in lower for part in _DEVICE_PARTS) or not _DEVICE_WORDS.isdisjoint(
        _WORD.findall(lower)
    )


def is_sent_by(line: str) -> bool:
    """Return whether a mail program wrote a short line to name itself or its device."""
    lower = line.lower().lstrip("-–—<([*_ \t\u200e\u200f")
    return any(_fits(lower, before, after) for before, after in _TEMPLATES)


def _fits(line: str, before: str, after: str) -> bool:
    """Return whether a line is one template, with a device of a few words and perhaps an apology after it."""
    if not line.startswith(before):
        return False
    rest = line[len(before) :]
    if not after:
        return len(rest) > 0
    end = rest.find(after, 1, _LONGEST_DEVICE + len(after))
    return end > 0 and bool(_AFTER_DEVICE.match(rest, end + len(after)))


_LIBRARY_SENT_FROM = "|".join(
    table["sent_from"].replace(r".*", r"\b")
    for table in MAIL_LANGUAGES.values()
    if isinstance(table.get("sent_from"), str) and table["sent_from"]
)
OTHER_DEVICE_LINE = re.compile(
    r"\A[<(\[*_\s]*(?:"
    r"(?:message |e-?mail )?sent (?:from|via|with|by|using|on)\b|from my\b|envoyé (?:depuis|de|à partir|avec|via)\b"
    r"|von mein\w* \w+(?:[ -]\w+)* gesendet|gesendet (?:von|mit|über|aus)\b|diese nachricht wurde (?:von|mit)\b"
    r"|this (?:e-?mail|message) was sent (?:from|via)\b|enviado (?:desde|do|de|a partir|con|com|por)\b"
    r"|inviato (?:da|dal|con|tramite)\b|verzonden (?:met|vanaf|vanuit|via)\b|verstuurd (?:vanaf|met|via)\b"
    r"|sendt (?:fra|med|via)\b|skickat från\b|skickades? från\b|lähetetty\b|wysłan[eoy] (?:z|za|przez)\b"
    r"|odesláno z\b|odoslané z\b|отправлено (?:с|из)\b|надіслано (?:з|із)\b|trimis de pe\b|poslano (?:s|z|iz)\b"
    r"|elküldve\b|iphone.umdan gönderildi|στάλθηκε από|נשלח (?:מ|באמצעות)|gửi từ\b|dikirim dari\b"
    r"|enviat (?:des d|amb )|saadetud (?:minu|seadmest)|nosūtīts no\b|išsiųsta iš\b"
    r"|get \[?outlook for|download outlook|hent outlook|hol(?:en)? (?:sie sich )?outlook"
    r"|télécharge[rz] outlook|obtenh?a (?:o )?outlook|obtenir outlook|obtener outlook|scarica outlook|outlook für"
    r"|provided by yahoo|yahoo mail (?:stationery|für|for|pour)"
    r"|從我的.*傳送|从我的.*发送|发自我的|來自我的|iphoneから送信|.{1,20}から送信|나의 .*에서 보냄|내 .*에서 보냄"
    rf"|(?:{_LIBRARY_SENT_FROM})"
    r")",
    re.IGNORECASE,
)
APOLOGY = re.compile(
    r"excuse|typo|brevity|sorry|pardon|apolog|entschuldig|kürze|excusez|disculp|thumb|short"
    r"|get the app|download|learn more",
    re.IGNORECASE,
)
