"""Sentences that claim an act or promise something, in English and, basically, German, Spanish and French."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.words import fold

_I = (
    r"(?:i|we)(?:'ve| have|'ll| will|'m| am|'re| are)?(?: (?:just|already|now|also|gladly|happily|going to|"
    r"go ahead and))*"
)
_PERSON = (
    r"(?:colleague|specialist|team ?mate|member of (?:our|the) team|someone|representative|human|person|manager|"
    r"supervisor|engineer|(?:support |billing |sales |technical )?(?:team|agent))"
)
_ACTS = (
    r"(?:reset|changed|deleted|cancel+ed|upgraded|downgraded|updated|unlocked|locked|disabled|enabled|activated|"
    r"deactivated|removed|added|fixed|repaired|credited|refunded|reimbursed|sent|e-?mailed|granted|extended|"
    r"issued|processed|approved|restored|merged|closed|resolved|verified|applied|waived|charged|transferred \$|"
    r"reported|filed|logged|registered|noted|flagged)"
)


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{part})" for part in parts))


_HAND_OVER = _any(
    rf"\b{_I} (?:pass|passed|passing|forward|forwarded|forwarding|hand|handed|handing|escalate|escalated|"
    rf"escalating|transfer|"
    rf"transferred|transferring|connect|connected|connecting|route|routed|assign|assigned|put|loop|looped|refer|"
    rf"referred)\b"
    rf"[^.!?]{{0,60}}\b{_PERSON}\b",
    rf"\b{_I} (?:escalate|escalated|escalating)\b",
    r"\b(?:has|have|was|is|been|being)(?: been| being)? (?:escalated|handed (?:over|to)|forwarded to|"
    r"passed (?:on )?to|transferred to|assigned to)\b",
    rf"\b(?:a|an|one of our|our|the|my) (?:\w+ )?{_PERSON} (?:will|is going to|is now|shall)\b",
    r"\b(?:someone|somebody) (?:will|is going to)\b",
    r"\b(?:weitergeleitet|weitergegeben|ubergeben an|eskaliert)\b",
    r"\bein(?:e)? (?:kolleg\w+|mitarbeiter\w*)\b[^.!?]{0,40}\b(?:meldet|wird|kummert|antwortet)\b",
    r"\b(?:he|hemos|ha sido) (?:\w+ )?(?:transferido|escalado|derivado|pasado|reenviado)\b",
    r"\bun(?:a)? (?:companer\w+|agente|colega|especialista)\b[^.!?]{0,40}\b(?:pondra|contactara|respondera|ayudara)\b",
    r"\b(?:j'ai|nous avons|a ete) (?:\w+ )?(?:transmis\w*|transfere\w*|escalade\w*)\b",
    r"\bun(?:e)? (?:collegue|conseill\w+|agent)\b[^.!?]{0,40}\b(?:contactera|recontactera|repondra|aidera)\b",
)
_FOLLOW_UP = _any(
    r"\b(?:i|we|i'll|we'll) ?(?:will |shall |'ll |am going to |are going to )?(?:get back to|follow up|"
    r"check back|call you|contact you|"
    r"keep you (?:posted|updated|informed)|monitor|reach out|be in touch|look into|investigate|let you know|"
    r"e-?mail you|write to you)\b",
    r"\byou (?:will|'ll) (?:be contacted|hear (?:back )?from|receive (?:a|an) (?:call|answer|reply|update) from)\b",
    r"\b(?:ich|wir) (?:melde|melden|kummere|kummern|prufe|prufen) (?:mich|uns|das)\b",
    r"\b(?:me|nos) (?:pondre|pondremos) en contacto\b",
    r"\b(?:je|nous) (?:vous )?(?:recontacter\w+|reviendr\w+|reviens|revenons)\b",
)
_ACT = _any(
    rf"\b{_I} (?:{_ACTS})\b",
    rf"\byour (?:\w+ ){{1,3}}?(?:has|have) (?:now |just |already |successfully )?been (?:{_ACTS})\b",
    r"\b(?:ich|wir) (?:habe|haben)\b[^.!?]{0,60}\b(?:zuruckgesetzt|geandert|geloscht|storniert|gekundigt|"
    r"erstattet|gutgeschrieben|entsperrt|freigeschaltet|behoben|gesendet)\b",
    r"\b(?:he|hemos) (?:restablecido|cambiado|eliminado|cancelado|reembolsado|abonado|desbloqueado|arreglado|"
    r"enviado)\b",
    r"\b(?:j'ai|nous avons) (?:reinitialise|modifie|supprime|annule|rembourse|credite|debloque|corrige|envoye)\b",
)
_TICKET = _any(
    r"\b(?:created|opened|raised|logged|made) (?:a |you a |the |your )?(?:new )?(?:support )?ticket\b",
    r"\bticket (?:has been|was|is) (?:created|opened|raised|logged)\b",
)
_TICKET_END = _any(
    r"\b(?:closed|resolved) (?:your|the|this) ticket\b",
    r"\bticket (?:has been|was|is) (?:now )?(?:closed|resolved)\b",
)
_REFUND = _any(
    r"\brefund(?:s|ed|ing)?\b[^.!?]{0,60}\b(?:issued|processed|approved|initiated|on (?:its|the) way|confirmed|"
    r"granted|will|receive|within)\b",
    r"\b(?:will|'ll|can|have|has|am|are|shall|going to|happy to|gladly|approved|granted|issued?|process(?:ed|"
    r"ing)?|receive|get|entitled to|eligible for)"
    r"(?: (?:you|be|a|your|the|full|partial|been|to|for|initiate|give|offer|issue|process|make|"
    r"get))* (?:refund(?:ed|ing)?|reimburse(?:d|ment)?)\b",
    r"\b(?:get|have|receive|give|send) (?:you )?(?:all )?(?:your |the )?money back\b",
    r"\b(?:credit|credited|compensat\w+) (?:to )?(?:your|you)\b",
    r"\b(?:erstatten|erstattet|ruckerstattung|gutschrift|geld zuruck)\b",
    r"\breembols\w+|\bdevol(?:ver|vere|veremos) (?:su|tu|el) dinero\b",
    r"\brembours\w+",
)
_PRICE = _any(
    r"[$€£¥]\s?\d",
    r"\b\d+(?:[.,]\d+)?\s?(?:€|\$|£|usd|eur|gbp|dollars?|euros?|pounds?|cents?)(?!\w)",
    r"\b(?:usd|eur|gbp)\s?\d",
    r"\b\d+\s?(?:%|percent)\s?(?:off|discount|cheaper|rabatt|nachlass|de descuento|de reduction|less)",
    r"\b(?:i|we|you)(?: can| will|'ll| could| are| am)? (?:offer|give|apply|get|grant|entitled to|"
    r"receive)\b[^.!?]{0,30}\b(?:discount|coupon|voucher|promo(?:tion)?al? (?:code|price)|special (?:offer|"
    r"price|deal)|free (?:month|year|upgrade))",
    r"\b(?:rabatt|descuento|reduction|remise) (?:von|de|gewahren)\b",
)
_PROMISE = _any(
    r"\b(?:i|we) (?:guarantee|promise|assure you|swear|commit)\b|\bguaranteed\b|\bgarantiere\w*|\bgarantiza\w*|"
    r"\bgarantis\w*",
    r"\b(?:will|'ll) be (?:fixed|released|available|back|resolved|solved|ready|delivered|restored|done|"
    r"completed|shipped)\b[^.!?]{0,30}\b(?:by|on|in|within|before|next|tomorrow|today|tonight|soon|this)\b",
    r"\b(?:will|'ll)\b[^.!?]{0,60}\b(?:by|until|before) (?:tomorrow|tonight|noon|monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday|"
    r"(?:the )?end of (?:the |this )?(?:day|week|month)|next (?:week|month))\b",
)


def find_claims(
    sentence: str, *, is_handed_over: bool, has_ticket: bool, is_quoted: bool
) -> Iterator[tuple[str, str]]:
    """Yield (code, words) of each claim or promise in one sentence that the draft does not bear out.

    A sentence that is quoted whole from a passage may name prices and speak of what the company does and promises;
    it may not speak of things done for this customer.
    """
    plain = fold(sentence)
    rules = [("act", _ACT), ("act", _TICKET_END)]
    if not is_quoted:
        rules += [("price", _PRICE), ("refund", _REFUND), ("promise", _PROMISE)]
        if not is_handed_over:
            rules += [("hand_over", _HAND_OVER), ("follow_up", _FOLLOW_UP)]
        if not has_ticket:
            rules.append(("ticket", _TICKET))
    for code, pattern in rules:
        found = pattern.search(plain)
        if found is not None and not (
            is_handed_over and code == "act" and _HAND_OVER.search(plain)
        ):
            yield code, found.group()[:80]
