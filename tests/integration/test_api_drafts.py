"""Tests the calls about drafts: the list, the draft on its conversation, approval, refusal and suggestions."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.company import AnsweringRules
from domain.drafts import sources_of
from domain.tickets import EscalationReason
from pipeline.suggest import Suggestion
from tests.integration.api import BASE, GRACE, HENRY, NOBODY, Api, passage
from tests.integration.stages import ASKS_HOW, Stages, by_mail
from tests.integration.test_drafts import ask, save, with_two_articles

pytestmark = pytest.mark.postgres


@pytest.fixture
async def stages(api: Api) -> Stages:
    await save(api.context.open_uow, AnsweringRules(by_channel={"email": "draft"}))
    return await with_two_articles(api.context.open_uow)


def of(conversation_id: UUID, act: str) -> str:
    return f"{BASE}/staff/conversations/{conversation_id}/{act}"


async def test_waiting_drafts_are_listed_page_by_page(api: Api, stages: Stages) -> None:
    asked = [await ask(stages, by_mail(ASKS_HOW, f"n{number}@example.com")) for number in range(3)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = await api.client.get(f"{BASE}/staff/drafts", params=params, headers=GRACE)
        assert page.status_code == 200
        assert page.json()["total"] == 3
        seen += [line["conversation_id"] for line in page.json()["drafts"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert seen == [str(conversation_id) for conversation_id in asked]
    [line, *_] = page.json()["drafts"]
    assert line["question"] == ASKS_HOW
    assert line["sources"]
    assert line["state"] == "waiting"


async def test_a_draft_stands_on_its_conversation_until_it_is_sent(
    api: Api, stages: Stages
) -> None:
    conversation_id = await ask(stages)
    shown = (await api.client.get(of(conversation_id, "").rstrip("/"), headers=GRACE)).json()
    assert shown["draft"]["state"] == "waiting"
    assert shown["conversation"]["state"] == "waiting_for_us"
    sent = await api.client.post(
        of(conversation_id, "draft/approve"),
        json={"content": "Please open Settings.", "draft_id": shown["draft"]["id"]},
        headers=GRACE,
    )
    assert sent.status_code == 200
    repeated = await api.client.post(
        of(conversation_id, "draft/approve"),
        json={"content": "Please open Settings."},
        headers=GRACE,
    )
    assert repeated.json() == sent.json()
    late = await api.client.post(of(conversation_id, "draft/approve"), headers=HENRY)
    assert (late.status_code, late.json()["owner_name"]) == (409, "grace")
    after = (await api.client.get(of(conversation_id, "").rstrip("/"), headers=GRACE)).json()
    assert after["draft"]["state"] == "approved"
    assert [(one["role"], one["content"]) for one in after["messages"]][1:] == [
        ("staff", "Please open Settings.")
    ]
    assert after["conversation"]["state"] == "waiting_for_customer"


async def test_a_stale_draft_is_a_conflict_with_its_cause(api: Api, stages: Stages) -> None:
    conversation_id = await ask(stages)
    await api.client.post(of(conversation_id, "take"), headers=HENRY)
    for act in ("approve", "discard"):
        refused = await api.client.post(of(conversation_id, f"draft/{act}"), headers=GRACE)
        assert refused.status_code == 409
        assert refused.json()["owner_name"] == "henry"
    listed = await api.client.get(f"{BASE}/staff/drafts", headers=GRACE)
    assert listed.json()["drafts"] == []
    missing = await api.client.post(of(NOBODY, "draft/approve"), headers=GRACE)
    assert missing.status_code == 404


async def test_figures_are_by_channel_with_the_mode_in_force(api: Api, stages: Stages) -> None:
    first = await ask(stages)
    second = await ask(stages, by_mail(ASKS_HOW, "bo@example.com"))
    await api.client.post(of(first, "draft/approve"), headers=GRACE)
    await api.client.post(
        of(second, "draft/discard"), json={"reason": "Wrong plan."}, headers=GRACE
    )
    [figure] = (await api.client.get(f"{BASE}/staff/drafts/quality", headers=GRACE)).json()[
        "figures"
    ]
    assert figure["channel"] == "email"
    assert figure["mode"] == "draft"
    assert (figure["acceptance_rate"], figure["edit_distance"]) == (0.5, 0.0)
    shown = (await api.client.get(of(second, "").rstrip("/"), headers=GRACE)).json()
    assert "Wrong plan." in shown["handover"]["summary"]


async def test_a_suggestion_has_a_draft_and_its_sources(api: Api, stages: Stages) -> None:
    conversation_id = await ask(stages)
    article = sources_of([passage("Resetting a password", "Open Settings.")])

    async def suggest(asked: UUID) -> Suggestion:
        assert asked == conversation_id
        return Suggestion("Open Settings.", article, None)

    async def refuse(_asked: UUID) -> Suggestion:
        return Suggestion(None, article, EscalationReason.REFUND)

    here = await api.changed(suggest=suggest).client.post(
        of(conversation_id, "suggest"), headers=GRACE
    )
    assert here.json()["draft"] == "Open Settings."
    assert [source["title"] for source in here.json()["sources"]] == ["Resetting a password"]
    none = await api.changed(suggest=refuse).client.post(
        of(conversation_id, "suggest"), headers=GRACE
    )
    assert (none.json()["draft"], none.json()["reason"]) == (None, "refund")
    away = await api.client.post(of(conversation_id, "suggest"), headers=GRACE)
    assert away.status_code == 503
    unknown = await api.client.post(of(NOBODY, "suggest"), headers=GRACE)
    assert unknown.status_code == 404
