"""Checks that a reply rests on something: a question back, small talk, or what the turn's tools found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from agent.phrases import read_phrases
from agent.quoting import Quotable, without_sources
from agent.settings import AgentSettings
from agent.small_talk import is_small_talk
from domain.languages import Language, guess_language
from domain.turns import Draft, Turn
from domain.wording import courtesies, framing, own_questions
from domain.words import content_stems, fold, overlap, sentences, words

SMALL_TALK_CHARS = 300
QUESTION_CHARS = 600
MIN_SENTENCE_GROUNDING = 0.3
MIN_SHORT_GROUNDING = 0.6
SHORT_SENTENCE_WORDS = 4
MIN_GROUNDED_WORDS = 4
MIN_GUESSED_WORDS = 5
"""A shorter sentence is taken to be in the language of the whole reply."""

_QUESTION_MARK = re.compile(r"[?？؟]")
_BEGINNING_WORDS = 2
_CLAUSE_BEFORE = re.compile(
    r"^(?:(?:(?:just )?to|so that|in order to|um|damit|pour|afin|para|per|om) [^,:?]{1,60}[,:]|(?:please|bitte)\b)\s*",
    re.IGNORECASE,
)
_ASKING_WORDS = frozenset(
    words(
        "what which where when who whom whose why how"
        " was welche welcher welches welchem welchen wo wohin wann wer wem wen wie warum weshalb wieso woran worum"
        " que qu quoi quel quelle quels quelles ou quand qui pourquoi comment"
        " cual cuales donde cuando quien como por"
        " che cosa quale quali dove chi perche"
        " wat welk welke waar wanneer wie waarom hoe"
        " qual quais onde quando quem porque"
    )
)
"""They may stand behind a preposition: "in which format"."""
_ASKING_VERBS = frozenset(
    words(
        "do does did is are was were can could would will have has shall should may"
        " konnen konnten haben hat ist sind mochten wollen geht handelt meinen sehen tritt"
        " est pouvez pourriez avez voulez utilisez"
        " puede podria ha esta quiere usa utiliza"
        " puo potrebbe vuole"
        " kunt kan zou heeft bent wilt gebruikt gaat"
        " pode poderia tem"
    )
)
"""They ask where they stand first: "we have" states."""

TICKET_NUMBER = re.compile(r"\bTKT-[0-9A-Z]+", re.IGNORECASE)
_LIST_NUMBER = re.compile(r"^[^\S\n]*\d{1,2}[.)]\s", re.MULTILINE)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


@cache
def _linking_words() -> dict[str, str]:
    return {name: " ".join(lines) for name, lines in read_phrases("linking_words.txt").items()}


@cache
def _small_talk_words() -> dict[str, str]:
    return {name: " ".join(lines) for name, lines in read_phrases("courtesies.txt").items()}


@lru_cache(maxsize=64)
def _frame(framing: tuple[str, ...], language: Language) -> frozenset[str]:
    """Return the stems that lead from one fact to the next and state none."""
    return frozenset(content_stems(_linking_words()[language] + " ".join(framing), language))


def source_text(draft: Draft) -> str:
    """Return all that the reply may rest on: its passages and what other tools found."""
    passages = [f"{passage.title}\n{passage.text}" for passage in draft.sources]
    return "\n".join([*passages, *draft.evidence])


def find_unfounded(
    turn: Turn,
    draft: Draft,
    reply: str,
    settings: AgentSettings,
    translation: str | None = None,
) -> Iterator[tuple[str, str]]:
    """Yield (code, evidence) for each rule that the reply breaks; its translation is compared where there is one."""
    checked = _Reply(
        turn,
        draft,
        without_sources(reply, turn, draft.sources, source_text(draft)),
        settings,
        translation,
    )
    for code, rule in _RULES[checked.kind]:
        for evidence in rule(checked):
            yield code, evidence


def languages_of(draft: Draft) -> frozenset[Language]:
    """Return the languages of the reply's basis; a reply in none of them can't be compared with it."""
    return frozenset(
        guess_language(text)
        for text in (*(passage.text for passage in draft.sources), *draft.evidence)
        if text.strip()
    )


def needs_translation(draft: Draft, text: str) -> bool:
    """Whether a text is in another language than all that it rests on, and more than a quotation of it."""
    if not draft.sources:
        return False
    quotable, known = Quotable(draft.sources), languages_of(draft)
    own = [part for part in sentences(text) if not quotable.holds(part)]
    return bool(own) and guess_language(" ".join(own)) not in known


@dataclass(frozen=True)
class _Reply:
    turn: Turn
    draft: Draft
    text: str
    settings: AgentSettings
    translation: str | None = None
    """The text in a language of its basis."""

    @property
    def stated(self) -> str:
        """Return what is compared with the basis."""
        return self.text if self.translation is None else self.translation

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
    def basis_languages(self) -> frozenset[Language]:
        return languages_of(self.draft)

    @cached_property
    def language(self) -> Language:
        """The language of what is compared: a short text counts as the customer's own."""
        return guess_language(self.stated, self.turn.language)

    def basis_words(self, language: Language) -> frozenset[str]:
        return frozenset(content_stems(self.basis, language))

    @property
    def own_tickets(self) -> str:
        refs = (self.turn.ticket, self.draft.ticket)
        return " ".join(ref.number for ref in refs if ref is not None)


