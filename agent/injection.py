"""Detects text that gives the assistant orders instead of asking it something.

It only keeps such text from a model. What a tricked model may do is limited by the tools and the
output checks. An article is what replies rest on, so of it more is kept back than of a message.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from agent.phrases import any_phrase, read_phrases
from agent.tool_names import ANY_TOOL
from domain.turn_text import normalise as unify

_ORDERS = (
    r"(?:instruct\w*|prompts?|prompting|directives?|commands?|guidelines|programming|"
    r"anweisung\w*|befehle?n?|instruk\w*|instruccion\w*|ordenes|consignes)"
)
_SAID = (
    rf"(?:{_ORDERS}|orders|rules|context|assignments?|tasks?|messages?|text|conversation|information|input|"
    rf"aufgaben?)"
)
_BEFORE = (
    r"(?:previous|prior|above|preceding|earlier|former|foregoing|initial|original|vorherigen?|vorangehenden|"
    r"vorangegangenen|vorigen|obigen?|bisherigen?|anteriores|previas|precedentes)"
)
_ALL = r"(?:all|any|every|your|these|those|system|alle|deine|todas|tus|toutes|tes|vos)"
_DROP = (
    r"(?:ignore|disregard|forget|override|overrule|bypass|neglect|"
    r"ignorier\w*|vergiss|vergessen|missachte\w*|ignora\w*|olvida\w*|oubli\w*|ignorez)"
)

_PATTERNS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"\b{_DROP}\b(?:\W+\w+){{0,3}}?\W+{_BEFORE}(?:\W+\w+){{0,3}}?\W+{_SAID}\b",
        rf"\b{_DROP}\b(?:\W+\w+){{0,2}}?\W+{_ALL}(?:\W+\w+){{0,3}}?\W+{_ORDERS}\b",
        rf"\b{_BEFORE} {_SAID} (?:\w+ )?(?:ignor\w+|vergess\w+|verwerfen)",
        rf"\b{_DROP}\W+(?:all|everything|anything|alles|todo|tout)\W+(?:of\W+|the\W+|that\W+|you\W+|i\W+|we\W+|"
        rf"has\W+|was\W+)*"
        r"(?:above|before|previous|prior|said|told|instructed|davor|zuvor|vorher|bisher|gesagte|anterior|avant|"
        r"precede)",
        r"\b(?:forget|vergiss) (?:everything|alles)\b\s*(?:[.!,:;]|\band\b|\bund\b|$)",
        r"\b(?:reveal|show|print|output|repeat|display|tell|give|share|leak|write|return|copy|translate|expose|"
        r"recite|zeig\w*|nenn\w*|gib|muestra|montre\w*|affiche\w*)\b"
        r"(?:\W+\w+){0,6}?\W+(?:system|initial|hidden|secret|original|entire|own|your|deine?|ihre?|tu|ton|"
        r"votre)\W+(?:\w+\W+){0,2}?"
        r"(?:prompts?|instructions|programming|anweisungen|instrucciones|consignes|secret phrase|"
        r"passphrase)\b(?! (?:reply|response|help|answer))",
        r"\b(?:system|developer|initial|hidden) prompts?\b(?! (?:me|us|you|for|appears|comes|asks|window|box|"
        r"dialog))|\bprompt[ _-]?text\w*|\bprompt-text\w*",
        r"\b(?:you are|you're|du bist|eres|tu es) (?:now |from now on |jetzt |ab jetzt |ahora |"
        r"maintenant )(?:a |an |the |my |no longer |dan\b|ein |eine |un |une )",
        r"\b(?:do anything now|developer mode enabled|dan mode|god mode|stay in character|the typical confines)\b",
        r"\b(?:new|updated|revised|real|actual) (?:instructions?|directives?|system prompt)\b\s*:|"
        r"\b(?:focus|konzentrier\w*) (?:on|auf|sich auf) (?:your|the|die|deine) (?:new|neue) (?:task|assignment|"
        r"aufgabe)",
        r"\b(?:end|begin|start) (?:of )?(?:the )?(?:system|untrusted|distractor|admin)[ _-]*(?:user )?(?:input|"
        r"prompt|message|instructions?|text|context)\b|"
        r"\[\s*(?:end|begin)[^\]\n]{0,30}(?:prompt|instructions?)\s*\]",
        r"</?(?:system|assistant|tool_call|im_start|im_end|inst)\b[^<>\n]*>|\[/?inst\]|<\|[a-z_]+\|>|\[system\]|"
        r"(?<!#)#{2,}+\s*(?:system|new instruction)\b|^[^\S\n]*(?:system|assistant)\s*:",
        r"\baccess granted\b|\bi have been p[wa]n+ed\b",
        rf"\b{ANY_TOOL}\b",
        r"\b(?:reply|respond|answer|say|output|print)\b(?:\W+\w+){0,4}?\W+(?:only|exactly|nothing but|just|"
        r"solely)\W+(?:with\W+)?(?:the\W+)?(?:words?|phrase|string|following|[\"“])",
        r"\b(?:say|print|output|sage) (?:only |exactly |just |"
        r"nur )?[\"'“][^\"'”\n]{1,80}[\"'”]\s*(?:and nothing|without|only|with no)",
        r"\binstead,? (?:please )?(?:print|output|say)\b|\bjust output\b",
        r"\b(?:do not|don't|never) (?:answer|follow|obey)\b[^.?!\n]{0,60}\b(?:but|just|"
        r"instead)\b[^.?!\n]{0,30}\b(?:output|print|say|write)\b",
        rf"\b(?:despite|regardless of|contrary to|abweichend zu) (?:what you(?:'ve| have) been told|(?:all |"
        rf"any |your )?{_BEFORE} {_ORDERS})",
        r"\bignore\b[^.?!\n]{0,40}\bexcept (?:this|the following)\b",
        r"\b(?:i am|i'm|this is) (?:the |your |an? )?(?:admin(?:istrator)?|developer|system operator|"
        r"creator)\b[^.?!\n]{0,60}\b(?:override|reveal|authori[sz]e you)",
    )
)
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u00ad\ufeff\U000e0000-\U000e007f]")
_BLANKS = re.compile(r"[^\S\n]+")
_SPACED = re.compile(r"(?:\b\w ){5,}\w\b")


def normalise(text: str) -> str:
    """Lower the case, resolve look-alike and hidden characters, join spelled-out words."""
    plain = unify(_HIDDEN.sub("", text), "NFKD").casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    plain = plain.replace("’", "'").replace("‘", "'").replace("ß", "ss")
    plain = _SPACED.sub(lambda match: match.group().replace(" ", ""), plain)
    return _BLANKS.sub(" ", plain)


def find_injection(text: str) -> str | None:
    """Return the words that give orders, or None. Pure; milliseconds for a few kilobytes."""
    plain = normalise(text)
    for pattern in _PATTERNS:
        found = pattern.search(plain)
        if found is not None:
            return found.group()[:120]
    return _find_both("drop", "orders", plain)


def find_dictation(text: str) -> str | None:
    """Return an article's words that tell an assistant what to say, or None; readers are told what to do."""
    plain = normalise(text)
    for line in plain.splitlines():
        if _SPEECH.search(line) is None:
            continue
        if _phrases()["machine"].search(line) and _phrases()["say"].search(line):
            return line[:120]
        for says in _phrases()["say"].finditer(line):
            around = line[max(0, says.start() - _NEAR) : says.end() + _NEAR]
            customer = _phrases()["customer"].search(around)
            if customer and _SPEECH.search(line, says.end(), says.end() + 2 * _NEAR):
                return around[:120]
    return None


_NEAR = 25
"""Letters between the verb and whoever is told, whichever comes first in a language."""
_SPEECH = re.compile(r"[:\"“«„「：]")
"""Begins what is to be said."""


def _find_both(first: str, second: str, plain: str) -> str | None:
    """Return the sentence that holds a phrase of both kinds, in any order."""
    phrases = _phrases()
    if phrases[first].search(plain) is None or phrases[second].search(plain) is None:
        return None
    for line in plain.splitlines():
        if phrases[first].search(line) and phrases[second].search(line):
            return line[:120]
    return None


@cache
def _phrases() -> dict[str, re.Pattern[str]]:
    return {
        name: any_phrase([normalise(phrase) for phrase in phrases])
        for name, phrases in read_phrases("orders.txt").items()
    }
