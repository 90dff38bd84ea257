"""A body that can be read in two ways is not read at all."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI, Request

from deployments.api.limits import BodyLimit
from deployments.api.strict_json import StrictJson


def make_client() -> httpx.AsyncClient:
    app = FastAPI()

    @app.post("/echo")
    async def echo(request: Request) -> str:
        return (await request.body()).decode()

    app.add_middleware(StrictJson)
    app.add_middleware(BodyLimit)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('{"name": "First", "name": "Second"}', "name"),
        ('{"a": 1, "name": "First", "b": 2, "n\\u0061me": "Second"}', "name"),
        ('{"message": {"data": "x", "data": "y"}}', "data"),
        ('[{"x": 1}, {"x": 1, "x": 1}]', "x"),
        ('{"' + "n" * 500 + '": 1, "' + "n" * 500 + '": 2}', "n" * 100),
    ],
)
async def test_a_field_that_is_named_twice_is_told(body: str, name: str) -> None:
    async with make_client() as client:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        answer = await client.post("/echo", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["fields"] == {name: "must be given once"}


@pytest.mark.parametrize(
    "body", ['{"name": {"name": 1}}', "[1, 1]", "no json", "", "[" * 100_000, '"x"', "{"]
)
async def test_every_other_body_arrives_as_it_came(body: str) -> None:
    async with make_client() as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/echo", content=body, headers=headers)
    assert answer.json() == body


async def test_what_is_no_json_is_not_read() -> None:
    async with make_client() as client:
        body = '{"a": 1, "a": 2}'
        answer = await client.post("/echo", content=body, headers={"Content-Type": "text/plain"})
    assert answer.json() == body
