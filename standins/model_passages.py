"""Answers as a careful model: searches through the caller's tool and quotes the passages that it returns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from standins.model_protocol import (
    Answer,
    ChatRequest,
    Function,
    Json,
    PastCall,
    ToolCall,
    past_calls,
    text_of,
)

TICKET, HISTORY, SEARCH = "create_ticket", "get_customer_history", "search_knowledge_base"
SEND, HAND_OVER = "send_response", "escalate_to_human"

_MARKED = re.compile(r"<<(?P<kind>\w+) (?P<nonce>\w+)>>\n(?P<text>.*?)\n<</\1 \2>>", re.DOTALL)
_PASSAGE = re.compile(r"^(?P<label>P\d+) “(?P<title>.*)”\n", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+(?=\S)|\n+")
_WORD_LIMIT = re.compile(r"more than (\d+) words")
_WORD = re.compile(r"\w+")
_SMALL_TALK = re.compile(
    r"(?:subject:.*\n)?\W*(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks?|thank you|cheers|hallo|danke|"
    r"vielen dank|hola|gracias|bonjour|merci|so much|very much|a lot|there|team|again)\W*){1,6}",
    re.IGNORECASE,
)
_THANKS = re.compile(r"thank|cheers|danke|gracias|merci", re.IGNORECASE)
_SHORT_WORDS = 3
_QUOTED_WORDS = 110


@dataclass(frozen=True)
class ShownPassage:
    """A passage as the search tool showed it."""

    label: str
    title: str
    text: str


def answer_from_passages(request: ChatRequest) -> Answer:
    """Return the next step towards an answer that only quotes, or towards a hand-over."""
    return next_step(request) or _finish(request)


def next_step(request: ChatRequest) -> Answer | None:
    """Return the call that comes before any reply: ticket, history, search. None: they are done."""
    offered, calls = request.offered, past_calls(request.messages)
    question = question_of(request)
    if TICKET in offered:
        subject = " ".join(question.split()[:10])[:110] or "Question"
        return call(offered[TICKET], subject=subject, category="general", priority="medium")
    if HISTORY in offered and HISTORY not in {past.name for past in calls}:
        return call(offered[HISTORY])
    if SEARCH in offered and not shown_passages(calls) and not _SMALL_TALK.fullmatch(question):
        searched = any(past.name == SEARCH for past in calls)
        query = " ".join(_key_words(question)) if searched else " ".join(question.split())
        return call(offered[SEARCH], query=query[:400] or "help")
    return None


def question_of(request: ChatRequest) -> str:
    """What the customer wrote, without the markers around it."""
    users = [text_of(message) for message in request.messages if message.get("role") == "user"]
    text = users[-1] if users else ""
    marked = _MARKED.search(text)
    return (marked["text"] if marked else text).strip()


def shown_passages(calls: Sequence[PastCall]) -> list[ShownPassage]:
    """The passages of all searches, each once."""
    shown: dict[str, ShownPassage] = {}
    for past in calls:
        for marked in _MARKED.finditer(past.result):
            if marked["kind"] != "passages":
                continue
            heads = list(_PASSAGE.finditer(marked["text"]))
            ends = [head.start() for head in heads[1:]] + [len(marked["text"])]
            for head, end in zip(heads, ends, strict=True):
                text = marked["text"][head.end() : end].strip()
                shown.setdefault(head["label"], ShownPassage(head["label"], head["title"], text))
    return list(shown.values())


def call(function: Function, **values: object) -> Answer:
    """Call a function with the values that its schema knows; what else it requires is filled in."""
    properties: Json = function.parameters.get("properties", {})
    arguments: Json = {}
    for name, schema in properties.items():
        choices = _choices(schema, function.parameters)
        value = values.get(name)
        if value is None and name not in function.parameters.get("required", []):
            continue
        if choices and value not in choices:
            value = choices[0]
        if value is None:
            value = {"array": [], "boolean": False, "integer": 0, "number": 0}.get(
                str(schema.get("type")), "-"
            )
        arguments[name] = value
    return Answer(tool_calls=[ToolCall(name=function.name, arguments=arguments)])


def quotes(request: ChatRequest) -> list[tuple[str, ShownPassage]]:
    """Texts that quote one passage each, the best first."""
    words = set(_key_words(question_of(request)))
    passages = shown_passages(past_calls(request.messages))
    ranked = sorted(
        passages,
        key=lambda passage: -2 * _count(words, passage.title) - _count(words, passage.text),
    )
    limit = _word_limit(request)
    whole = [(_quote(passage.text, limit), passage) for passage in ranked]
    best = [
        (max(_sentences(passage.text), key=lambda sentence: _count(words, sentence)), passage)
        for passage in ranked[:1]
        if passage.text
    ]
    return [*whole[:1], *best, *whole[1:]]


def _finish(request: ChatRequest) -> Answer:
    offered, calls = request.offered, past_calls(request.messages)
    question = question_of(request)
    refused = sum(past.name == SEND for past in calls)
    if SEND in offered and _SMALL_TALK.fullmatch(question) and not refused:
        text = "You are welcome." if _THANKS.search(question) else "Hello. How can we help you?"
        return call(offered[SEND], text=text, sources=[], asks_back=False)
    answers = quotes(request)
    if SEND in offered and refused < len(answers):
        text, passage = answers[refused]
        return call(offered[SEND], text=text, sources=[passage.label], asks_back=False)
    if HAND_OVER in offered:
        summary = f"No passage answers the question: {question}"[:900]
        return call(offered[HAND_OVER], reason="no_kb_match", summary=summary)
    return Answer(text=answers[0][0] if answers else "I found no passage that answers this.")


def _choices(schema: Json, root: Json) -> list[object]:
    reference = schema.get("$ref") or next(
        (part["$ref"] for part in schema.get("allOf", []) if "$ref" in part), None
    )
    if reference is not None:
        schema = root.get("$defs", {}).get(str(reference).rpartition("/")[2], {})
    return list(schema.get("enum", []))


def _word_limit(request: ChatRequest) -> int:
    system = "\n".join(
        text_of(message)
        for message in request.messages
        if message.get("role") in ("system", "developer")
    )
    told = _WORD_LIMIT.search(system)
    return min(_QUOTED_WORDS, int(told[1]) - 5) if told else _QUOTED_WORDS


def _quote(text: str, limit: int) -> str:
    """The text's first sentences within the limit, on the lines on which they stood."""
    kept: list[str] = []
    left = limit
    for line in text.splitlines():
        sentences: list[str] = []
        for sentence in _sentences(line):
            left -= len(sentence.split())
            if left < 0 and (kept or sentences):
                return "\n".join([*kept, " ".join(sentences)]).strip()
            sentences.append(sentence)
        kept.append(" ".join(sentences))
    return "\n".join(kept).strip()


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def _key_words(text: str) -> list[str]:
    words = (word.lower() for word in _WORD.findall(text))
    return [word for word in dict.fromkeys(words) if len(word) > _SHORT_WORDS]


def _count(words: set[str], text: str) -> int:
    return len(words.intersection(_key_words(text)))
