"""Answers a further question from the article under discussion, then from those it points to, then from a search."""

from __future__ import annotations

from collections.abc import Sequence

from agent.composing import Answer, compose
from agent.context import TurnContext
from agent.cross_references import titles_pointed_to
from agent.interpretation import Interpretation
from agent.lookups import Lookups
from agent.picking import pick_out
from agent.plain_text import plain_text
from agent.topic_stems import topic_stems
from domain.turns import Passage, SearchResult
from domain.words import content_stems, flatten

SHARE_OF_NEWS = 0.6
"""Of what a further question adds; another article that holds less does not answer it."""


def answer_further(
    context: TurnContext, lookups: Lookups, message: Interpretation
) -> Answer | None:
    """Return what answers a further question about `message.article`; None if nothing does. Raises SearchDue."""
    turn = context.turn
    core = message.core
    article = about(lookups.find(f"{message.article}: {core}"), message.article)
    answer = pick(context, core, message.before, article)
    if answer is not None:
        return answer
    for title in _named_by(context, article, core):
        result = lookups.find(f"{title}: {core}")
        passages = about(result, title)
        if passages:
            return pick(context, core, "", passages) or compose(
                core, passages, turn.channel, turn.language, turn.company
            )
    for query in dict.fromkeys([f"{message.before} {core}", *message.queries]):
        result = lookups.find(query)
        if not (result.is_answerable and result.passages):
            continue
        if flatten(result.passages[0].title) in message.discussed:
            continue
        if holds_news(context, core, message.before, result):
            return compose(query, result.passages, turn.channel, turn.language, turn.company)
    return None


def pick(
    context: TurnContext, question: str, before: str, passages: Sequence[Passage]
) -> Answer | None:
    """Pick the sentences of an article that answer a further question."""
    turn = context.turn
    return pick_out(
        question,
        before,
        passages,
        turn.language,
        turn.company,
        is_quoting=any(asked.quoted for asked in turn.messages),
    )


def about(result: SearchResult, title: str) -> list[Passage]:
    """Return the passages of one article that a search found."""
    wanted = flatten(title)
    return [passage for passage in result.passages if flatten(plain_text(passage.title)) == wanted]


def _named_by(context: TurnContext, article: Sequence[Passage], core: str) -> list[str]:
    """Return the titles that an article points to and that share a word with the question."""
    turn = context.turn
    own = set(topic_stems(core, turn.language, turn.company))
    known = {stem for passage in article for stem in content_stems(passage.title, turn.language)}
    titles = [title for passage in article for title in titles_pointed_to(passage.text)]
    return [title for title in titles if (own - known) & set(content_stems(title, turn.language))][
        :1
    ]


def holds_news(context: TurnContext, core: str, before: str, result: SearchResult) -> bool:
    """Whether the article found first holds most of what the question adds."""
    turn = context.turn
    own = set(topic_stems(core, turn.language, turn.company))
    news = own - set(content_stems(before, turn.language)) or own
    best = result.passages[0]
    held = {
        stem
        for passage in result.passages
        if passage.article_id == best.article_id
        for stem in content_stems(f"{passage.title}\n{passage.text}", turn.language)
    }
    return bool(news) and len(news & held) >= SHARE_OF_NEWS * len(news)
