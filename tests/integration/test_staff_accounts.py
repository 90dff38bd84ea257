"""Tests staff accounts over the API: keys shown once, roles, sessions, and what ends them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from database.pool import Pool
from deployments.api.session_cookie import SessionCookie
from deployments.staff_directory import Staff
from domain.principals import Role
from domain.staff_accounts import SessionLimits
from domain.stores import OpenUnitOfWork
from pipeline.staff_accounts import first_administrator
from tests.integration.api import BASE, GRACE, NOBODY, Api, make_context

pytestmark = pytest.mark.postgres

ACCOUNTS = f"{BASE}/staff/accounts"
SESSION = f"{BASE}/staff/session"
Json = dict[str, Any]


async def add(api: Api, name: str = "Ada", role: str = "agent", **more: object) -> Json:
    answer = await api.client.post(
        ACCOUNTS, json={"name": name, "role": role, **more}, headers=GRACE
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def status(api: Api, headers: dict[str, str], call: str = "GET /staff/session") -> int:
    method, path = call.split()
    return (await api.client.request(method, BASE + path, headers=headers)).status_code


async def sign_in(api: Api, key: str) -> dict[str, str]:
    """The session's cookie as a browser sends it; the client itself keeps none."""
    answer = await api.client.post(SESSION, json={"key": key})
    assert answer.status_code == 204, answer.text
    api.client.cookies.clear()
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


async def test_a_key_is_shown_once_and_stored_nowhere(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    added = await add(api, email="Ada@Acme.example")
    assert added["name"] == "Ada"
    assert (added["email"], added["role"]) == ("ada@acme.example", "agent")
    listed = await api.client.get(ACCOUNTS, headers=GRACE)
    [account] = listed.json()["accounts"]
    assert account == {name: value for name, value in added.items() if name != "key"}
    rows = str(await owner.fetch("SELECT * FROM staff_accounts, audit_log"))
    secret = added["key"].rpartition("_")[2]
    assert secret not in rows
    assert secret not in listed.text


async def test_a_key_does_what_its_role_may(api: Api) -> None:
    key = bearer((await add(api, role="viewer"))["key"])
    assert await status(api, key) == 200
    assert await status(api, key, "GET /staff/conversations") == 200
    assert await status(api, key, f"POST /staff/conversations/{NOBODY}/take") == 403
    assert await status(api, key, "GET /staff/accounts") == 403


async def test_a_new_key_takes_the_place_of_the_old_one_and_of_every_session(api: Api) -> None:
    added = await add(api)
    session = await sign_in(api, added["key"])
    assert await status(api, session) == 200
    answer = await api.client.post(f"{ACCOUNTS}/{added['id']}/rotate", headers=GRACE)
    assert answer.status_code == 200
    assert await status(api, bearer(added["key"])) == 401
    assert await status(api, session) == 401
    assert await status(api, bearer(answer.json()["key"])) == 200


async def test_a_withdrawn_account_opens_nothing_in_any_replica(
    api: Api, open_uow: OpenUnitOfWork, pool: Pool
) -> None:
    other_replica = Api(make_context(open_uow, pool))
    added = await add(api)
    session = await sign_in(api, added["key"])
    for replica in (api, other_replica):
        assert await status(replica, bearer(added["key"])) == 200
        assert await status(replica, session) == 200
    gone = await api.client.delete(f"{ACCOUNTS}/{added['id']}", headers=GRACE)
    assert gone.status_code == 204
    for replica in (api, other_replica):
        assert await status(replica, bearer(added["key"])) == 401
        assert await status(replica, session) == 401
    again = await api.client.delete(f"{ACCOUNTS}/{added['id']}", headers=GRACE)
    assert again.status_code == 204
    assert (await api.client.get(ACCOUNTS, headers=GRACE)).json() == {"accounts": []}
    withdrawn = await api.client.get(f"{ACCOUNTS}?withdrawn=true", headers=GRACE)
    assert [one["name"] for one in withdrawn.json()["accounts"]] == ["Ada"]
    for call in ("rotate", "reinstate"):
        refused = await api.client.post(f"{ACCOUNTS}/{added['id']}/{call}", headers=GRACE)
        assert refused.status_code == 409, refused.text
    assert (await add(api))["id"] != added["id"]
    await other_replica.client.aclose()


async def test_a_changed_role_is_in_force_with_the_next_call(api: Api) -> None:
    added = await add(api, role="admin")
    session = await sign_in(api, added["key"])
    assert await status(api, session, "GET /staff/accounts") == 200
    changed = await api.client.patch(
        f"{ACCOUNTS}/{added['id']}", json={"role": "editor"}, headers=GRACE
    )
    assert changed.json()["role"] == "editor"
    assert await status(api, session, "GET /staff/accounts") == 403
    assert await status(api, bearer(added["key"]), "GET /staff/accounts") == 403


@pytest.mark.parametrize("name", ["ADA", "  ada ", "grace", "Grace"])
async def test_a_name_is_one_persons(api: Api, name: str) -> None:
    await add(api)
    refused = await api.client.post(ACCOUNTS, json={"name": name, "role": "agent"}, headers=GRACE)
    assert refused.status_code == 409
    assert name.strip() in refused.json()["detail"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\u0007b"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"role": "boss"}, "role"),
        ({"email": "nobody"}, "email"),
    ],
)
async def test_what_is_wrong_with_an_account_is_said_by_field(
    api: Api, wrong: Json, field: str
) -> None:
    body = {"name": "Ada", "role": "agent"} | wrong
    refused = await api.client.post(ACCOUNTS, json=body, headers=GRACE)
    assert refused.status_code == 400
    assert field in refused.json()["fields"]


