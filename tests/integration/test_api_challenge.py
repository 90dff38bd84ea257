"""Tests the challenge that a company may ask of forms, solved as the API's reference says."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.api import challenge as challenge_rules
from domain.company import NO_COMPANY, FormRules
from pipeline.company import change_company
from tests.integration.api import BASE, FORM, ORIGIN, Api

pytestmark = pytest.mark.postgres

URL = f"{BASE}/support/form"
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "stop-a-flood.md"
BITS = 10


async def ask_for(api: Api, rules: FormRules) -> None:
    async with api.context.open_uow() as uow:
        stored = await uow.company.current()
    company = replace(NO_COMPANY, form=rules)
    await change_company(api.context.open_uow, company, replaces=stored.version, author="grace")


async def send(api: Api, body: bytes, solution: str = "", key: str = "") -> httpx.Response:
    given = {"Challenge-Solution": solution, "Idempotency-Key": key}
    headers = {name: value for name, value in given.items() if value}
    return await api.client.post(
        URL, content=body, headers={"Content-Type": "application/json", **headers}
    )


def solve(refusal: httpx.Response, body: bytes, key: str = "") -> str:
    """With the program that the documentation shows."""
    assert refusal.status_code == 428
    asked = refusal.json()
    [program] = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    shown: dict[str, Any] = {}
    exec(program, shown)
    return str(shown["solve"](asked["challenge"], asked["bits"], key, body))


def form(**changes: object) -> bytes:
    return json.dumps(FORM | changes).encode()


async def test_a_form_without_a_solution_is_told_what_to_solve_and_taken_with_it(api: Api) -> None:
    await ask_for(api, FormRules(challenge="always", challenge_bits=BITS))
    refusal = await send(api, form())
    assert refusal.status_code == 428
    body = refusal.json()
    assert set(body) == {"error", "detail", "challenge", "bits"}
    assert (body["error"], body["bits"]) == ("challenge_required", BITS)
    assert "proof of work" in body["detail"]
    assert "set-cookie" not in refusal.headers
    assert (await send(api, form(), solve(refusal, form()))).status_code == 201


async def test_a_refused_form_stores_nothing(api: Api) -> None:
    await ask_for(api, FormRules(challenge="always", challenge_bits=BITS))
    await send(api, form())
    async with api.context.open_uow() as uow:
        queue = await uow.conversations.queue(
            owner=None, status=None, channel=None, reason=None, limit=10
        )
    assert list(queue) == []


@pytest.mark.parametrize("key", ["", "key-1"])
async def test_a_solution_that_is_used_again_brings_the_same_ticket(api: Api, key: str) -> None:
    await ask_for(api, FormRules(challenge="always", challenge_bits=BITS))
    solution = solve(await send(api, form(), key=key), form(), key)
    first, again = [await send(api, form(), solution, key) for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.json()["ticket_id"] == again.json()["ticket_id"]


async def test_a_solution_opens_no_second_ticket(api: Api) -> None:
    await ask_for(api, FormRules(challenge="always", challenge_bits=16))
    solution = solve(await send(api, form()), form())
    other = form(subject="Another export of my data")
    for refusal in (
        await send(api, other, solution),
        await send(api, form(), solution, key="key-2"),
    ):
        assert refusal.status_code == 428
        assert "does not solve its challenge for this form" in refusal.json()["detail"]


async def test_a_wrong_field_is_named_before_any_work_is_asked_for(api: Api) -> None:
    await ask_for(api, FormRules(challenge="always"))
    response = await send(api, form(email="ada"))
    assert response.status_code == 400
    assert set(response.json()["fields"]) == {"email"}


async def test_where_it_is_busy_alone_only_forms_beyond_the_rate_need_a_solution(api: Api) -> None:
    await ask_for(api, FormRules(challenge="busy", busy_above=2, challenge_bits=BITS))
    bodies = [form(subject=f"Export {number} of my data") for number in range(3)]
    answers = [await send(api, body) for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 201, 428]
    # From wherever the next one comes.
    elsewhere = Api(api.context, peer="203.0.113.9")
    assert (await send(elsewhere, bodies[2])).status_code == 428
    solution = solve(answers[2], bodies[2])
    assert (await send(elsewhere, bodies[2], solution)).status_code == 201


async def test_no_form_needs_a_solution_unless_the_profile_says_so(api: Api) -> None:
    assert (await send(api, form(), "a solution of nothing")).status_code == 201


async def test_a_changed_profile_is_in_force_without_a_restart(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(challenge_rules, "_FRESH_S", 0.0)
    assert (await send(api, form())).status_code == 201
    await ask_for(api, FormRules(challenge="always"))
    assert (await send(api, form(subject="Another export"))).status_code == 428
    await ask_for(api, FormRules())
    assert (await send(api, form(subject="Another export"))).status_code == 201


async def test_a_page_of_a_permitted_site_may_send_a_solution(api: Api) -> None:
    foreign = Api(api.context, origins=[ORIGIN])
    response = await foreign.client.options(
        URL,
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "challenge-solution",
        },
    )
    assert response.status_code == 200
