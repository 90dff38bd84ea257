"""Writes docs/reference/api.md from the API's own OpenAPI document, with an example of every body.

python scripts/api_reference.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from deployments.ingress import IngressStage
from deployments.settings import Settings
from domain.principals import Role
from pipeline.going_live import Sample

TARGET = Path(__file__).resolve().parents[1] / "docs" / "reference" / "api.md"

_ROLES = "; ".join(f"`{role}` {role.permits}" for role in Role)

HEAD = f"""# API reference

Generated from the OpenAPI document by `make api-reference`; a test fails when it is out of date. The running system
serves the document at `/api/v1/openapi.json` and a page to try the calls at `/api/v1/docs`.

- Staff calls take `Authorization: Bearer KEY`, the key of an account or one of `STAFF_API_KEYS`, whose holders are
  administrators, or the cookie of a session. Without either they answer 401; a role below the one that the call names
  gets 403, and so does a change that a page of another site sends with the cookie. OpenAPI names the
  role beside `security`. Each role includes the ones before it: {_ROLES}.
- `GET /staff/people` lists the names that conversations can be assigned to, for every role; the accounts themselves,
  with addresses and roles, are administrators' alone.
- A customer's calls about a ticket take `X-Ticket-Token: TOKEN`, the `access_token` of the form's answer. A wrong
  number and a wrong token both get 404.
- Every error's body is `{{"error": "…", "detail": "…"}}`; a 400 also has `fields`, 429 and 503 a `Retry-After` header.
- Every answer has a `traceresponse` header whose second part is the trace id. A `traceparent` of the caller is
  continued.
"""

EXAMPLES: Mapping[str, object] = {
    "ticket_id": "TKT-7F3K9QWX",
    "access_token": "uV7cX2…",
    "name": "Ada Fox",
    "customer_name": "Ada Fox",
    "owner_name": "grace",
    "email": "ada@example.com",
    "subject": "Export of my data",
    "message": "Hello, how do I export my data as a CSV file?",
    "content": "Open Settings, then Data, and choose Export.",
    "detail": "The request can't be read.",
    "fields": {"email": "is required"},
    "reason": "refund",
    "summary": "Wants the last invoice refunded; two earlier messages.",
    "title": "Export your data",
    "language": "en",
    "url": "https://help.example/export",
    "include": ["/articles/"],
    "exclude": ["/articles/drafts/"],
    "excerpt": "Open Settings, then Data …",
    "note": "Explained on the phone.",
    "version": "0.2.0",
    "value": "ada@example.com",
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "escalations_by_reason": {"refund": 2},
    "components": {"database": "healthy", "kafka": "healthy"},
    "cause": "no valid envelope: schema (missing)",
    "topic": "fte.tickets.incoming",
    "escalation_rate": 0.12,
    "avg_sentiment": 0.61,
    "sentiment": 0.61,
    "avg_latency_ms": 840.0,
    "p95_latency_ms": 1900.0,
}
"""Examples by field name."""
_BY_FORMAT: Mapping[str, object] = {
    "uuid": "5b0c8a52-8f6e-4a9c-9d57-0f3a3f4f1c11",
    "date-time": "2026-11-22T09:30:00Z",
    "date": "2026-11-22",
}
_BY_TYPE: Mapping[str, object] = {
    "string": "text",
    "integer": 3,
    "number": 0.5,
    "boolean": True,
    "object": {},
    "null": None,
}
_PYTHON_TYPE: Mapping[str, type] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}
_METHODS = ("get", "post", "put", "patch", "delete")


def openapi() -> dict[str, Any]:
    """Return the ingress's OpenAPI document without connecting to anything."""
    settings = Settings(
        _env_file=None,
        enabled_channels="web_form",
        database_url=SecretStr("postgresql://nobody@127.0.0.1:9/nowhere"),
        ticket_token_secret=SecretStr("sixteen characters"),
    )
    nobody: Any = None
    stage = IngressStage(settings, nobody, nobody, nobody, nobody, nobody, Sample("", ""))
    return stage.__serve_build_asgi_app__().openapi()


def write_reference(document: Mapping[str, Any]) -> str:
    """Return the page as Markdown."""
    parts = [HEAD]
    for tag, operations in _by_tag(document).items():
        parts.append(f"\n## {tag.capitalize()}\n")
        for method, path, operation in operations:
            parts += _operation(document, method, path, operation)
    return "\n".join(parts).rstrip() + "\n"


def _by_tag(document: Mapping[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                tag = operations[method].get("tags", ["other"])[0]
                found.setdefault(tag, []).append((method, path, operations[method]))
    return found


def _operation(
    document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]
) -> Iterator[str]:
    yield f"### `{method.upper()} {path}`\n"
    yield f"{operation['description'].strip()}\n"
    # By key or by session: the role is the same.
    roles = {role for scheme in operation.get("security", []) for role in chain(*scheme.values())}
    if roles:
        yield f"For staff: {', '.join(sorted(roles))} or more.\n"
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        need = "required" if parameter.get("required") else "optional"
        words = parameter.get("description") or _type_words(document, parameter.get("schema", {}))
        yield f"- {parameter['in']} `{parameter['name']}` ({need}): {words}"
    if parameters:
        yield ""
    body = operation.get("requestBody")
    if body is not None:
        for content, of in body["content"].items():
            yield from _example(document, of.get("schema", {}), f"Takes {content}:")
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            for content, of in answer.get("content", {}).items():
                yield from _example(document, of.get("schema", {}), f"Answers {status}, {content}:")
    others = [status for status in operation["responses"] if status[0] in "345"]
    yield f"Else: {', '.join(sorted(others))}.\n"


def _example(document: Mapping[str, Any], schema: Mapping[str, Any], words: str) -> Iterator[str]:
    if not schema:
        yield words.rstrip(":") + ".\n"
        return
    text = json.dumps(example_of(document, schema), indent=2, ensure_ascii=False)
    yield f"{words}\n\n```json\n{text}\n```\n"


def example_of(document: Mapping[str, Any], schema: Mapping[str, Any], name: str = "") -> object:
    """Return a value that the schema allows; of alternatives, one of the first."""
    schema = _resolve(document, schema)
    for kind in ("anyOf", "oneOf", "allOf"):
        if kind in schema:
            return example_of(document, schema[kind][0], name)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return EXAMPLES[name] if EXAMPLES.get(name) in schema["enum"] else schema["enum"][0]
    if "properties" in schema:
        return {
            key: example_of(document, value, key) for key, value in schema["properties"].items()
        }
    if name in EXAMPLES and isinstance(EXAMPLES[name], _PYTHON_TYPE[schema.get("type", "object")]):
        return EXAMPLES[name]
    if schema.get("type") == "array":
        return [example_of(document, schema.get("items", {}), name)]
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(schema.get("type", ""), {}))


def _type_words(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    schema = _resolve(document, schema)
    if "anyOf" in schema:
        return _type_words(document, schema["anyOf"][0])
    words = ", ".join(map(str, schema["enum"])) if "enum" in schema else schema.get("type", "text")
    return f"{words}; {schema['default']} if left out" if "default" in schema else str(words)


def _resolve(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


if __name__ == "__main__":
    TARGET.write_text(write_reference(openapi()), encoding="utf-8")
    print(f"written: {TARGET.relative_to(TARGET.parents[2])}")
