"""Tells whether a WhatsApp message ends or resumes our messages, by its words or by Twilio's own finding."""

from __future__ import annotations

from domain.consent import find_wish
from domain.messages import Standing


def standing_of(text: str, opt_out_type: str = "") -> Standing:
    """Return OPT_OUT or OPT_IN for a message that wishes nothing else, in any case, accent or language.

    `opt_out_type` is Twilio's own result (OptOutType) if Advanced Opt-Out is on; then Twilio also confirms it.
    """
    found = {"STOP": Standing.OPT_OUT, "START": Standing.OPT_IN}.get(opt_out_type.upper())
    if found is not None:
        return found
    wish = find_wish(text)
    if wish is None:
        return Standing.NORMAL
    return Standing.OPT_OUT if wish.is_stop else Standing.OPT_IN
