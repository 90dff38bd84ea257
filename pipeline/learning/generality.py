"""Tells whether a sentence of a support reply applies to every customer, by its grammar.

General statements are in the present tense and about the product: "open", "appears", "may". What was
done for one customer is in the past tense, about us or the customer's things. Money and favours are
never general.
"""

from __future__ import annotations

import re

from domain.knowledge import Lesson

_MONEY = re.compile(
    r"\b(?:refund\w*|reimburs\w*|compensat\w*|voucher\w*|coupon\w*|discount\w*|rebates?|goodwill|chargebacks?"
    r"|money back|credited|credit notes?|credit (?:to )?your|credits? (?:of|for|on|towards?)|free (?:month|year|seat)s?"
    r"|waiv(?:e|ed|es|ing)|(?:duplicate|double|wrong|second) (?:charge|payment|debit|booking)s?|charged twice"
    r"|back (?:to|on|onto) (?:the|your) (?:card|account))\b"
    r"|[€$£]\s?\d|\b\d+(?:[.,]\d+)?\s?(?:€|EUR|USD|GBP|euros?|dollars?|pounds?)\b",
    re.IGNORECASE,
)
_PAST = (
    r"(?:\w{2,}ed|ran|took|put|made|gave|given|got|sent|brought|set|reset|let|did|done|saw|seen|found|spoke|spoken|told"
    r"|had|held|kept|left|paid|wrote|written|went|gone|began|began|undid|undone|built|rebuilt|taken|cut|lost)"
)
_LOOKED = (
    r"(?:checked|double-checked|looked|asked|found|saw|seen|tested|tried|reproduced|spoke|spoken|talked|confirmed|read|"
    r"understood|noticed|thought|learned|consulted|verified)"
)
_US = (
    r"(?:I|we|(?:our|the|my|a)(?: \w+)?(?: \w+)? (?:team|engineers?|developers?|colleagues?|technicians?|department|"
    r"specialists?|experts?)(?: (?:in|from|of) \w+)?|(?:support|billing|sales|platform) (?:engineering|operations))"
)
_SINCE = (
    r"(?:['’](?:ve|d|s)|\s(?:have|had|has|are|am|is|was|were))?"
    r"(?:\s(?:\w+ly|just|now|already|also|then|been|since))*"
)
_WE_LOOKED = re.compile(rf"\b{_US}{_SINCE}\s{_LOOKED}\b", re.IGNORECASE)
_WE_DID = re.compile(
    rf"\b{_US}{_SINCE}(?:\s(?:gone|went) ahead and|\s(?:took|taken) the liberty of)?\s(?:{_PAST}|\w{{3,}}ing)\b",
    re.IGNORECASE,
)
_FAVOUR = re.compile(
    r"\b(?:(?:an|by way of|by) exception|exceptionally|courtesy|one[- ]off|this (?:once|one \w+|time only)|just this"
    r"|in your case|for (?:once|your (?:case|account|company|team|workspace))|as (?:agreed|discussed|promised)|by hand"
    r"|on our (?:side|end)|(?:normally|usually) (?:this|that|it|we)\b.{0,200}\bbut)\b",
    re.IGNORECASE,
)
_THIS_ONE = re.compile(
    r"\bthis (?:workspace|account|customer|company|case|user|order|invoice|ticket|incident|tenant|request)\b",
    re.IGNORECASE,
)
_JUST_NOW = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|last (?:night|week|month|time|year)"
    r"|(?:of |from )?this (?:morning|afternoon|evening|week|month|quarter|year)|next (?:week|month|quarter)"
    r"|(?:on|by|until|till|before|since) (?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|the weekend)"
    r"|(?:is|are) being \w+(?:ed|en|ut)|works? again|all good now"
    r"|turned out|since (?:noon|midnight)|(?:is|are) (?:back|right|fine|normal) again)\b",
    re.IGNORECASE,
)
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_NARRATED = re.compile(
    rf"\b(?:was|were|had|went|got|took|came|gave|fell|happened|failed)\b"
    rf"|\bof (?:last )?{_WEEKDAY}\b|\b{_WEEKDAY} (?:night|morning|afternoon|evening)\b",
    re.IGNORECASE,
)
_ONE_PERSON = re.compile(r"\b(?:he|she|his|hers?|him|himself|herself)\b", re.IGNORECASE)
_WAS_DONE = re.compile(
    r"\b(?:has|have|it['’]s|that['’]s|['’]ve|was|were) (?:now |just |already |also |all )*(?:been )?\w+(?:ed|en|et)\b"
    r".{0,200}\b(?:for (?:you|us|it)|your|us|now|again)\b"
    r"|\b(?:has|have|it['’]s|that['’]s) (?:now |just |already |also |all )*been\b"
    r"|\byour (?:\w+ ){0,2}(?:was|were|had|has)\b"
    r"|\byour (?:\w+ ){0,2}(?:is|are|will|should) (?:now |be |been |have )*(?:\w+(?:ed|ing)|ready|back|ok|fine)\b",
    re.IGNORECASE,
)
_ON_CONDITION = re.compile(
    r"\b(?:if|when|whenever|once|after|unless|until|as soon as|where|that|which|who|whose)\b",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|thanks?|thank you|many thanks|cheers|sorry|"
    r"apologies|we apologi[sz]e|i apologi[sz]e|please accept|my apologies|i hope|hope|glad|great|perfect|no problem|"
    r"you['’]?re (?:welcome|right)|welcome|sure|of course|let (?:me|us)|feel free|do not hesitate|don['’]?t hesitate|"
    r"if you have (?:any )?(?:more|further|other)|is there anything|anything else|does (?:this|that) help|"
    r"did (?:this|that)|have a (?:nice|great|good)|good (?:question|point)|got it|one moment|understood)\b"
    r"|\b(?:customers?|clients?|the user|she|he|they) (?:was|were|is|has|had|have|wants?|wanted|asked|called|says|said|"
    r"confirmed|replied|wrote|thanked|happy|told)\b"
    r"|^(?:told|asked|explained|called|spoke|resolved|closed|answered|replied|sent|fixed|done|duplicate|dup|"
    r"see (?:above|reply|thread)|same as|as above|n/?a|ok|wontfix|spam|test|no (?:reply|answer))\b"
    r"|\b(?:send|tell|give|show|forward|write|let) (?:us|me)\b|\bget(?:ting)? back to you\b"
    r"|\b(?:I|we)(?:['’]ll| will| shall| can imagine| understand)\b|\bI['’]m\b|\bI am\b|\bour product team\b"
    r"|\b(?:we are|we['’]re) (?:grateful|happy|glad|sorry)\b|\b(?:wonderful|great|good|nice) idea\b"
    r"|\bwe (?:hope|wish)\b|\bit would help if\b"
    r"|\b(?:assistant|bot|chatbot) (?:wrote|said|told|answered|suggested)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"|\*\*[^*]*\*\*|`[^`]*`")


def grants_money(text: str) -> bool:
    """Whether the text is about money, which is granted to a single customer."""
    return _MONEY.search(text) is not None


def is_chatter(sentence: str) -> bool:
    """Whether the sentence is a courtesy, question, promise or account of a look-up: no knowledge."""
    said = _QUOTED.sub("", sentence)
    return bool(
        _CHATTER.search(said)
        or sentence.endswith("?")
        or (_WE_LOOKED.search(said) and not _WE_DID.search(_WE_LOOKED.sub("", said)))
    )


def why_not_general(sentence: str) -> Lesson | None:
    """Return ONE_OFF for what applies to one customer or time, PRIVATE for what is about a person, or None.

    Quoted words are the product's own and are ignored.
    """
    said = _QUOTED.sub("", sentence)
    if _FAVOUR.search(said) or _THIS_ONE.search(said) or _JUST_NOW.search(said):
        return Lesson.ONE_OFF
    if _WE_DID.search(said):
        return Lesson.ONE_OFF
    if not _ON_CONDITION.search(said) and (_WAS_DONE.search(said) or _NARRATED.search(said)):
        return Lesson.ONE_OFF
    return Lesson.PRIVATE if _ONE_PERSON.search(said) else None
