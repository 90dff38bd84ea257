"""Tests articles over the API: written, published, changed by two at once, restored, imported and tried out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import httpx
import pytest

from deployments.articles import cut, cut_written, relate
from deployments.ranking import make_ranker
from domain.stores import OpenUnitOfWork
from pipeline.articles import Editing
from pipeline.learning.curate import Curation
from pipeline.search import KnowledgeSearching
from tests.integration.api import BASE, GRACE, HENRY, NOBODY, Api, a_model
from tests.integration.stages import Stages, by_form, embedder

pytestmark = pytest.mark.postgres
ARTICLES = f"{BASE}/knowledge/articles"
BIRTHDAYS = {
    "title": "Hide birthdays in the team calendar",
    "body": "Open the team calendar, click the gear and switch **Show birthdays** off.\n\n"
    "Birthdays of colleagues are then hidden from the calendar for everybody in the team.",
}
TOASTER = {
    "title": "Clean the crumb tray of the toaster",
    "body": "Pull out the crumb tray below the slots, empty it and wipe it with a damp cloth.",
}
ASKED = "How do I hide birthdays of colleagues in the team calendar?"


@pytest.fixture
async def desk(api: Api) -> AsyncIterator[Api]:
    """The API with the packaged model and an empty knowledge base."""
    work, model, ranker = api.context.open_uow, embedder(), make_ranker(0.3)
    desk = api.changed(
        curation=Curation(work, model, ranker, cut, relate),
        editing=Editing(work, model, ranker, cut_written, a_model, relate),
        tried_search=KnowledgeSearching(work, model, ranker),
    )
    yield desk
    await desk.client.aclose()


async def write(api: Api, **fields: object) -> str:
    """Publish an article and return its id."""
    response = await api.client.post(ARTICLES, json={**BIRTHDAYS, **fields}, headers=GRACE)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def read(api: Api, article_id: str) -> dict[str, Any]:
    response = await api.client.get(f"{ARTICLES}/{article_id}", headers=GRACE)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    assert response.headers["etag"] == f'"{body["version"]}"'
    return body


async def put(
    api: Api, article_id: str, version: int, who: Mapping[str, str] = GRACE, **fields: object
) -> httpx.Response:
    return await api.client.put(
        f"{ARTICLES}/{article_id}",
        json={**BIRTHDAYS, **fields},
        headers={**who, "If-Match": f'"{version}"'},
    )


async def search(api: Api, text: str = ASKED) -> dict[str, Any]:
    response = await api.client.post(f"{BASE}/knowledge/search", json={"text": text}, headers=GRACE)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def answers(api: Api, text: str = ASKED) -> bool:
    return bool((await search(api, text))["would_answer"])


async def test_a_posted_article_is_answered_from_at_once_in_an_empty_knowledge_base(
    desk: Api, open_uow: OpenUnitOfWork
) -> None:
    stages = await Stages.over(open_uow, with_articles=False)
    began = time.monotonic()
    await write(desk)
    outcome, reply = await stages.converse(by_form(ASKED, "ada@example.com", "Ada"))
    assert time.monotonic() - began < 10
    assert outcome.outcome == "answered"
    assert "Show birthdays" in reply


async def test_a_draft_answers_nobody_until_it_is_published(desk: Api) -> None:
    article_id = await write(desk, state="draft")
    assert not await answers(desk)
    draft = await read(desk, article_id)
    assert (draft["state"], draft["published_version"]) == ("draft", None)

    response = await desk.client.post(f"{ARTICLES}/{article_id}/publish", headers=GRACE)

    assert response.status_code == 200, response.text
    assert await answers(desk)
    assert (await read(desk, article_id))["version"] == draft["version"]
    await desk.client.post(f"{ARTICLES}/{article_id}/unpublish", headers=GRACE)
    assert not await answers(desk)
    assert (await read(desk, article_id))["state"] == "unpublished"


async def test_a_draft_of_a_change_leaves_what_is_published_as_it_is(desk: Api) -> None:
    article_id = await write(desk)
    response = await put(desk, article_id, 1, body="Ask the owner of the team.", state="draft")
    assert response.status_code == 200, response.text
    changed = await read(desk, article_id)
    assert (changed["state"], changed["has_changes"], changed["version"]) == ("published", True, 2)
    assert (changed["published_version"], changed["body"]) == (1, "Ask the owner of the team.")
    assert "Show birthdays" in (await search(desk))["passages"][0]["text"]
    listed = await desk.client.get(ARTICLES, params={"state": "changed"}, headers=GRACE)
    assert [article["id"] for article in listed.json()["articles"]] == [article_id]


async def test_of_two_editors_at_once_the_second_is_refused_and_no_text_is_lost(desk: Api) -> None:
    article_id = await write(desk)
    first = await put(desk, article_id, 1, GRACE, body="Grace wrote this about birthdays.")
    second = await put(desk, article_id, 1, HENRY, body="Henry wrote that about birthdays.")
    assert (first.status_code, second.status_code) == (200, 409)
    assert "grace" in second.json()["detail"]
    again = await put(desk, article_id, 2, HENRY, body="Henry wrote that about birthdays.")
    assert again.status_code == 200
    response = await desk.client.get(f"{ARTICLES}/{article_id}/versions", headers=GRACE)
    versions = response.json()["versions"]
    assert [(version["version"], version["author"]) for version in versions] == [
        (3, "henry"),
        (2, "grace"),
        (1, "grace"),
    ]
    assert versions[1]["content"] == "Grace wrote this about birthdays."


async def test_a_repeated_call_changes_nothing(desk: Api, owner: asyncpg.Connection) -> None:
    key = {**GRACE, "Idempotency-Key": "a-key"}
    ids = {
        (await desk.client.post(ARTICLES, json=BIRTHDAYS, headers=key)).json()["id"]
        for _ in range(2)
    }
    assert len(ids) == 1
    article_id = ids.pop()
    for _ in range(2):
        response = await put(desk, article_id, 1, body="Another text on birthdays.")
        assert (response.status_code, response.json()["version"]) == (200, 2)
    audited = await owner.fetch("SELECT action FROM audit_log WHERE subject_id = $1", article_id)
    assert [row["action"] for row in audited] == ["create_article", "change_article"]


async def test_an_earlier_version_is_restored_as_the_newest(desk: Api) -> None:
    article_id = await write(desk)
    await put(desk, article_id, 1, title="Birthdays", body="Nothing is known.")
    response = await desk.client.post(
        f"{ARTICLES}/{article_id}/versions/1/restore", headers={**GRACE, "If-Match": "2"}
    )
    assert response.status_code == 200, response.text
    restored = await read(desk, article_id)
    assert (restored["version"], restored["title"]) == (3, BIRTHDAYS["title"])
    assert await answers(desk)
    missing = await desk.client.post(f"{ARTICLES}/{article_id}/versions/9/restore", headers=GRACE)
    assert missing.status_code == 404


async def test_a_deleted_article_answers_nobody_and_its_versions_stay(desk: Api) -> None:
    article_id = await write(desk)
    path = f"{ARTICLES}/{article_id}"
    stale = await desk.client.delete(path, headers={**GRACE, "If-Match": "7"})
    assert stale.status_code == 409
    assert (await desk.client.delete(path, headers={**GRACE, "If-Match": "1"})).status_code == 200
    assert not await answers(desk)
    assert (await desk.client.get(path, headers=GRACE)).status_code == 404
    assert (await desk.client.get(f"{path}/versions", headers=GRACE)).status_code == 200


async def test_a_publication_that_takes_a_regression_question_away_is_refused_with_the_question(
    desk: Api,
) -> None:
    article_id = await write(desk, questions=[ASKED])
    assert (await read(desk, article_id))["regression_questions"][0]["question"] == ASKED

    emptied = await put(desk, article_id, 1, **TOASTER)
    greedy = await desk.client.post(
        ARTICLES, json={"title": ASKED, "body": f"{ASKED} Ask us."}, headers=GRACE
    )

    for response in (emptied, greedy):
        assert response.status_code == 409, response.text
        assert ASKED in response.json()["detail"]
        assert response.json()["questions"] == [ASKED]
    assert (await read(desk, article_id))["version"] == 1
    [question] = (await read(desk, article_id))["regression_questions"]
    await desk.client.delete(f"{ARTICLES}/{article_id}/questions/{question['id']}", headers=GRACE)
    assert (await put(desk, article_id, 1, **TOASTER)).status_code == 200


async def test_what_is_for_staff_alone_is_shown_to_staff_and_quoted_to_nobody(
    desk: Api, open_uow: OpenUnitOfWork
) -> None:
    stages = await Stages.over(open_uow, with_articles=False)
    article_id = await write(desk, visibility="internal")
    found = await search(desk)
    assert (found["passages"], found["would_answer"]) == ([], False)
    assert found["internal"][0]["article_id"] == article_id
    outcome, reply = await stages.converse(by_form(ASKED, "ada@example.com", "Ada"))
    assert outcome.outcome == "escalated"
    assert "Show birthdays" not in reply
    await desk.client.post(f"{ARTICLES}/{article_id}/unpublish", headers=GRACE)
    await desk.client.post(f"{ARTICLES}/{article_id}/publish", headers=GRACE)
    assert not await answers(desk)


async def test_an_expired_article_is_listed_as_such_and_answers_nobody(desk: Api) -> None:
    article_id = await write(desk, expires_at="2020-01-01T00:00:00Z")
    assert not await answers(desk)
    listed = await desk.client.get(ARTICLES, params={"state": "expired"}, headers=GRACE)
    [article] = listed.json()["articles"]
    assert (article["id"], article["is_expired"]) == (article_id, True)


async def test_the_list_is_searched_filtered_and_paged(desk: Api) -> None:
    await write(desk)
    await write(desk, **TOASTER, language="en", visibility="internal")
    await write(desk, title="Kalender", body="Der Kalender zeigt 100 % der Termine.", language="de")

    async def titles(**query: object) -> list[str]:
        response = await desk.client.get(ARTICLES, params=query, headers=GRACE)  # type: ignore[arg-type]
        assert response.status_code == 200, response.text
        return [article["title"] for article in response.json()["articles"]]

    assert await titles(q="crumb TRAY") == [TOASTER["title"]]
    assert await titles(q="100 %") == ["Kalender"]
    assert await titles(language="de") == ["Kalender"]
    assert await titles(visibility="internal") == [TOASTER["title"]]
    assert len(await titles()) == 3
    first = (await desk.client.get(ARTICLES, params={"limit": 2}, headers=GRACE)).json()
    rest = await titles(limit=2, cursor=first["next_cursor"])
    assert len(first["articles"]) == 2
    assert len(rest) == 1


async def test_an_upload_is_looked_at_first_and_then_answered_from(desk: Api) -> None:
    files = [
        (
            "files",
            ("guide/birthdays.md", f"# {BIRTHDAYS['title']}\n\n{BIRTHDAYS['body']}".encode()),
        ),
        ("files", ("faq.csv", b"question,answer\nHow do I clean the tray?,Wipe it.\n,Nothing\n")),
        ("files", ("song.mp3", b"ID3")),
    ]
    path = f"{BASE}/knowledge/import"
    looked = await desk.client.post(path, params={"preview": True}, files=files, headers=GRACE)
    assert looked.status_code == 200, looked.text
    plan = looked.json()
    assert not plan["is_published"]
    assert [article["title"] for article in plan["articles"]] == [
        BIRTHDAYS["title"],
        "How do I clean the tray?",
    ]
    assert plan["articles"][0]["language"] == "en"
    assert "Show birthdays" in plan["articles"][0]["passages"][0]["text"]
    left_out = {(problem["file"], problem["place"]) for problem in plan["problems"]}
    assert left_out == {("faq.csv", "row 3"), ("song.mp3", "")}
    assert not await answers(desk)

    done = (await desk.client.post(path, files=files, headers=GRACE)).json()
    assert (done["is_published"], done["embedded"]) == (True, 2)
    assert await answers(desk)
    again = (await desk.client.post(path, files=files[1:2], headers=GRACE)).json()
    assert (again["embedded"], again["unchanged"]) == (0, 1)
    assert await answers(desk)
    article = await read(desk, done["articles"][0]["article_id"])
    assert article["origin"] == "upload"
    assert "uploaded" in article["next_read"]


async def test_an_edit_of_an_uploaded_article_stays_until_its_file_says_something_else(
    desk: Api,
) -> None:
    def file(text: str) -> list[tuple[str, tuple[str, bytes]]]:
        return [("files", ("birthdays.md", f"# {BIRTHDAYS['title']}\n\n{text}".encode()))]

    path = f"{BASE}/knowledge/import"
    done = (await desk.client.post(path, files=file("From the file."), headers=GRACE)).json()
    article_id = done["articles"][0]["article_id"]
    assert (await put(desk, article_id, 1, body="From a person.")).status_code == 200
    kept = (await desk.client.post(path, files=file("From the file."), headers=GRACE)).json()
    assert kept["kept_edits"] == 1
    assert (await read(desk, article_id))["body"] == "From a person."
    await desk.client.post(path, files=file("From the newer file."), headers=GRACE)
    assert (await read(desk, article_id))["body"] == "From the newer file."


async def test_large_files_are_taken_from_editors_alone(desk: Api) -> None:
    path = f"{BASE}/knowledge/import"
    files = [("files", ("large.md", b"# Large\n\n" + b"word " * 300_000))]
    refused = await desk.client.post(path, files=files, headers={"Authorization": "Bearer wrong"})
    assert refused.status_code == 413
    taken = await desk.client.post(path, params={"preview": True}, files=files, headers=GRACE)
    assert taken.status_code == 200
    assert "longer than" in taken.json()["problems"][0]["reason"]


async def test_a_gap_starts_a_draft_that_names_its_topic_and_links_what_customers_asked(
    desk: Api, open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    stages = await Stages.over(open_uow, with_articles=False)
    await write(desk, **TOASTER)
    await stages.converse(by_form(f"My name is Ada Fox. {ASKED}", "ada@example.com", "Ada Fox"))
    gaps = (await desk.client.get(f"{BASE}/knowledge/gaps", headers=GRACE)).json()["gaps"]
    [gap] = gaps
    assert gap["name"] not in ASKED

    article_id = await write(
        desk, title=gap["name"], body="", state="draft", conversations=gap["evidence"]
    )

    [evidence] = (await read(desk, article_id))["evidence"]
    assert "birthdays" in evidence["question"]
    assert "Ada" not in evidence["question"]
    customer_id = await owner.fetchval("SELECT customer_id FROM conversations LIMIT 1")
    async with open_uow() as uow:
        await uow.customers.erase(customer_id)
        await uow.commit()
    [evidence] = (await read(desk, article_id))["evidence"]
    assert evidence["question"] == ""


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title": ""}, "title"),
        ({"body": "  "}, "body"),
        ({"body": "![a picture](https://example.com/a.png)"}, "body"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"visibility": "secret"}, "visibility"),
        ({"expires_at": "soon"}, "expires_at"),
    ],
)
async def test_what_is_wrong_with_an_article_is_named_by_field(
    api_alone: Api, fields: dict[str, object], wrong: str
) -> None:
    response = await api_alone.client.post(ARTICLES, json={**BIRTHDAYS, **fields}, headers=GRACE)
    assert response.status_code in (400, 503)
    if response.status_code == 400:
        assert wrong in response.json()["fields"]


async def test_a_change_names_the_version_that_it_replaces(api_alone: Api) -> None:
    path = f"{ARTICLES}/{NOBODY}"
    response = await api_alone.client.put(path, json=BIRTHDAYS, headers=GRACE)
    assert response.status_code == 400
    response = await api_alone.client.put(
        path, json=BIRTHDAYS, headers={**GRACE, "If-Match": "the newest"}
    )
    assert response.status_code == 400
    assert "If-Match" in response.json()["fields"]
