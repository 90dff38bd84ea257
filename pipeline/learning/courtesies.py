"""Removes what a reply says to its reader alone: greetings, courtesies, signatures and emoji."""

from __future__ import annotations

import re
from collections.abc import Iterator

_EMOJI = "\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff\ufe0f\u200d\u20e3"
EMOJI = re.compile(rf" ?[{_EMOJI}]+| ?(?<![\w:])[:;]-?[)(DP](?!\w)")
_EMOJI_AS_STOP = re.compile(rf"(?<=[^\W_]) ?[{_EMOJI}]+ ?(?=[^\W\d_a-zà-öø-ÿ])")
"""Between two sentences without any other mark."""
_ENDS_GREETING = rf"(?:[,!]|:-?\)|(?=[{_EMOJI}])|$)"
_GREETING = re.compile(
    r"^\s*(?:hi|hiya|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|moin|servus|guten (?:tag|morgen|abend)"
    r"|sehr geehrte[rs]?|liebe[rs]?|bonjour|bonsoir|salut|coucou|ch[eè]re?s?|madame|hola|buen[oa]s (?:d[ií]as|tardes)"
    rf"|estimad[oa]|ciao|buongiorno|gentile|ol[áa]|bom dia|hoi|beste)\b(?:\s[\w.'’-]+){{0,4}}?\s*{_ENDS_GREETING}\s*",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^(?:yes|no|sure|absolutely|of course|ja|nein|genau|klar|nat[üu]rlich|oui|non|bien sûr|s[ií]|claro)\s*[,.!—–-]\s+",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"^\s*(?:(?:with |ganz )?(?:(?:best|kind|warm|many|kindest|warmest)\s*)?(?:regards|wishes|greetings)\b"
    r"|sincerely\b|yours\b"
    r"|(?:all the best|take care|talk soon|enjoy|have a (?:great|nice|good|lovely))\b"
    r"|(?:mit |ganz )?(?:freundliche|beste|liebe|herzliche|viele|sch[öo]ne)[mnrs]? gr[uü](?:ß|ss)e?n?\b"
    r"|gru(?:ß|ss)\b|(?:mfg|lg|vg|bis bald)\b|(?:bien )?cordialement\b|bien à (?:vous|toi)\b|(?:mes "
    r"|nos )?salutations\b"
    r"|veuillez agréer\b|à (?:très )?(?:bientôt|vite)\b|(?:très )?(?:bonne|belle) (?:journée|soirée)\b"
    r"|herzlichst\b|schönen? (?:tag|abend)\b|(?:un )?saludos?\b"
    r"|atentamente\b"
    r"|(?:cordiali )?saluti\b|atenciosamente\b|met vriendelijke groet\b|groet(?:en|jes)?\b"
    r"|(?:--|best|cheers|thanks|thank you)\s*(?:,|!|$))",
    re.IGNORECASE,
)
_LONGEST_SIGN_OFF = 7
"""Words: a longer sentence that begins so says something."""
_QUOTED_LINE = re.compile(r"^\s*>")
_QUOTE_FOLLOWS = re.compile(
    r"^\s*(?:On|Am|Le|El) .{5,80}(?:wrote|schrieb|écrit|escribió)\s*:\s*$"
    r"|^\s*(?:-{2,}|_{2,})\s*(?:original message|forwarded message|ursprüngliche nachricht|message d['’]origine)"
    r"|^\s*(?:From|Von|De)\s*:\s\S",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"^(?:oh no\b|(?:absolutely|of course|klar|natürlich|bien sûr|claro)\W*$|we look forward|tenez-nous au courant"
    r"|should you|if (?:anything|you (?:have|need))|no worries|what (?:lovely|great|wonderful|a)\b"
    r"|you['’]?re very welcome"
    r"|happy to|just reply"
    r"|(?:vielen |herzlichen |besten )?dank\b|danke|gerne?\b|kein(?:e)? (?:stress|problem|sorge)|(?:das "
    r"|es )?tut (?:mir|uns)"
    r"|(?:wir|ich) bitten?|entschuldig|verzeih|wie schön|das (?:klingt|freut)|schön,|bei (?:weiteren )?(?:rück)?fragen"
    r"|(?:wenn|falls|sollten?) (?:(?:du|sie) )?noch|meld(?:e|en) (?:dich|sie sich)|(?:ich|wir) (?:hoffe|wünsche"
    r"|melde|verstehe|werde|freue)n?\b"
    r"|merci|(?:nous|je) vous remerci|(?:je suis|nous sommes) (?:vraiment |sincèrement )?(?:désolé|navré)"
    r"|pas de (?:panique|souci)"
    r"|(?:quel|avec) plaisir|votre (?:question|message|demande) (?:est|a)\b|n['’]hésite[zr]? pas|(?:nous"
    r"|je) reston?s\b|je reste\b"
    r"|(?:j['’]espère|nous espérons)|toutes nos excuses"
    r"|gracias|lo siento|lamentamos|no dude)"
    r"|\bzur verfügung\W*$|\bà (?:votre|ta) disposition\b|\bweiterhelfen konnte",
    re.IGNORECASE,
)
_DONE_FOR_ONE = re.compile(
    r"\b(?:ich|wir) (?:habe|haben|hatten?)\b|\b(?:habe|haben) (?:ich|wir)\b|\b(?:j['’]ai|nous avons|je viens de"
    r"|nous venons de)\b"
    r"|\b(?:heute|gestern|ausnahmsweise|aus kulanz|hier matin|aujourd['’]hui|à titre exceptionnel|he (?:hecho"
    r"|enviado|activado)|hemos)\b",
    re.IGNORECASE,
)


def own_lines(text: str) -> Iterator[str]:
    """Yield a reply's lines up to the signature, without greeting, emoji and quoted mail."""
    for line in text.splitlines():
        if _is_sign_off(line) or _QUOTE_FOLLOWS.match(line):
            return
        if not _QUOTED_LINE.match(line):
            yield EMOJI.sub("", _EMOJI_AS_STOP.sub(". ", without_greeting(line)))


def without_greeting(line: str) -> str:
    """Return a line or text without the greeting that it begins with."""
    return _GREETING.sub("", line, count=1)


def without_yes(sentence: str) -> str:
    """Return a sentence without the yes or no that it begins with."""
    return _YES.sub("", sentence)


def is_courtesy(sentence: str) -> bool:
    """Whether the sentence greets, thanks, apologises, offers more help or takes leave."""
    return _is_sign_off(sentence) or _COURTESY.search(sentence) is not None


def is_done_for_one(sentence: str) -> bool:
    """Whether German, French or Spanish tells of what was done for this customer."""
    return _DONE_FOR_ONE.search(sentence) is not None


def _is_sign_off(line: str) -> bool:
    return _SIGN_OFF.match(line) is not None and len(line.split()) <= _LONGEST_SIGN_OFF
