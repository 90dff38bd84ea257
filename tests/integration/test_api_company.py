"""Tests the company profile over HTTP: versions, races, restores, what the pages see, and texts that follow at once."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from domain.channels import Channel
from domain.stores import OpenUnitOfWork
from tests.integration.api import BASE, GRACE, Api
from tests.integration.stages import Stages, by_form

pytestmark = pytest.mark.postgres

COMPANY = f"{BASE}/company"
WRITTEN = ("messages", "turns", "tickets", "outbox", "company_profiles", "agent_metrics")
PROFILE = {"name": "Brightwell Energy", "languages": ["en", "de"], "brand": {"colour": "#0a6b5b"}}


async def test_a_change_is_in_force_at_once_and_every_version_is_kept(api: Api) -> None:
    before = (await api.client.get(COMPANY, headers=GRACE)).json()
    saved = await api.client.put(
        COMPANY, headers={**GRACE, "If-Match": str(before["version"])}, json=PROFILE
    )
    assert (saved.status_code, saved.json()) == (200, {"version": before["version"] + 1})
    assert saved.headers["ETag"] == f'"{before["version"] + 1}"'
    public = (await api.client.get(f"{COMPANY}/public")).json()
    assert (public["name"], public["colour"]) == ("Brightwell Energy", "#0a6b5b")
    versions = (await api.client.get(f"{COMPANY}/versions", headers=GRACE)).json()["versions"]
    assert [(version["version"], version["author"]) for version in versions] == [
        (2, "grace"),
        (1, "tests"),
    ]
    restored = await api.client.post(f"{COMPANY}/versions/1/restore", headers=GRACE)
    assert restored.json() == {"version": 3}
    now = (await api.client.get(COMPANY, headers=GRACE)).json()
    assert (now["version"], now["profile"]) == (3, before["profile"])


async def test_of_two_editors_at_once_one_is_told_and_no_text_is_lost(api: Api) -> None:
    answers = await asyncio.gather(
        *(
            api.client.put(
                COMPANY, headers={**GRACE, "If-Match": '"1"'}, json={**PROFILE, "name": name}
            )
            for name in ("First", "Second")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    versions = (await api.client.get(f"{COMPANY}/versions", headers=GRACE)).json()["versions"]
    assert len(versions) == 2


async def test_a_profile_that_is_not_valid_is_refused_by_field(api: Api) -> None:
    wrong = {**PROFILE, "colour": "red", "hours": {"timezone": "Mars/Olympus"}}
    answer = await api.client.put(COMPANY, headers={**GRACE, "If-Match": "1"}, json=wrong)
    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"colour", "hours.timezone"})
    checked = await api.client.post(f"{COMPANY}/check", headers=GRACE, json="name: Acme\nsla: 3")
    assert (checked.status_code, set(checked.json()["fields"])) == (422, {"sla"})


async def test_the_form_has_a_label_for_every_key_and_every_text_that_can_be_overridden(
    api: Api,
) -> None:
    form = (await api.client.get(f"{COMPANY}/form", headers=GRACE)).json()
    schema = form["json_schema"]
    assert schema["properties"]["budget"]["title"] == "Budget"
    for part in (schema, *schema["$defs"].values()):
        for key, value in part.get("properties", {}).items():
            assert value["title"], key
    texts = {text["key"]: text for text in form["texts"]}
    assert "ticket" in texts["ticket"]["placeholders"]
    assert set(texts["ticket"]["shipped"]) == {"de", "en", "es", "fr", "it", "nl", "pt"}
    assert "{product}" in form["prompt"]


async def test_a_check_shows_every_channel_in_every_language(api: Api) -> None:
    checked = (await api.client.post(f"{COMPANY}/check", headers=GRACE, json=PROFILE)).json()
    shown = {(each["channel"], each["language"]): each for each in checked["specimens"]}
    assert len(shown) == 6
    assert shown["email", "de"]["sender"]
    assert "Ada" in shown["email", "de"]["greeting"]
    assert shown["email", "de"]["answer"].startswith(shown["email", "de"]["greeting"])


async def test_a_change_needs_the_version_that_it_replaces(api: Api) -> None:
    for headers in (GRACE, {**GRACE, "If-Match": "*"}):
        answer = await api.client.put(COMPANY, headers=headers, json=PROFILE)
        assert answer.status_code == 400
        assert "if-match" in str(answer.json()["fields"]).lower()


async def test_what_the_pages_see_is_cached_and_holds_nothing_internal(api: Api) -> None:
    first = await api.client.get(f"{COMPANY}/public")
    assert first.headers["Cache-Control"] == "public, max-age=5"
    again = await api.client.get(
        f"{COMPANY}/public", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert not {"topics", "notifications", "instructions", "budget"} & set(first.json())


async def test_a_looser_limit_is_on_record_with_its_reason(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    looser = {**PROFILE, "limits": {"pricing": "articles", "reason": "Tariffs are public."}}
    await api.client.put(COMPANY, headers={**GRACE, "If-Match": "1"}, json=looser)
    row = await owner.fetchrow("SELECT * FROM audit_log WHERE subject_kind = 'company'")
    assert row is not None
    assert "Tariffs are public." in str(dict(row))


async def test_a_profile_is_tried_on_past_turns_and_only_the_try_is_recorded(
    api: Api, open_uow: OpenUnitOfWork, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    stages = Stages(open_uow, [], {})
    accepted = await stages.receive(by_form("There is a smell of gas in my kitchen."))
    await stages.answer(accepted)
    counts = [await owner.fetchval(f"SELECT count(*) FROM {table}") for table in WRITTEN]
    url = f"{COMPANY}/replay"
    wrong = await api.client.post(url, headers=GRACE, json={"profile": {"name": ""}})
    assert (wrong.status_code, set(wrong.json()["fields"])) == (422, {"name"})
    told = {**PROFILE, "emergency": {"en": "Leave the house and ring Brightwell."}}
    tried = (await api.client.post(url, headers=GRACE, json={"profile": told})).json()
    [turn] = tried["turns"]
    assert (tried["model"], turn["is_other_end"], turn["after"]["reason"]) == ("", False, "danger")
    assert "ring Brightwell" in turn["after"]["reply"]
    assert "ring Brightwell" not in turn["before"]["reply"]
    skipped = await api.client.post(url, headers=GRACE, json={"profile": told, "skip": 1})
    assert skipped.json()["turns"] == []
    assert counts == [await owner.fetchval(f"SELECT count(*) FROM {table}") for table in WRITTEN]
    lines = await owner.fetch("SELECT * FROM audit_log WHERE subject_kind = 'company'")
    assert [(line["actor"], line["action"]) for line in lines] == [("grace", "try")] * 2
    assert "kitchen" not in str([dict(line) for line in lines])


async def test_the_profiles_templates_come_before_the_channels_own(
    api: Api, open_uow: OpenUnitOfWork, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    own = """{"reopen": "HX1", "answer": "HX2"}"""
    await owner.execute(
        "UPDATE channel_configs SET templates = $1::text::jsonb WHERE channel = 'whatsapp'", own
    )
    changed = {**PROFILE, "channels": {"whatsapp": {"templates": {"answer": "HX3"}}}}
    await api.client.put(COMPANY, headers={**GRACE, "If-Match": "1"}, json=changed)
    async with open_uow() as uow:
        config = await uow.channel_configs.get(Channel.WHATSAPP)
        other = await uow.channel_configs.get(Channel.EMAIL)
    assert config.templates == {"reopen": "HX1", "answer": "HX3"}
    assert "answer" not in other.templates


async def test_a_topic_that_is_not_valid_is_not_tried(api: Api) -> None:
    url = f"{COMPANY}/topics/try"
    wrong = await api.client.post(url, headers=GRACE, json={"topic": {"id": "A b", "label": "x"}})
    assert wrong.status_code == 422
    topic = {"id": "medical", "label": "Medical", "words": ["oxygen"], "reply": {"en": "Hello"}}
    tried = await api.client.post(url, headers=GRACE, json={"topic": topic})
    assert (tried.status_code, tried.json()) == (200, {"read": 0, "share": 0.0, "matches": []})
