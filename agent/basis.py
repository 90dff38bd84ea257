"""Checks that a reply rests on something: a question back, small talk, or what the turn's tools found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from agent.quoting import Quotable, without_sources
from agent.settings import AgentSettings
from agent.small_talk import is_small_talk
from domain.languages import Language
from domain.turns import Draft, Turn
from domain.wording import framing
from domain.words import content_stems, overlap, sentences, words

SMALL_TALK_CHARS = 300
QUESTION_CHARS = 600
MIN_SENTENCE_GROUNDING = 0.3
MIN_SHORT_GROUNDING = 0.6
SHORT_SENTENCE_WORDS = 4
MIN_GROUNDED_WORDS = 4

TICKET_NUMBER = re.compile(r"\bTKT-[0-9A-Z]+", re.IGNORECASE)
_LIST_NUMBER = re.compile(r"^[^\S\n]*\d{1,2}[.)]\s", re.MULTILINE)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_LINKING_WORDS = """
    sorry apologise apologize trouble inconvenience understand frustrating annoying hope help helps happy glad
    question message asking reaching contacting writing details information documentation article articles guide
    here follow following steps step try trying check make sure need want know see find look happens case issue
    problem work works working still reply answer anything else further first next then finally instead note
    according described explained way simply usually means sounds like great good welcome back time moment
    option options way thing things able possible set use using go open select choose click press tap enter
    ticket number """


@lru_cache(maxsize=64)
def _frame(framing: tuple[str, ...], language: Language) -> frozenset[str]:
    """Return the stems that lead from one fact to the next and state none."""
    return frozenset(content_stems(_LINKING_WORDS + " ".join(framing), language))


_ENGLISH = frozenset(
    words(
        "the to you your and is in of for a it on that with this can not have will be are or if from then at"
    )
)


def source_text(draft: Draft) -> str:
    """Return all that the reply may rest on: its passages and what other tools found."""
    passages = [f"{passage.title}\n{passage.text}" for passage in draft.sources]
    return "\n".join([*passages, *draft.evidence])


def find_unfounded(
    turn: Turn, draft: Draft, reply: str, settings: AgentSettings
) -> Iterator[tuple[str, str]]:
    """Yield (code, evidence) for each rule that the reply breaks."""
    checked = _Reply(
        turn, draft, without_sources(reply, turn, draft.sources, source_text(draft)), settings
    )
    for code, rule in _RULES[checked.kind]:
        for evidence in rule(checked):
            yield code, evidence


def looks_english(text: str) -> bool:
    """Return whether enough of a text's words are English function words; short texts count as English."""
    spoken = words(text)
    if len(spoken) < 4:
        return True
    return sum(1 for word in spoken if word in _ENGLISH) / len(spoken) >= 0.15


@dataclass(frozen=True)
class _Reply:
    turn: Turn
    draft: Draft
    text: str
    settings: AgentSettings

    @property
    def kind(self) -> str:
        if self.draft.asks_back:
            return "question"
        if self.draft.sources:
            return "answer"
        if is_small_talk(self.turn.text, self.turn.language):
            return "small talk"
        return "answer" if self.draft.evidence else "nothing"

    @cached_property
    def basis(self) -> str:
        return source_text(self.draft)

    @cached_property
    def quotable(self) -> Quotable:
        return Quotable(self.draft.sources)

    @cached_property
    def basis_words(self) -> frozenset[str]:
        return frozenset(content_stems(self.basis, self.turn.language))

    @property
    def own_tickets(self) -> str:
        refs = (self.turn.ticket, self.draft.ticket)
        return " ".join(ref.number for ref in refs if ref is not None)


def _asks_again(reply: _Reply) -> Iterator[str]:
    if reply.turn.clarifications_before:
        yield "the customer was asked back before"


def _no_question(reply: _Reply) -> Iterator[str]:
    if "?" not in reply.text or len(reply.text) > QUESTION_CHARS:
        yield "asks_back needs one short question"


def _long_small_talk(reply: _Reply) -> Iterator[str]:
    if len(reply.text) > SMALL_TALK_CHARS:
        yield "small talk has to be short"


def _figure_in_small_talk(reply: _Reply) -> Iterator[str]:
    if len(reply.text) <= SMALL_TALK_CHARS and _NUMBER.search(reply.text):
        yield "small talk needs no figures"


def _no_source(_reply: _Reply) -> Iterator[str]:
    yield "the reply rests on no passage"


def _unknown_source(reply: _Reply) -> Iterator[str]:
    usable = {
        passage.chunk_id
        for result in reply.draft.found
        if result.is_answerable
        for passage in result.passages
    }
    if any(passage.chunk_id not in usable for passage in reply.draft.sources):
        yield "a source that no search of this turn found"


def _too_few_words(reply: _Reply) -> Iterator[str]:
    if not (looks_english(reply.text) or looks_english(reply.turn.text)):
        return
    quotable = reply.quotable
    if any(
        quotable.holds(sentence) and not quotable.is_heading(sentence)
        for sentence in sentences(reply.text)
    ):
        return  # Each of the other sentences is checked by itself.
    language = reply.turn.language
    share = overlap(reply.text, reply.basis_words, language)
    if (
        len(reply.basis_words.intersection(content_stems(reply.text, language)))
        < MIN_GROUNDED_WORDS
    ):
        yield "too short to show what it rests on; write a full sentence"
    elif share < reply.settings.min_grounding:
        yield f"{share:.0%} of its words are in the passages"


def _unfounded_sentence(reply: _Reply) -> Iterator[str]:
    """Nothing may hide behind a true answer: each sentence frames the answer or rests on the basis."""
    language = reply.turn.language
    named = content_stems(f"{reply.own_tickets} {reply.turn.customer_name}", language)
    frame = _frame(framing(reply.turn.company, language), language)
    known = reply.basis_words.union(named, frame)
    is_english = looks_english(reply.turn.text)
    for sentence in sentences(reply.text):
        own = set(content_stems(_LIST_NUMBER.sub("", sentence), language)) - frame
        if not own or not (is_english or looks_english(sentence)) or reply.quotable.holds(sentence):
            continue
        needed = MIN_SHORT_GROUNDING if len(own) < SHORT_SENTENCE_WORDS else MIN_SENTENCE_GROUNDING
        if len(own & known) / len(own) < needed:
            yield sentence[:80]


def _unknown_figure(reply: _Reply) -> Iterator[str]:
    known = set(_NUMBER.findall(f"{reply.basis}\n{reply.turn.text}"))
    if reply.draft.ticket is not None:
        known |= set(_NUMBER.findall(reply.draft.ticket.number))
    bare = TICKET_NUMBER.sub(" ", _LIST_NUMBER.sub(" ", reply.text))
    unknown = [number for number in _NUMBER.findall(bare) if number not in known]
    if unknown:
        yield f"figures that no passage holds: {', '.join(unknown[:5])}"


_Rule = Callable[[_Reply], Iterator[str]]
_RULES: dict[str, tuple[tuple[str, _Rule], ...]] = {
    "question": (("asks_again", _asks_again), ("no_question", _no_question)),
    "small talk": (("no_source", _long_small_talk), ("figure", _figure_in_small_talk)),
    "nothing": (("no_source", _no_source),),
    "answer": (
        ("no_source", _unknown_source),
        ("ungrounded", _too_few_words),
        ("ungrounded", _unfounded_sentence),
        ("figure", _unknown_figure),
    ),
}
"""By what a reply is: each rule has a stable code and yields the evidence for each breach of it."""
