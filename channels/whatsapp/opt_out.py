"""STOP and START: the words by which a customer ends and resumes our messages."""

from __future__ import annotations

import re
import unicodedata

from domain.messages import Standing

_STOP_WORDS = frozenset(
    {
        *("stop", "stopall", "stop all", "unsubscribe", "optout", "opt out", "opt-out", "revoke"),
        *("stopp", "abmelden", "abbestellen"),
        *("parar", "detener", "baja", "darme de baja", "cancelar suscripcion"),
        *("arret", "arreter", "desabonner", "me desabonner", "desinscrire"),
        *("sair", "descadastrar", "cancelar inscricao"),
        *("disiscrivi", "disiscrivimi", "annulla iscrizione"),
    }
)
_START_WORDS = frozenset(
    {
        *("start", "unstop", "subscribe", "optin", "opt in", "opt-in"),
        *("starten", "anmelden"),
        *("alta", "iniciar", "reanudar", "suscribir"),
        *("demarrer", "reprendre", "reabonner"),
        *("iscrivi", "iscrivimi", "inizia"),
    }
)
"""Whole messages only. Of the words that Twilio counts on SMS, CANCEL, END, QUIT and YES are left
out: in a support chat they are answers, and silence would be the wrong reply to them."""

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def standing_of(text: str, opt_out_type: str = "") -> Standing:
    """OPT_OUT or OPT_IN for a message that is nothing but such a word, in any case or accent.

    `opt_out_type` is Twilio's own finding (OptOutType) where Advanced Opt-Out is switched on.
    """
    told = {"STOP": Standing.OPT_OUT, "START": Standing.OPT_IN}.get(opt_out_type.upper())
    if told is not None:
        return told
    if len(text) > 40:
        return Standing.NORMAL
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    word = " ".join(_EDGES.sub("", plain).split())
    if word in _STOP_WORDS:
        return Standing.OPT_OUT
    if word in _START_WORDS:
        return Standing.OPT_IN
    return Standing.NORMAL
