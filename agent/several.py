"""Answers each of several questions in one message on its own, and names those that stay open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.composing import Answer, compose
from agent.context import TurnContext
from agent.follow_ups import about, pick
from agent.lookups import Lookups
from agent.queries import core_of
from agent.topic_stems import topic_stems
from domain.channels import ChannelConfig
from domain.questions import Question
from domain.turns import Passage
from domain.words import content_stems

_LINK = re.compile(
    r"\A\W{0,3}(?:(?:hi|hello|hey|hallo|hola|bonjour|and|also|plus|und|auch|y|tambien|también|et|aussi)\b[\s,]{0,3}){1,3}",
    re.IGNORECASE,
)
COVERED = 0.75
"""Share of a question's words from which an article that is said anyway answers it as well."""
LEAST_WORDS = 120
"""Of a channel's limit, for each question."""


@dataclass(slots=True)
class _Part:
    questions: list[str]
    answer: Answer
    passages: tuple[Passage, ...]

    @property
    def title(self) -> str:
        return self.passages[0].title


def answer_each(
    context: TurnContext, lookups: Lookups, questions: Sequence[Question]
) -> tuple[list[Answer], list[str]]:
    """Return the answers, one an article, and the questions that nothing answers. Raises SearchDue."""
    config = _share(context.turn.channel, len(questions))
    parts: list[_Part] = []
    still_open: list[str] = []
    before = ""
    for question in questions:
        core = _core(question.text, context)
        found = _answer(context, lookups, config, parts, before, core, question.points_back)
        if found is None:
            covering = next(
                (part for part in parts if _covers(context, part.answer, part.title, core)), None
            )
            if covering is None:
                still_open.append(core)
            else:
                covering.questions.append(core)
        elif not any(part.answer == found.answer for part in parts):
            same = next((part for part in parts if part.title == found.title), None)
            if same is None:
                parts.append(found)
            else:
                _join(context, config, same, found)
        before = core
    return [part.answer for part in parts], still_open


def _answer(
    context: TurnContext,
    lookups: Lookups,
    config: ChannelConfig,
    parts: Sequence[_Part],
    before: str,
    core: str,
    points_back: bool,
) -> _Part | None:
    turn = context.turn
    if points_back and parts:
        title = parts[-1].title
        passages = about(lookups.find(f"{title}: {core}"), title)
        answer = pick(context, core, before, passages)
        if answer is not None:
            return _Part([core], answer, tuple(passages))
    for query in (f"{before} {core}", core) if points_back else (core,):
        result = lookups.find(query)
        if not result.is_answerable:
            continue
        answer = compose(core, result.passages, config, turn.language, turn.company)
        if answer is None:
            continue
        best = answer.sources[0]
        is_same = points_back and parts and best.title == parts[-1].title
        if is_same and not _covers(context, answer, best.title, core):
            # The article that is said already does not answer what it was just asked.
            continue
        own = (passage for passage in result.passages if passage.article_id == best.article_id)
        return _Part([core], answer, tuple(own))
    return None


def _core(text: str, context: TurnContext) -> str:
    """Return a question without greeting, conjunction and sign-off."""
    core = core_of(text, context.turn.language, context.turn.company) or text
    link = _LINK.match(core)
    rest = core[link.end() :] if link is not None else core
    return rest[:1].upper() + rest[1:]


def _join(context: TurnContext, config: ChannelConfig, part: _Part, more: _Part) -> None:
    """Let one part answer what both were asked, since they rest on one article."""
    turn = context.turn
    part.questions += more.questions
    passages = tuple(dict.fromkeys([*part.passages, *more.passages]))
    bodies = [part.answer.body, more.answer.body]
    if more.answer.body in part.answer.body:
        return
    together = compose(" ".join(part.questions), passages, config, turn.language, turn.company)
    if together is not None and all(body in together.body for body in bodies):
        part.answer = together
    else:
        part.answer = replace(
            part.answer,
            body="\n\n".join(bodies),
            sources=tuple(dict.fromkeys([*part.answer.sources, *more.answer.sources])),
        )
    part.passages = passages


def _covers(context: TurnContext, answer: Answer, title: str, core: str) -> bool:
    """Whether an answer holds most of a question's words."""
    turn = context.turn
    asked = set(topic_stems(core, turn.language, turn.company))
    said = set(content_stems(f"{title}\n{answer.body}", turn.language))
    return bool(asked) and len(asked & said) >= COVERED * len(asked)


def _share(config: ChannelConfig, count: int) -> ChannelConfig:
    """Return the channel with each question's share of its words."""
    if config.max_words is None:
        return config
    return replace(config, max_words=max(LEAST_WORDS, config.max_words // count))
