"""Reads what mail programs put in front of a subject, in the languages that they speak."""

from __future__ import annotations

import re

_COUNT = r"\s{0,2}(?:\[\d{1,3}\]|\(\d{1,3}\)|\d{1,2})?\s{0,2}[:：]"
_TAG = r"\A\s{0,8}(?:\[[^\]\n]{1,30}\]\s{0,3}){0,2}"
_REPLY = re.compile(
    rf"{_TAG}(?:re|aw|antw|antwort|sv|svar|vs|odp|odg|res|resp|rif|ref|r|bls|ynt|yan|cev|atb|ats|vá|va|vast|απ|σχετ"
    rf"|отв|ответ|відп|на|rép|回复|回覆|答复|回信|返信|회신|답장|hal|trả lời|ตอบ|رد|תשובה|השב){_COUNT}",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    rf"{_TAG}(?:fw|fwd|wg|tr|trs|rv|enc|i|vl|vb|doorst|pd|fs|tov|továbbítás|továbbítva|ilt|i̇lt|yön|πρθ|προθ|転送|转发|轉寄"
    rf"|轉發|전달|вн|пер|переслано|препр|vidarebefordrat|videresendt|reenv|reenviado|encaminhado|inoltrato|weitergeleitet"
    rf"|transféré|transfert|doorgestuurd|přeposláno|preposlané|przekazano|pārsūtīts|edastatud|persiųsta|chuyển tiếp"
    rf"|ส่งต่อ|terusan|teruskan|إعادة توجيه|הועבר){_COUNT}",
    re.IGNORECASE,
)


def is_reply_subject(subject: str) -> bool:
    """Return whether a mail program made the subject for an answer."""
    return bool(_REPLY.match(subject[:200]))


def is_forward_subject(subject: str) -> bool:
    """Return whether a mail program made the subject for a forward."""
    return bool(_FORWARD.match(subject[:200]))
