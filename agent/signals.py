"""Recognises what a customer's words do: report that an answer failed, quote an error code, ask."""

from __future__ import annotations

import re

from domain.words import fold

_STILL_BROKEN = re.compile(
    r"\bstill (?:not|no\b|doesn'?t|does not|isn'?t|is not|won'?t|will not|can'?t|cannot|can not|broken|failing|fails|"
    r"the same|same|stuck|happening|happens|get(?:ting)?|see(?:ing)?|having|have|facing|shows?|says?|nothing)\b|"
    r"\b(?:did(?:n'?t| not)|does(?:n'?t| not)|has(?:n'?t| not)|that(?:'s| is) not) (?:work|help|helped|worked|"
    r"solve|fix|solved|fixed|"
    r"change|do anything|make (?:a|any) difference|it)\b|"
    r"\b(?:no luck|no change|no difference|not working still|same (?:problem|issue|error|thing|result|message)|"
    r"not (?:fixed|solved|resolved)|"
    r"(?:already )?tried (?:that|this|it|all|everything|those)|already did (?:that|this)|not helpful|"
    r"unfortunately not)\b|"
    r"\b(?:geht|funktioniert|klappt) (?:immer noch|leider|trotzdem) nicht\b|\bimmer noch nicht\b|"
    r"\bhat nicht geholfen\b|"
    r"\b(?:sigue|siguen) (?:sin|igual|fallando)\b|\btodavia no\b|\bno (?:funciono|ayudo)\b|"
    r"\btoujours pas\b|\bn'a pas (?:marche|fonctionne|aide)\b"
)
_CODE = re.compile(r"\b[A-Z]{2,6}-\d{2,4}\b")
_QUESTION_LIKE = re.compile(
    r"\?|\b(?:how|what|where|when|why|which|who|can i|could i|is there|is it possible|do you|does|"
    r"can't|cannot|unable|won't|doesn't|not able|error|fails?|trying to|want to|need to|"
    r"wie|wo|warum|kann ich|como|donde|puedo|comment|ou|pourquoi)\b",
    re.IGNORECASE,
)


_TRIED = re.compile(
    r"\b(?:(?:i|we)(?:'ve| have)? (?:already |also )?(?:tried|restarted|reinstalled|cleared|rebooted)|"
    r"(?:i|we)(?:'ve| have) (?:already |also )?(?:reset|checked|done|followed)|(?:i|we) (?:already )?did (?:that|"
    r"this|all)|"
    r"already (?:tried|did|done)|(?:schon|bereits) (?:alles |mehrfach )?(?:versucht|probiert|neu gestartet|gemacht)|"
    r"habe (?:es |das |alles )?(?:schon |bereits )?(?:versucht|probiert)|ya (?:he|lo he|hemos) (?:intentado|"
    r"probado|hecho)|"
    r"j'ai (?:deja |tout )?(?:essaye|fait|redemarre))\b"
)
_TROUBLE = re.compile(
    r"\b(?:(?:does|do|did|is|are|was|will|would|can|could)(?:n't| not) (?:work|load|open|start|sync\w*|arrive|"
    r"show|let me|"
    r"connect|respond|save|send|receive|upload|download|import|export|log|sign)\w*|won't|keeps? (?:failing|"
    r"crashing|freezing|"
    r"saying|asking)|fails?|failed|crash(?:es|ed)|broken|stuck|locked out|blank|never (?:arrive[sd]?|came|comes)|"
    r"funktioniert (?:\w+ )?nicht|geht (?:\w+ )?nicht|kommt nicht|stuerzt|sturzt|fehlgeschlagen|kaputt|"
    r"no (?:funciona|llega|carga|abre|puedo)|falla|bloquead[oa]|ne (?:fonctionne|marche|s'ouvre|charge) pas|"
    r"bloque|plante)\b"
)


def tells_what_was_tried(text: str) -> bool:
    """Return whether a text says what the customer did about a problem already."""
    return _TRIED.search(fold(text)) is not None


def reports_trouble(text: str) -> bool:
    """Return whether a text reports that something does not work."""
    return _TROUBLE.search(fold(text)) is not None


_LOSS = re.compile(
    r"\b(?:(?:is|are|was|were|all|everything|now) (?:all )?(?:gone|lost|deleted|missing|worse|empty|broken)|"
    r"(?:made|makes) it worse|nothing works|(?:ist|sind) (?:jetzt |alles |nun )?(?:weg|verloren|geloscht|kaputt)|"
    r"(?:se ha|han) (?:perdido|borrado)|todo (?:ha )?desaparec\w+|(?:est|sont|tout) (?:perdu|efface|disparu)\w*)\b"
)


def reports_loss(text: str) -> bool:
    """Return whether a text says that something is gone or worse now, whatever thanks stand around it."""
    return _LOSS.search(fold(text)) is not None


def reports_failure(text: str) -> bool:
    """Return whether a text says that something still does not work or did not help."""
    return _STILL_BROKEN.search(fold(text)) is not None


def quotes_code(text: str) -> bool:
    """Return whether a text quotes an error code such as SSO-403."""
    return _CODE.search(text) is not None


def asks(text: str) -> bool:
    """Return whether a text asks something or describes a problem."""
    return _QUESTION_LIKE.search(text) is not None
