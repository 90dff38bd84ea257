"""Writes docs/reference/company.md and company.schema.json from the profile's dataclasses.

python scripts/company_reference.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from company.document import json_schema

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
REFERENCE = FOLDER / "company.md"
SCHEMA = FOLDER / "company.schema.json"

EXAMPLE = """\
name: Brightwell Energy
product: electricity and gas for homes
languages: [en, de]
support_name: Brightwell Support
tone: Warm and plain, short sentences, no jargon.
channels:
  email:
    greeting: {en: "Dear {name},", de: "Guten Tag {name},"}
    signature: "Kind regards,\\n{support_name}\\nTicket {ticket}"
  whatsapp:
    max_words: 80
texts:
  en: {handover.refund: "A colleague from our billing team answers you."}
allowed_hosts: [brightwell.example]
topics:
  - id: medical
    label: Depends on electricity for medical reasons
    words: [dialysis, oxygen concentrator]
    examples: [My son is on a ventilator at home.]
    reply: {en: "Thank you for telling us. A colleague gets in touch with you at once."}
    priority: urgent
hours:
  timezone: Europe/London
  week: {mon: ["08:00-12:00", "13:00-18:00"], sat: ["09:00-13:00"]}
  holidays: [2026-12-25]
sla: {first_response: {urgent: 1h, default: 8h}}
answering: {by_channel: {email: draft}}
notifications:
  - on: [handover]
    reasons: [legal]
    to: {kind: mail, address: duty@brightwell.example}
budget: {usd_per_day: 20}
retention: {messages: 730d, raw_mail: 90d, media: 365d}
brand: {colour: "#0a6b5b"}
country: GB
emergency: {en: "Leave the building, then call the emergency services."}
limits: {pricing: articles, reason: The tariffs are public.}
contact: {phone: "+44 20 7946 0123", help_site: "https://help.brightwell.example"}
"""

HEAD = """# Company profile

Generated from the code by `make config-reference`; a test fails when it is out of date. To write your first one, see
[your company in ten minutes](../tutorial/your-company.md).

The profile is one YAML or JSON document. Every version is kept, and a change is in force within five seconds without a
restart. Change it in the console under Company, by `PUT /api/v1/company` or with
`.venv/bin/python -m serve_app company import FILE`. A key that is not in these tables is an error that names it. A key
that is left out has its default. A period is a number and s, m, h or d, such as 24h.

An editor checks the file as you write if its first line names the schema, at the path where it lies:
`# yaml-language-server: $schema=docs/reference/company.schema.json`.
"""
_SHORTEST_CHECKED = 1
_BOUNDS = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {}"),
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
)
Schema = dict[str, Any]


def write_reference() -> str:
    """Return the page as Markdown."""
    schema = json_schema()
    parts = [HEAD, "## Example\n", f"```yaml\n{EXAMPLE}```\n"]
    parts += _section("The whole profile", schema, schema["$defs"])
    for name in _in_order(schema, schema["$defs"]):
        parts += _section(name, schema["$defs"][name], schema["$defs"])
    return "\n".join(parts).rstrip() + "\n"


def make_schema() -> Schema:
    """Return the document's JSON Schema."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **json_schema()}


def _in_order(part: Schema, classes: Schema) -> dict[str, None]:
    """Return the classes with keys of their own below `part`, each at its first use."""
    found: dict[str, None] = {}
    for name in _references(part.get("properties", {})):
        if "properties" in classes[name]:
            found |= {name: None, **_in_order(classes[name], classes)}
    return found


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield _class(value)
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _section(title: str, part: Schema, classes: Schema) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"{part['description'].splitlines()[0]}\n"
    yield "| key | type | default | meaning |"
    yield "|---|---|---|---|"
    for name, value in part["properties"].items():
        default = "required" if name in part.get("required", ()) else _code(value.get("default"))
        text = " ".join(value.get("description", "").split()) or _inherited(value, classes)
        yield f"| `{name}` | {_type(value, classes)} | {default} | {text} |"
    yield ""


def _inherited(value: Schema, classes: Schema) -> str:
    """Return the text of the class that a key holds, for a key without one of its own."""
    named = list(_references(value))
    return str(classes[named[0]]["description"]).splitlines()[0] if named else ""


def _type(value: Schema, classes: Schema) -> str:
    if "$ref" in value:
        name = _class(value)
        found = classes[name]
        return f"[{name}](#{name.lower()})" if "properties" in found else _type(found, classes)
    if "anyOf" in value:
        options = [option for option in value["anyOf"] if option != {"type": "null"}]
        return " or ".join(_type(option, classes) for option in options)
    if "enum" in value:
        return ", ".join(f"`{option}`" for option in value["enum"])
    if value["type"] == "array":
        return _bounded(f"list of {_type(value['items'], classes)}", value)
    if value["type"] == "object":
        inner = value.get("additionalProperties")
        keys = value.get("propertyNames", {}).get("enum", ())
        by = f" by {', '.join(f'`{key}`' for key in keys)}" if keys else ""
        return f"table{by} of {_type(inner, classes)}" if isinstance(inner, dict) else "table"
    kind = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    return _bounded(value.get("format") or kind.get(value["type"], value["type"]), value)


def _bounded(kind: str, value: Schema) -> str:
    bounds = [
        words.format(f"{value[key]:,}")
        for key, words in _BOUNDS
        if key in value and not (key == "minLength" and value[key] == _SHORTEST_CHECKED)
    ]
    return ", ".join([kind, *bounds])


def _class(value: Schema) -> str:
    return str(value["$ref"]).rpartition("/")[2]


def _code(default: object) -> str:
    if default in (None, "", [], {}):
        return ""
    shown = ", ".join(map(str, default)) if isinstance(default, list) else default
    return f"`{str(shown).lower() if isinstance(shown, bool) else shown}`"


if __name__ == "__main__":
    REFERENCE.write_text(write_reference(), encoding="utf-8")
    SCHEMA.write_text(json.dumps(make_schema(), indent=2) + "\n", encoding="utf-8")
    print(f"written: docs/reference/{REFERENCE.name}, docs/reference/{SCHEMA.name}")
