"""From what people wrote in a resolved ticket to what would help the next customer, or why there is nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from domain.knowledge import Lesson, ResolvedTicket
from domain.tickets import EscalationReason
from pipeline.learning.privacy import find_personal, scrub
from pipeline.learning.words import content_words, flatten, is_list_item, sentences

HARD_LIMITS = frozenset({EscalationReason.PRICING, EscalationReason.REFUND, EscalationReason.LEGAL})
"""What people grant here they grant to one customer."""
MIN_CONTENT_WORDS = 6
MAX_TITLE_CHARS = 110
MAX_QUESTION_CHARS = 300

_MONEY = re.compile(
    r"\b(?:refund\w*|reimburs\w*|compensat\w*|voucher\w*|coupon\w*|discount\w*|goodwill|"
    r"chargeback|money back|"
    r"credited|credit note|free (?:month|year|seat)s?|waiv(?:e|ed|ing)|credit (?:to )?your)\b"
    r"|[€$£]\s?\d|\b\d+(?:[.,]\d+)?\s?(?:€|EUR|USD|GBP|euros?|dollars?|pounds?)\b",
    re.IGNORECASE,
)
_DONE = (
    r"reset|restarted|unlocked|locked|extended|enabled|disabled|activated|deactivated|"
    r"cancell?ed|removed|deleted|"
    r"merged|restored|escalated|forwarded|changed|updated|fixed|applied|added|moved|raised|"
    r"asked|contacted|checked|"
    r"looked|spoke|spoken|talked|called|sent|created|issued|processed|migrated|re-?indexed|"
    r"reindexed|triggered|booked|"
    r"scheduled|granted|made|corrected|adjusted|upgraded|downgraded|transferred|found|see|saw|"
    r"noticed|did|done|set|"
    r"switched|turned|given|gave|increased|raised|flushed|cleared|opened|closed|confirmed|"
    r"investigated|reported|passed|"
    r"rebuilt|recovered|repaired|patched|deployed|whitelisted|allowlisted|verified|reproduced"
)
_ONE_OFF = re.compile(
    rf"\b(?:I|we)(?:['’](?:ve|d|ll|re)|\s(?:have|had|will|are|am|was|were))?"
    rf"(?:\s(?:just|now|already|also|manually|therefore|then|have|gone ahead and|went ahead and|"
    rf"to))*\s(?:{_DONE})\b"
    rf"|\b(?:has|have|had|was|were) (?:now |just |already |been |"
    rf"manually )*(?:{_DONE})\b.*\b(?:for you|your|us|now)\b"
    r"|\byour (?:account|workspace|order|invoice|case|ticket|plan|trial|subscription|seats?|"
    r"project|data|file|"
    r"request|profile|license) (?:is|was|has|had|will|should) (?:now |be |been |have )*\w+(?:ed|"
    r"ing|ready|back|ok|fine)\b"
    r"|\b(?:exception|one[- ]time|one[- ]off|just this once|this once|in your case|"
    r"for your (?:case|account|company|team)|"
    r"as agreed|as discussed|on our (?:side|end)|our (?:engineers?|developers?|team) (?:is|are|"
    r"has|have|will|found|fixed))\b"
    r"|\b(?:yesterday|today|tonight|tomorrow|last (?:night|week|month|time)|this (?:morning|"
    r"afternoon|evening|week)|"
    r"next (?:week|month)|(?:on|by|until|till) (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|thanks?|thank you|"
    r"many thanks|cheers|sorry|"
    r"apologies|we apologi[sz]e|i apologi[sz]e|please accept|my apologies|i hope|hope|glad|"
    r"great|perfect|no problem|"
    r"you'?re welcome|welcome|sure|of course|let (?:me|us) know|feel free|do not hesitate|"
    r"don'?t hesitate|if you have "
    r"(?:any )?(?:more|further|other)|is there anything|anything else|does (?:this|that) help|"
    r"did (?:this|that)|have a "
    r"(?:nice|great|good)|i'?ll|i will|i am|i'?m|we are looking|we'?ll|we will|i understand|"
    r"i can imagine|"
    r"good (?:question|point)|got it|one moment|understood)\b"
    r"|\b(?:customers?|clients?|the user|she|he|they) (?:was|were|is|has|had|have|wants?|wanted|"
    r"asked|called|says|said|"
    r"confirmed|replied|wrote|thanked|happy|told)\b"
    r"|^(?:told|asked|explained|called|spoke|resolved|closed|answered|replied|sent|fixed|done|"
    r"duplicate|dup|see (?:above|"
    r"reply|thread)|same as|as above|n/?a|ok|wontfix|spam|test|no (?:reply|answer))\b",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"^\s*(?:--\s*|(?:best|kind|warm|many)?\s*(?:regards|wishes|greetings)\b.*|best,?|cheers,?|"
    r"sincerely\b.*|yours\b.*|"
    r"thanks,?|thank you,?|mit freundlichen grüßen.*|saludos.*|cordialement.*)\s*,?\s*$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^\s*>|^\s*(?:On|Am|Le|El) .{5,80}(?:wrote|schrieb|écrit|escribió)\s*:\s*$")
_PLACEHOLDER = re.compile(r"\[[a-z -]+\]")


@dataclass(frozen=True, slots=True)
class Solution:
    """`question` and `title` hold no personal data; `text` is in the words of the person who helped."""

    question: str
    title: str
    text: str
    sentences: tuple[str, ...]


def distil(ticket: ResolvedTicket) -> Solution | Lesson:
    """The reply that people wrote; where there is nothing to it, their note on the resolution.

    Words of the agent and of the customer are no source, wherever they stand: a reply that quotes
    them is read without them.
    """
    if ticket.reason in HARD_LIMITS:
        return Lesson.HARD_LIMIT
    if ticket.is_disputed:
        return Lesson.DISPUTED
    written = [*ticket.staff_texts, ticket.note]
    if any(_MONEY.search(text) for text in written):
        return Lesson.ONE_OFF
    refusal = Lesson.NOTHING_GENERAL
    for texts in (ticket.staff_texts, (ticket.note,)):
        kept, dropped = _sift(ticket, texts)
        words = content_words(" ".join(kept))
        if len(words) >= MIN_CONTENT_WORDS and len(kept) >= len(dropped):
            question = _question(ticket)
            title = _title(ticket, question, kept[0])
            return Solution(question, title, _paragraph(kept), tuple(kept))
        if dropped and refusal is Lesson.NOTHING_GENERAL:
            refusal = Lesson.PRIVATE if Lesson.PRIVATE in dropped else Lesson.ONE_OFF
    return refusal


def _sift(ticket: ResolvedTicket, texts: tuple[str, ...]) -> tuple[list[str], list[Lesson]]:
    """Sentences that hold for everybody, and why others were left out (chatter is not counted)."""
    others = flatten(" \n ".join([*ticket.agent_texts, *ticket.customer_texts]))
    kept: list[str] = []
    dropped: list[Lesson] = []
    for text in texts:
        for sentence in sentences("\n".join(_own_lines(text))):
            flat = flatten(sentence)
            if not flat or flat in others or any(flat == flatten(one) for one in kept):
                continue
            if find_personal(sentence, ticket.private_words):
                # A greeting by name is no reason to think that the answer is about one person.
                if not _CHATTER.match(sentence):
                    dropped.append(Lesson.PRIVATE)
            elif _ONE_OFF.search(sentence):
                dropped.append(Lesson.ONE_OFF)
            elif not (_CHATTER.search(sentence) or sentence.endswith("?")):
                kept.append(sentence)
    # A list that lost its end, or an introduction that lost its list, says nothing.
    while kept and kept[-1].endswith(":"):
        kept.pop()
    return kept, dropped


def _own_lines(text: str) -> Iterator[str]:
    """Without quoted mail, and up to the signature."""
    for line in text.splitlines():
        if _SIGN_OFF.match(line):
            return
        if _QUOTED.match(line):
            if line.rstrip().endswith(":"):
                return
            continue
        yield line


def _question(ticket: ResolvedTicket) -> str:
    """What the customer asked, scrubbed: the sentence with a question mark that says most, or the first words."""
    first = ticket.customer_texts[0] if ticket.customer_texts else ""
    asked = [one for one in sentences(first) if one.endswith("?") and len(content_words(one)) >= 3]
    text = max(asked, key=lambda one: len(content_words(one)), default="")
    if not text:
        text = " ".join([ticket.subject, *sentences(first)[:2]])
    return _clean(text, ticket)[:MAX_QUESTION_CHARS].strip()


def _title(ticket: ResolvedTicket, question: str, answer: str) -> str:
    """The question where it is short enough, else the subject, else what the answer begins with."""
    subject = _clean(ticket.subject, ticket)
    usable = [
        one
        for one in (question if question.endswith("?") else "", subject, question, answer)
        if len(content_words(one)) >= 3 and len(one) <= MAX_TITLE_CHARS
    ]
    chosen = usable[0] if usable else (question or answer)[:MAX_TITLE_CHARS]
    chosen = re.sub(
        r"^(?:hi|hello|hey|dear|and|so|but|also|well|ok)[,!.]?\s+", "", chosen, flags=re.IGNORECASE
    )
    return chosen[:1].upper() + chosen[1:]


def _clean(text: str, ticket: ResolvedTicket) -> str:
    scrubbed = _PLACEHOLDER.sub("", scrub(text, ticket.private_words))
    return re.sub(r"\s+([,.;:!?])", r"\1", re.sub(r"\s+", " ", scrubbed)).strip(" ,;:")


def _paragraph(kept: list[str]) -> str:
    """Sentences of a paragraph on one line, list items on lines of their own."""
    text = kept[0]
    for before, sentence in pairwise(kept):
        in_list = is_list_item(sentence)
        if in_list:
            gap = "\n" if is_list_item(before) or before.endswith(":") else "\n\n"
        else:
            gap = "\n\n" if is_list_item(before) else " "
        text += gap + sentence
    return text