def _asks_again(reply: _Reply) -> Iterator[str]:
    if reply.turn.clarifications_before:
        yield "the customer was asked back before"


def _no_question(reply: _Reply) -> Iterator[str]:
    if not _QUESTION_MARK.search(reply.text) or len(reply.text) > QUESTION_CHARS:
        yield "asks_back needs one short question"


def _states_something(reply: _Reply) -> Iterator[str]:
    """A question states nothing: a claim with "do you understand?" behind it is none.

    Neither is one in the customer's own words or an article's title: whoever wrote them would have us say it.
    """
    if reply.text in own_questions(reply.turn.company, reply.turn.language):
        return
    for sentence in sentences(reply.text):
        language = guess_language(sentence, reply.turn.language)
        own, known = _own_and_known(reply, sentence, language)
        if not (own <= known or _asks(sentence)):
            yield sentence[:80]


def _asks(sentence: str) -> bool:
    """Whether a sentence begins as a question does, or after a clause that ends in a comma or colon."""
    if not _QUESTION_MARK.search(sentence):
        return False
    first = words(fold(_CLAUSE_BEFORE.sub("", sentence)))[:_BEGINNING_WORDS]
    return bool(first) and (first[0] in _ASKING_VERBS or not _ASKING_WORDS.isdisjoint(first))


def _long_small_talk(reply: _Reply) -> Iterator[str]:
    if len(reply.text) > SMALL_TALK_CHARS:
        yield "small talk has to be short"


def _figure_in_small_talk(reply: _Reply) -> Iterator[str]:
    if len(reply.text) <= SMALL_TALK_CHARS and _NUMBER.search(reply.text):
        yield "small talk needs no figures"


def _states_in_small_talk(reply: _Reply) -> Iterator[str]:
    """Courtesies state nothing: each word is one of them, of our own texts, a name, or the customer's greeting."""
    company, language = reply.turn.company, reply.language
    ours = courtesies(company, language)
    if reply.text in ours:
        return
    names = (
        f"{company.name} {company.product_name} {company.support_name} {reply.turn.customer_name}"
    )
    polite = {*content_stems(" ".join((*ours, names, _small_talk_words()[language])), language)}
    for sentence in sentences(reply.text):
        own, known = _own_and_known(reply, sentence, language)
        if not own <= known | polite:
            yield sentence[:80]


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
    quotable = reply.quotable
    if any(
        quotable.holds(sentence) and not quotable.is_heading(sentence)
        for sentence in sentences(reply.text)
    ):
        return  # Each of the other sentences is checked by itself.
    language = reply.language
    known = reply.basis_words(language)
    share = overlap(reply.stated, known, language)
    if len(known.intersection(content_stems(reply.stated, language))) < MIN_GROUNDED_WORDS:
        yield "too short to show what it rests on; write a full sentence"
    elif share < reply.settings.min_grounding:
        yield f"{share:.0%} of its words are in the passages"


def _unfounded_sentence(reply: _Reply) -> Iterator[str]:
    """Nothing may hide behind a true answer: each sentence frames the answer or rests on the basis.

    A sentence in another language than its basis can't be compared with it, so it needs a translation.
    """
    for sentence in sentences(reply.stated):
        if reply.quotable.holds(sentence):
            continue
        language = reply.language
        if len(words(sentence)) >= MIN_GUESSED_WORDS:
            language = guess_language(sentence, language)
        own, known = _own_and_known(reply, sentence, language)
        if language not in reply.basis_languages:
            # Names and figures are the same in two languages, and nothing else is.
            needed = 1.0
        elif len(own) < SHORT_SENTENCE_WORDS:
            needed = MIN_SHORT_GROUNDING
        else:
            needed = MIN_SENTENCE_GROUNDING
        if own and len(own & known) / len(own) < needed:
            yield sentence[:80]


def _own_and_known(
    reply: _Reply, sentence: str, language: Language
) -> tuple[set[str], frozenset[str]]:
    """Return the stems that a sentence states, and those that it may state."""
    named = content_stems(f"{reply.own_tickets} {reply.turn.customer_name}", language)
    frame = _frame(framing(reply.turn.company, language), language)
    own = set(content_stems(_LIST_NUMBER.sub("", sentence), language)) - frame
    return own, reply.basis_words(language).union(named)


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
    "question": (
        ("asks_again", _asks_again),
        ("no_question", _no_question),
        ("ungrounded", _states_something),
    ),
    "small talk": (
        ("no_source", _long_small_talk),
        ("figure", _figure_in_small_talk),
        ("ungrounded", _states_in_small_talk),
    ),
    "nothing": (("no_source", _no_source),),
    "answer": (
        ("no_source", _unknown_source),
        ("ungrounded", _too_few_words),
        ("ungrounded", _unfounded_sentence),
        ("figure", _unknown_figure),
    ),
}
"""By what a reply is: each rule has a stable code and yields the evidence for each breach of it."""
