"""Recognises what an article says about itself and its neighbours: "see above", "for all projects see …"."""

from __future__ import annotations

import re

from domain.words import sentences, words

_SEE = (
    r"(?:please )?(?:also )?(?:see|refer to|read|have a look at)|siehe(?: auch)?|vgl\.?|lesen sie|"
    r"v[eé]ase(?: tambi[eé]n)?|consulte|vea|lea|voir(?: aussi)?|consultez|lisez|si veda|vedi|zie(?: ook)?|veja|ver"
)
_PLACE = (
    r"(?:above|below|(?:the )?(?:previous|next|following|last|preceding) (?:section|chapter|paragraph|table|page|"
    r"article)|"
    r"(?:section|chapter|paragraph|table|figure|page|point|appendix) (?:\d+(?:\.\d+)*|[A-Z])\b(?: (?:above|below))?|"
    r"oben|unten|weiter (?:oben|unten)|(?:im )?(?:Abschnitt|Kapitel|Absatz|Tabelle|Abbildung|Punkt|Seite) "
    r"(?:\d+(?:\.\d+)*|oben|unten)|"
    r"(?:m[aá]s )?(?:arriba|abajo)|(?:en )?(?:la secci[oó]n|el apartado|el cap[ií]tulo|la tabla|el punto|"
    r"la p[aá]gina) \d+"
    r"(?:\.\d+)*|"
    r"ci-dessus|ci-dessous|plus (?:haut|bas)|(?:à la|au|la|le) (?:section|chapitre|paragraphe|tableau|point|page) \d+"
    r"(?:\.\d+)*)"
)
_AS_SAID = (
    r"(?:as |just )?(?:described|explained|mentioned|shown|listed|noted|outlined|stated)(?: (?:in|at|under))?|"
    r"wie(?: bereits| schon)?(?: im?| in)?|como se (?:describe|explica|indica|muestra|menciona)(?: en)?|"
    r"comme (?:décrit|indiqué|expliqué|mentionné)e?s?(?: (?:à|dans|au))?"
)
_POINTS_INSIDE = re.compile(
    rf"\s{{0,9}}\((?:{_SEE}|{_AS_SAID})\s{{1,9}}{_PLACE}[^()\n]{{0,40}}\)"
    rf"|,\s{{1,9}}(?:{_SEE}|{_AS_SAID})\s{{1,9}}{_PLACE}(?:\s{{1,9}}(?:beschrieben|erklärt|erwähnt|gezeigt))?(?=[,.;:!?]|\s{{0,9}}$)"
    rf"|,?\s{{1,9}}(?:as |wie |como |comme )(?:{_AS_SAID.replace('(?:as |just )?', '')})?\s{{0,9}}{_PLACE}"
    r"(?:\s{1,9}(?:beschrieben|erklärt|erwähnt|gezeigt))?(?=[,.;:!?]|\s{0,9}$)",
    re.IGNORECASE,
)
_POINTS_IN_FRONT = re.compile(
    rf"\A(?:{_AS_SAID})\s{{0,9}}{_PLACE}(?:\s{{1,9}}(?:beschrieben|erklärt|erwähnt|gezeigt))?,\s{{0,9}}",
    re.IGNORECASE,
)
_ONLY_POINTS = re.compile(rf"\A\W{{0,3}}(?:{_SEE})\s{{1,9}}{_PLACE}\W{{0,3}}\Z", re.IGNORECASE)
_TITLE = r"[\"“„«‚‘'][^\"“”„«»\n]{2,200}[\"”“»’']"
_POINTER = re.compile(
    rf"\A(?:(?:for|if|to|when|where|more|details?|für|wenn|um|mehr|zum|zur|para|si|más|pour|plus|per|voor|als)\b"
    rf"[^.!?;\"“„«]{{0,160}}?\b)?(?:{_SEE})\s{{1,9}}(?:our |the |unseren? |den |nuestro |notre )?(?:help )?"
    rf"(?:articles? |artikel |art[ií]culos? )?{_TITLE}"
    rf"(?:[;,]\s{{0,9}}[^.!?;\"“„«]{{0,160}}?(?:{_SEE})\s{{1,9}}{_TITLE})*[^.!?\"“„«]{{0,30}}[.!]?\Z",
    re.IGNORECASE,
)
_QUOTED = re.compile(_TITLE)
_SEES = re.compile(rf"\b(?:{_SEE})\s", re.IGNORECASE)
_LEAST_WORDS = 3


def without_pointers(text: str) -> str:
    """Return the text without "see above" and the like; empty if nothing else stands in it."""
    if not _may_point(text):
        return text
    if _ONLY_POINTS.match(text):
        return ""
    rest = _POINTS_INSIDE.sub("", _POINTS_IN_FRONT.sub("", text))
    if rest == text:
        return text
    return rest[:1].upper() + rest[1:] if len(words(rest)) >= _LEAST_WORDS else ""


def is_pointer(text: str) -> bool:
    """Whether a sentence only names another article: for all projects see “Export a workspace”."""
    return _POINTER.match(text) is not None


def titles_pointed_to(text: str) -> list[str]:
    """Return what a text names in quotation marks behind "see" and the like."""
    return [
        quoted[0].strip("\"“”„«»‚‘’' ")
        for sentence in sentences(text)
        if _SEES.search(sentence)
        for quoted in _QUOTED.finditer(sentence)
    ]


_MAY_POINT = re.compile(
    rf"\b(?:{_SEE}|described|explained|mentioned|shown|listed|noted|outlined|stated|wie|como|comme|above|below)\b",
    re.IGNORECASE,
)


def _may_point(text: str) -> bool:
    return _MAY_POINT.search(text) is not None
