"""Tests crawls of a site over HTTP: what changed is embedded, and what is gone answers nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from deployments.articles import cut_article, relate
from deployments.ranking import make_ranker
from documents.website.client import SiteClient
from documents.website.reader import WebsiteReader
from domain.crawls import CrawlLimits, CrawlReport, KnowledgeSource
from domain.ports import Vectors
from domain.private_hosts import PrivateHosts
from domain.stores import OpenUnitOfWork
from pipeline.crawl import Crawl, SiteIndex, add_source, crawl_due, remove_source
from pipeline.learning.regression import Regression
from tests.help_site import HelpSite, page, serving
from tests.integration.api import BASE, GRACE, MODEL_KEY, Api
from tests.integration.stages import embedder

pytestmark = pytest.mark.postgres
QUICK = CrawlLimits(pause=timedelta(0), seconds_a_page=30)
HERE = PrivateHosts.parse("127.0.0.1")


class CountingEmbedder:
    """Counts the texts that were embedded."""

    def __init__(self) -> None:
        self._embedder = embedder()
        self.texts: list[str] = []

    async def embed_with(self, model_id: str, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return await self._embedder.embed_with(model_id, texts)


class Desk:
    """Crawls sites into a database, as the leader's job does."""

    def __init__(self, open_uow: OpenUnitOfWork, reader: WebsiteReader) -> None:
        self.open_uow = open_uow
        self.reader = reader
        self.embedder = CountingEmbedder()
        self.private = HERE
        self.limits = QUICK
        regression = Regression(open_uow, self.embedder, make_ranker(0.3))
        self.index = SiteIndex(
            open_uow, self.embedder, cut_article, relate, MODEL_KEY, regression.hold_back
        )

    async def add(self, url: str, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        await add_source(self.open_uow, url, include, exclude, 24, "grace")

    async def crawl(self) -> CrawlReport:
        async with self.open_uow() as uow:
            [source] = await uow.sources.all()
            await uow.sources.request(source.id)
            await uow.commit()
        client = SiteClient(self.private, self.limits)

        def crawl(source: KnowledgeSource) -> Crawl:
            return Crawl(source, client, self.reader, self.index, self.limits)

        self.embedder.texts.clear()
        report = await crawl_due(self.open_uow, crawl)
        await client.close()
        assert report is not None
        return report

    async def titles(self) -> set[str]:
        async with self.open_uow() as uow:
            model_id = await uow.knowledge.live_model()
            if model_id is None:
                return set()
            [vector] = await self.embedder.embed_with(model_id, ["anything"])
            return {passage.title for passage in await uow.knowledge.nearest(vector, 500)}


@pytest.fixture
async def desk(open_uow: OpenUnitOfWork) -> AsyncIterator[Desk]:
    reader = WebsiteReader()
    yield Desk(open_uow, reader)
    await asyncio.to_thread(reader.close)


def text(number: int, change: str = "") -> str:
    return page(
        f"Valve number {number}",
        f"Turn valve number {number} to the left and wait for {number} minutes.{change}",
    )


async def test_of_two_hundred_pages_five_that_changed_are_embedded_and_the_others_cost_nothing(
    desk: Desk,
) -> None:
    site = HelpSite({f"/help/{number}": text(number) for number in range(200)})
    async with serving(site):
        await desk.add(f"{site.url}/help/")
        first = await desk.crawl()
        assert (first.pages, first.articles, first.error) == (200, 200, None)
        assert len(await desk.titles()) == 200
        for number in range(5):
            site.pages[f"/help/{number}"] = text(number, " Then call us.")
        second = await desk.crawl()
        assert (second.pages, second.unchanged, second.embedded) == (200, 195, 5)
        assert len(desk.embedder.texts) == 5
        assert sum(site.full_answers.values()) == 205


async def test_a_page_that_is_gone_leaves_all_answers_at_once_and_an_unlisted_one_in_the_second_crawl(
    desk: Desk,
) -> None:
    site = HelpSite({f"/help/{number}": text(number) for number in range(4)})
    async with serving(site):
        await desk.add(f"{site.url}/help/")
        await desk.crawl()
        site.pages["/help/0"] = 404
        site.pages["/help/1"] = 410
        site.pages["/help/2"] = 503
        site.listed = ["/help/0", "/help/1", "/help/2"]
        report = await desk.crawl()
        assert report.removed == 2
        assert {problem.url for problem in report.problems} == {f"{site.url}/help/2"}
        assert await desk.titles() == {"Valve number 2", "Valve number 3"}
        await desk.crawl()
        assert await desk.titles() == {"Valve number 2"}


async def test_without_a_sitemap_the_links_below_the_start_are_read_and_no_others(
    desk: Desk,
) -> None:
    links = (
        '<a href="one#top">1</a><a href="/help/two?utm_source=x">2</a><a href="/shop/three">3</a>'
        '<a href="http://127.0.0.2:9/help/four">4</a><a href="/help/secret">5</a><a href="mailto:a@b.c">6</a>'
    )
    site = HelpSite(
        {
            "/help/": page("Start here", "Choose what you need help with from our list.", links),
            "/help/one": text(1),
            "/help/two": text(2),
            "/help/secret": text(3),
            "/shop/three": text(4),
        },
        robots="User-agent: *\nDisallow: /help/secret\n",
        has_sitemap=False,
    )
    async with serving(site):
        await desk.add(f"{site.url}/help/")
        report = await desk.crawl()
        assert await desk.titles() == {"Start here", "Valve number 1", "Valve number 2"}
        assert site.asked["/help/secret"] == 0
        assert [problem.url for problem in report.problems] == [f"{site.url}/help/secret"]
        unchanged = await desk.crawl()
        assert (unchanged.unchanged, unchanged.embedded, unchanged.removed) == (3, 0, 0)
        site.pages["/help/"] = page("Start here", "Choose what you need help with from our list.")
        await desk.crawl()
        assert len(await desk.titles()) == 3
        await desk.crawl()
        assert await desk.titles() == {"Start here"}


async def test_a_site_that_is_away_keeps_every_answer(desk: Desk) -> None:
    site = HelpSite({"/help/0": text(0), "/help/1": text(1)})
    async with serving(site):
        await desk.add(f"{site.url}/help/")
        await desk.crawl()
        site.robots = 503
        assert "503" in str((await desk.crawl()).error)
    for _ in range(2):
        assert (await desk.crawl()).error
    assert len(await desk.titles()) == 2


async def test_canonical_addresses_redirects_and_what_asks_not_to_be_indexed(desk: Desk) -> None:
    site = HelpSite()
    async with serving(site):
        site.pages = {
            "/help/old": (301, "/help/new"),
            "/help/new": text(1),
            "/help/print": page(
                "Print", "The same.", head=f'<link rel=canonical href="{site.url}/help/whole">'
            ),
            "/help/whole": text(2),
            "/help/away": (302, "http://127.0.0.1:9/help/away"),
            "/help/hidden": page(
                "Hidden", "Not for you.", head="<meta name=robots content=noindex>"
            ),
            "/help/elsewhere": page(
                "Elsewhere",
                "Read it here.",
                head="<link rel=canonical href=https://help.example/e>",
            ),
        }
        site.listed = ["/help/old", "/help/print", "/help/away", "/help/hidden", "/help/elsewhere"]
        await desk.add(f"{site.url}/help/")
        for _ in range(3):
            report = await desk.crawl()
            assert await desk.titles() == {"Valve number 1", "Valve number 2", "Elsewhere"}
        assert [(problem.url, problem.reason) for problem in report.problems] == [
            (f"{site.url}/help/away", "it leads to another host")
        ]
        async with desk.open_uow() as uow:
            [elsewhere] = [
                entry
                for entry in await uow.knowledge.articles(None, 10)
                if entry.title == "Elsewhere"
            ]
        assert elsewhere.url == "https://help.example/e"


async def test_a_private_host_is_not_asked_unless_it_is_allowed(desk: Desk) -> None:
    site = HelpSite({"/help/0": text(0)})
    async with serving(site):
        await desk.add(f"{site.url}/help/")
        desk.private = PrivateHosts()
        report = await desk.crawl()
        assert "private" in str(report.error)
        assert not site.asked


async def test_a_page_too_large_or_of_another_kind_is_named_and_stops_nobody(desk: Desk) -> None:
    desk.limits = replace(QUICK, page_bytes=20_000)
    site = HelpSite({"/help/0": text(0), "/help/1": "x" * 50_000, "/help/2": page("Empty", "")})
    async with serving(site):
        await desk.add(f"{site.url}/help/")
        report = await desk.crawl()
        assert {problem.url[-1] for problem in report.problems} == {"1", "2"}
        assert await desk.titles() == {"Valve number 0"}
        desk.limits = replace(QUICK, pages=1)
        assert not (await desk.crawl()).is_complete
        assert await desk.titles() == {"Valve number 0"}


async def test_a_persons_change_stays_until_the_page_says_something_else(
    desk: Desk, api: Api
) -> None:
    site = HelpSite({"/help/0": text(0)})
    async with serving(site):
        await desk.add(f"{site.url}/help/")
        await desk.crawl()
        listed = await api.client.get(f"{BASE}/knowledge/articles", headers=GRACE)
        [article] = listed.json()["articles"]
        assert (article["origin"], article["source"]) == ("crawl", f"{site.url}/help/")
        path = f"{BASE}/knowledge/articles/{article['id']}"
        assert site.url in (await api.client.get(path, headers=GRACE)).json()["next_read"]
        draft = {"title": "Valve", "body": "By a person.", "state": "draft"}
        saved = await api.client.put(path, json=draft, headers={**GRACE, "If-Match": "1"})
        assert saved.status_code == 200
        await desk.crawl()
        assert (await api.client.get(path, headers=GRACE)).json()["body"] == "By a person."
        site.pages["/help/0"] = text(0, " Then call us.")
        await desk.crawl()
        assert "Then call us" in (await api.client.get(path, headers=GRACE)).json()["body"]


async def test_a_page_that_would_take_a_regression_question_away_is_held_back(desk: Desk) -> None:
    site = HelpSite({"/help/0": text(0)})
    asked = "How do I turn valve number 0 to the left?"
    async with serving(site):
        await desk.add(f"{site.url}/help/")
        await desk.crawl()
        async with desk.open_uow() as uow:
            [article] = await uow.knowledge.articles(None, 10)
            await uow.lessons.add_question(asked, article.article_id, "staff", None)
            await uow.commit()
        site.pages["/help/0"] = page("Paint a fence", "Take a brush and paint it white.")
        for _ in range(2):
            report = await desk.crawl()
            assert "regression question" in report.problems[0].reason
        assert await desk.titles() == {"Valve number 0"}


async def test_a_source_is_listed_with_its_crawl_and_leaves_with_its_articles(
    desk: Desk, api: Api, owner: asyncpg.Connection
) -> None:
    site = HelpSite({"/help/0": text(0)})
    path = f"{BASE}/knowledge/sources"
    async with serving(site):
        added = await api.client.post(path, json={"url": f"{site.url}/help/"}, headers=GRACE)
        assert added.status_code == 201, added.text
        assert added.json()["every_hours"] == 24
        await desk.crawl()
        [source] = (await api.client.get(path, headers=GRACE)).json()["sources"]
        assert (source["articles"], source["report"]["pages"], source["is_running"]) == (
            1,
            1,
            False,
        )
        again = await api.client.post(f"{path}/{source['id']}/crawl", headers=GRACE)
        assert again.status_code == 202
        removed = await api.client.delete(path, params={"url": source["url"]}, headers=GRACE)
        assert removed.status_code == 200
        assert await desk.titles() == set()
        assert (await api.client.delete(f"{path}/{source['id']}", headers=GRACE)).status_code == 404
    actions = await owner.fetch(
        "SELECT action FROM audit_log WHERE subject_kind = 'knowledge_source' ORDER BY id"
    )
    assert [row["action"] for row in actions] == [
        "add_source",
        "crawl",
        "request_crawl",
        "remove_source",
    ]


async def test_a_source_that_is_removed_while_it_is_crawled_leaves_nothing(desk: Desk) -> None:
    site = HelpSite({f"/help/{number}": text(number) for number in range(3)})
    desk.limits = replace(QUICK, pages_a_batch=1)
    async with serving(site):
        await desk.add(f"{site.url}/help/")
        client = SiteClient(HERE, desk.limits)

        class RemovingReader(WebsiteReader):
            async def read_page(self, url: str, content: bytes):  # type: ignore[no-untyped-def]
                if url.endswith("1"):
                    async with desk.open_uow() as uow:
                        [source] = await uow.sources.all()
                    await remove_source(desk.open_uow, source.id, "grace")
                return await super().read_page(url, content)

        reader = RemovingReader()

        def crawl(source: KnowledgeSource) -> Crawl:
            return Crawl(source, client, reader, desk.index, desk.limits)

        assert await crawl_due(desk.open_uow, crawl) is None
        await client.close()
        await asyncio.to_thread(reader.close)
        assert await desk.titles() == set()


@pytest.mark.parametrize(
    "body",
    [
        {"url": "ftp://help.example/"},
        {"url": "https://ann:secret@help.example/"},
        {"url": "https://help.example/", "every_hours": 0},
        {"url": "https://help.example/", "include": ["help"]},
    ],
)
async def test_a_source_that_can_not_be_is_refused(api_alone: Api, body: dict[str, object]) -> None:
    response = await api_alone.client.post(f"{BASE}/knowledge/sources", json=body, headers=GRACE)
    assert response.status_code == 400, response.text
