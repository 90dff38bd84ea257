"""Recognises STOP and START, the words that end and resume our messages."""

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
"""Whole messages only. Twilio's own CANCEL, END, QUIT and YES are not here: in a support chat they are
answers, which need a reply."""

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def standing_of(text: str, opt_out_type: str = "") -> Standing:
    """Return OPT_OUT or OPT_IN for a message that is nothing but such a word, in any case or accent.

    `opt_out_type` is Twilio's own result (OptOutType) if Advanced Opt-Out is on.
    """
    found = {"STOP": Standing.OPT_OUT, "START": Standing.OPT_IN}.get(opt_out_type.upper())
    if found is not None:
        return found
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
