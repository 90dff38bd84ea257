"""Plans an import of files, so that it can be looked at, and publishes it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from domain.documents import DocumentReader, ImportLimits, Problem, ReadArticle, SourceFile
from domain.errors import Malformed
from domain.ports import KnowledgeEmbedder
from domain.stores import OpenUnitOfWork
from pipeline.index import Check, Indexed, Passages, Relate, index_articles

Cut = Callable[[ReadArticle], Passages]
"""Makes an article's passages."""


@dataclass(frozen=True, slots=True)
class PlannedArticle:
    """An article that an import would publish; `place` tells where in `file` it is."""

    file: str
    place: str
    passages: Passages


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do; `columns` tells for each table which of its columns became which field."""

    articles: tuple[PlannedArticle, ...]
    problems: tuple[Problem, ...]
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: int = 0


async def plan_import(
    files: Iterable[SourceFile | Problem],
    reader: DocumentReader,
    cut: Cut,
    limits: ImportLimits = ImportLimits(),  # noqa: B008 (frozen)
) -> ImportPlan:
    """Read files and return what they would become; nothing is stored.

    Each file is in the plan as an article or in a problem. Articles of the same title get titles of their own;
    of two with the same text, the first is kept.
    """
    read: list[tuple[str, ReadArticle]] = []
    problems: list[Problem] = []
    columns: dict[str, Mapping[str, str]] = {}
    count = 0
    for file in files:
        if isinstance(file, Problem):
            problems.append(file)
            continue
        count += 1
        if count > limits.files:
            problems.append(Problem(file.name, f"an import takes {limits.files} files"))
            continue
        found = await reader.read(file)
        if found.columns:
            columns[file.name] = found.columns
        problems += found.problems
        if not found.articles and not found.problems:
            problems.append(Problem(file.name, "it holds no article"))
        for article in found.articles:
            read.append((file.name, article))
            if article.is_outdated:
                problems.append(
                    Problem(
                        file.name,
                        f"“{article.title}” says that it is outdated: it is stored unpublished",
                        article.place,
                        False,
                    )
                )
    unique = list(_without_copies(read, problems))
    titles = _distinct_titles(unique, problems)
    planned = [
        PlannedArticle(name, article.place, cut(replace(article, title=title)))
        for (name, article), title in zip(unique, titles, strict=True)
    ]
    return ImportPlan(tuple(planned), tuple(problems), columns, count)


async def publish_import(
    plan: ImportPlan,
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    source: str,
    first_model_id: str,
    relate: Relate,
    author: str,
    gone: Collection[UUID] | None = None,
    check: Check | None = None,
) -> Indexed:
    """Make the articles of `source` those of the plan; idempotent. `gone` and `check` are `index_articles`'.

    Raises:
        Malformed: The plan holds no article. Publishing it would remove all articles of the source.
        Conflict: The live model changed several times during the run.
    """
    if not plan.articles:
        raise Malformed("no article was found, so nothing was imported")
    articles = [article.passages for article in plan.articles]
    return await index_articles(
        open_uow, embedder, source, articles, first_model_id, relate, author, gone, check
    )


def _without_copies(
    read: Iterable[tuple[str, ReadArticle]], problems: list[Problem]
) -> Iterable[tuple[str, ReadArticle]]:
    owners: dict[tuple[str, str], str] = {}
    for name, article in read:
        key = (article.title.casefold(), article.body)
        if key in owners:
            problems.append(
                Problem(name, f"“{article.title}” is the same as in {owners[key]}", article.place)
            )
            continue
        owners[key] = f"{name}, {article.place}" if article.place else name
        yield name, article


def _distinct_titles(read: list[tuple[str, ReadArticle]], problems: list[Problem]) -> list[str]:
    """A title that several articles have gets what tells them apart: category, language or a number."""
    alike: dict[str, list[int]] = defaultdict(list)
    for at, (_, article) in enumerate(read):
        alike[article.title.casefold()].append(at)
    titles = [article.title for _, article in read]
    taken = {title.casefold() for title in titles}
    for positions in alike.values():
        if len(positions) < 2:
            continue
        labels = _labels([read[at][1] for at in positions])
        for at, label in zip(positions, labels, strict=True):
            if not label:
                continue
            name, article = read[at]
            title, number = f"{article.title} ({label})", 2
            while title.casefold() in taken:
                title, number = f"{article.title} ({label}, {number})", number + 1
            taken.add(title.casefold())
            titles[at] = title
            problems.append(
                Problem(
                    name,
                    f"there is another “{article.title}”: this one is called “{title}”",
                    article.place,
                    False,
                )
            )
    return titles


def _labels(articles: list[ReadArticle]) -> list[str]:
    """What tells articles of one title apart; the only one that is not outdated keeps its title, as a first one may."""
    current = [at for at, article in enumerate(articles) if not article.is_outdated]
    for named in (
        [article.category if article.category != "general" else "" for article in articles],
        [article.language or "" for article in articles],
    ):
        if all(named) and max(Counter(label.casefold() for label in named).values()) == 1:
            return ["" if current == [at] else label for at, label in enumerate(named)]
    first = current[0] if current else 0
    others = [at for at in range(len(articles)) if at != first]
    return ["" if at == first else str(others.index(at) + 2) for at in range(len(articles))]
