"""Lists the words by which mail programs mark quoted mail, in many languages.

It adds to the tables of mail-parser-reply what they lack: labels outside sentences, separators, and
device lines in more languages.
"""

from __future__ import annotations

import re

from mailparser_reply.constants import MAIL_LANGUAGES

WROTE = (
    r"wrote|écrit|schrieb|geschrieben|geschreven|schreef|escribi[óo]|escreveu|ha scritto|skrev|skreiv"
    r"|napsala?(?:\(a\))?|napísala?(?:\(a\))?|napisał[ao]?(?:\(a\))?|nadesłał|pisze|пишет"
    r"|написала?(?:\(а\))?|писала?|написав|написала|пише|kirjoitti|yazdı|şunu yazdı|írta|a scris|έγραψε"
    r"|va escriure|(?:je )?napisao|(?:je )?napisala|(?:je )?napisal|kirjutas|rašė|rakstīja|написа"
    r"|כתב(?:ה)?|مەكتوب|كتب|نوشت|เขียนว่า|đã viết|menulis|写道|寫道|のメッセージ|書きました|wrote this"
    r"|작성|씀|님이 쓴 글|writes|a répondu|quoting|zitat von|citando(?: a)?|skrifaði"
)
"""The verb in a line such as "On …, Ann wrote:", last or before the date."""

OPENERS = (
    r"on|le|am|el|il|op|den|em|no dia|em|a|pe|w dniu|dnia|dne|dňa|den|på|vào|pada|tarihinde|în|la data"
    r"|в|у|на|at|from|date|el día|op|kl\.?|在|于|於|ke|dana|ned|pon|tor|tue|nt"
)
"""Words that may open an attribution, before its date."""

_FROM = (
    "From|Von|De|Da|Van|Fra|Från|Od|Lähettäjä|От|От кого|Від|Kimden|Gönderen|Feladó|De la|Expéditeur"
    "|Remitente|Mittente|Afzender|Nadawca|Odesílatel|Odesilatel|Odosielateľ|Šalje|Pošiljatelj|Saatja"
    "|Sender|Από|发件人|寄件者|寄件人|差出人|送信者|보낸 ?사람|발신|מאת|من|Từ|Dari|จาก"
)
_SENT = (
    "Sent|Date|Gesendet|Datum|Envoyé(?: le)?|Date d.envoi|Enviado(?: el| em)?|Fecha|Data|Inviato"
    "|Verzonden|Sendt|Dato|Skickat|Wysłano|Odesláno|Odoslané|Lähetetty|Päivämäärä|Päiväys|Отправлено|Дата"
    "|Надіслано|Gönderme Tarihi|Gönderildi|Tarih|Elküldve|Dátum|Trimis|Poslano|Saadetud|Ημερομηνία"
    "|发送时间|日期|寄件日期|傳送日期|送信日時|日付|日時|보낸 ?날짜|날짜|נשלח|التاريخ|Ngày|Tanggal"
)
_TO = (
    "To|An|À|A|Para|Aan|Til|Till|Do|Komu|Pre|Vastaanottaja|Кому|Kime|Kime|Címzett|Către|Za|Prima|Saaja"
    "|Προς|收件人|收件者|宛先|받는 ?사람|אל|إلى|Cc|Kopie|Copie|Kopia|Kopio|CC|DW|Copia|Копия|Bilgi"
    "|抄送|副本|참조|Reply-To|Antwort an|Responder a"
)
_SUBJECT = (
    "Subject|Betreff|Objet|Sujet|Asunto|Assunto|Oggetto|Onderwerp|Emne|Ämne|Temat|Předmět|Predmet|Aihe"
    "|Тема|Konu|Tárgy|Subiect|Zadeva|Naslov|Teema|Θέμα|主题|主題|主旨|件名|제목|נושא|الموضوع|Chủ đề|Subjek"
)


def _label(words: str) -> re.Pattern[str]:
    return re.compile(rf"\A[\s*_]*(?:{words})[\s*_]*[:：]\**(?:\s|$|[^/\s])", re.IGNORECASE)


FROM_LABEL = _label(_FROM)
SENT_LABEL = _label(_SENT)
TO_LABEL = _label(_TO)
SUBJECT_LABEL = _label(_SUBJECT)

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

_LIBRARY_SENT_FROM = "|".join(
    table["sent_from"].replace(r".*", r"\b")
    for table in MAIL_LANGUAGES.values()
    if isinstance(table.get("sent_from"), str) and table["sent_from"]
)
DEVICE_LINE = re.compile(
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