async def test_the_last_administrator_stays_unless_the_settings_name_one(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    alone = Staff({}, open_uow)
    api = api.changed(keys=alone, staff=alone)
    key = await first_administrator(open_uow)
    assert key is not None
    admin = bearer(key)
    [account] = (await api.client.get(ACCOUNTS, headers=admin)).json()["accounts"]
    path = f"{ACCOUNTS}/{account['id']}"
    refused = await api.client.delete(path, headers=admin)
    assert refused.status_code == 409
    assert "last administrator" in refused.json()["detail"]
    assert (await api.client.patch(path, json={"role": "viewer"}, headers=admin)).status_code == 409
    second = (
        await api.client.post(ACCOUNTS, json={"name": "Eve", "role": "admin"}, headers=admin)
    ).json()
    # Both at once: one of them has to stay.
    answers = await asyncio.gather(
        api.client.delete(path, headers=admin),
        api.client.delete(f"{ACCOUNTS}/{second['id']}", headers=bearer(second["key"])),
    )
    assert sorted(answer.status_code for answer in answers) in ([204, 409], [204, 401])


async def test_the_first_administrator_is_made_once(open_uow: OpenUnitOfWork) -> None:
    made = await asyncio.gather(*(first_administrator(open_uow) for _ in range(4)))
    assert len([key for key in made if key is not None]) == 1
    assert await first_administrator(open_uow) is None
    async with open_uow() as uow:
        [account] = await uow.staff_accounts.list()
        await uow.staff_accounts.withdraw(account.id)
        await uow.commit()
    assert account.role is Role.ADMIN
    assert await first_administrator(open_uow) is None


async def test_a_session_is_a_cookie_that_no_script_and_no_other_site_uses(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    added = await add(api)
    answer = await api.client.post(SESSION, json={"key": added["key"]})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("staff_session=")
    for attribute in ("httponly", "samesite=strict", "path=/", "max-age=43200"):
        assert attribute in cookie
    assert "domain" not in cookie
    token = answer.cookies["staff_session"]
    assert token not in str(await owner.fetch("SELECT * FROM staff_sessions"))
    api.client.cookies.clear()
    secure = api.changed(cookie=SessionCookie("https://support.example"))
    answer = await secure.client.post(SESSION, json={"key": added["key"]})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-staff_session=")
    assert "; Secure" in cookie


async def test_a_session_tells_who_signed_in(api: Api) -> None:
    added = await add(api, role="editor")
    told = await api.client.get(SESSION, headers=await sign_in(api, added["key"]))
    assert told.json() == {"name": "Ada", "role": "editor", "account_id": added["id"]}
    told = await api.client.get(SESSION, headers=await sign_in(api, "key-of-grace"))
    assert told.json() == {"name": "grace", "role": "admin", "account_id": None}
    ways = await api.client.get(f"{BASE}/staff/sign-in")
    assert ways.json() == {"provider": None, "url": None}


async def test_signing_out_ends_the_session_in_every_replica(
    api: Api, open_uow: OpenUnitOfWork, pool: Pool
) -> None:
    other_replica = Api(make_context(open_uow, pool))
    session = await sign_in(api, (await add(api))["key"])
    assert await status(other_replica, session) == 200
    out = await api.client.delete(SESSION, headers=session)
    assert out.status_code == 204
    assert 'staff_session=""' in out.headers["set-cookie"]
    assert await status(other_replica, session) == 401
    assert (await api.client.delete(SESSION, headers=session)).status_code == 204
    assert (await api.client.delete(SESSION)).status_code == 204
    await other_replica.client.aclose()


async def test_a_session_ends_when_idle_and_at_its_absolute_end(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    session = await sign_in(api, (await add(api))["key"])
    api.context.staff.limits = SessionLimits(idle=timedelta(minutes=30))
    await owner.execute("UPDATE staff_sessions SET seen_at = now() - interval '29 minutes'")
    assert await status(api, session) == 200
    # That call counted.
    seen = "SELECT max(seen_at) > now() - interval '5 minutes' FROM staff_sessions"
    assert await owner.fetchval(seen)
    await owner.execute("UPDATE staff_sessions SET seen_at = now() - interval '31 minutes'")
    over = await api.client.get(SESSION, headers=session)
    assert over.status_code == 401
    assert "max-age=0" in over.headers["set-cookie"].lower()

    session = await sign_in(api, "key-of-grace")
    await owner.execute("UPDATE staff_sessions SET ends_at = now() - interval '1 second'")
    assert await status(api, session) == 401


async def test_a_session_of_a_settings_key_ends_with_the_key(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    session = await sign_in(api, "key-of-grace")
    assert await status(api, session) == 200
    rolled = Staff({"grace": SecretStr("another key of grace")}, open_uow)
    assert await status(api.changed(keys=rolled, staff=rolled), session) == 401


async def test_a_wrong_key_signs_nobody_in(api: Api) -> None:
    added = await add(api)
    for key in ("", "key", added["key"][:-1] + "x", "staff_" + "0" * 16 + "_" + "a" * 43):
        refused = await api.client.post(SESSION, json={"key": key})
        assert refused.status_code == 401
        assert "set-cookie" not in refused.headers
    foreign = await api.client.post(
        SESSION, json={"key": added["key"]}, headers={"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 403


async def test_a_session_reads_a_ticket_as_a_key_does(api: Api) -> None:
    ticket, _ = await api.open_ticket()
    session = await sign_in(api, (await add(api, role="viewer"))["key"])
    assert (await api.client.get(ticket, headers=session)).status_code == 200
    assert (await api.client.get(ticket)).status_code == 404
    health = await api.client.get(f"{BASE}/health", headers=session)
    assert "details" in health.json()
    health = await api.client.get(f"{BASE}/health", headers={"Cookie": "staff_session=gone"})
    assert "components" in health.json()
    assert "details" not in health.json()


async def test_every_act_names_the_account_and_its_name(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    ticket, _ = await api.open_ticket()
    conversation = await api.conversation_of(ticket)
    added = await add(api)
    session = await sign_in(api, added["key"])
    for act, body in (("take", None), ("notes", {"content": "Called."}), ("release", None)):
        path = f"{BASE}/staff/conversations/{conversation}/{act}"
        answer = await api.client.post(path, json=body, headers=session)
        assert answer.is_success, answer.text
    rows = await owner.fetch("SELECT actor, actor_id, action FROM audit_log ORDER BY id")
    acts = {(row["actor"], row["action"]): row["actor_id"] for row in rows}
    assert acts["grace", "add"] is None
    for action in ("sign_in", "take", "note", "release"):
        assert str(acts["Ada", action]) == added["id"], (action, acts)


async def test_people_to_assign_to_are_those_who_may_work(api: Api) -> None:
    await add(api, "Zoe", "agent")
    await add(api, "Vera", "viewer")
    gone = await add(api, "Gus", "editor")
    await api.client.delete(f"{ACCOUNTS}/{gone['id']}", headers=GRACE)
    people = await api.client.get(f"{BASE}/staff/people", headers=GRACE)
    assert people.json()["people"] == ["grace", "henry", "Zoe"]


async def test_without_the_database_a_settings_key_is_known_and_an_account_is_told_to_come_again(
    api_alone: Api,
) -> None:
    assert await status(api_alone, GRACE) == 200
    key = "staff_" + "0" * 16 + "_" + "a" * 43
    answer: httpx.Response = await api_alone.client.get(SESSION, headers=bearer(key))
    assert answer.status_code == 503
    health = await api_alone.client.get(f"{BASE}/health", headers=bearer(key))
    assert "components" in health.json()
