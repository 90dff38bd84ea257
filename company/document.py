"""Turns a profile's document (YAML, JSON) into `Company` and back; strict, every fault with its field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from company.descriptions import field_texts
from domain.company import Company, WrongField
from domain.errors import InvalidProfile

MAX_BYTES = 1_000_000

_COMPANY = TypeAdapter(Company)
_ABBREVIATIONS = frozenset({"id", "sla", "url", "usd"})


def parse(document: object) -> Company:
    """Check a document. Raises InvalidProfile, which names each field that is wrong and why."""
    if not isinstance(document, Mapping):
        raise InvalidProfile({"": "a profile is a table of keys, such as name: Your company"})
    try:
        # Through JSON, so that a document means the same whether it came as YAML, by the API or from the database.
        return _COMPANY.validate_json(json.dumps(_set(document), default=str))
    except ValidationError as error:
        raise InvalidProfile(
            {_field(fault): _reason(fault) for fault in error.errors(include_url=False)}
        ) from None


def parse_json(text: str) -> Company:
    """Check a document that is stored as JSON. Raises InvalidProfile."""
    return parse(json.loads(text))


def parse_yaml(text: str) -> Company:
    """Check a document in YAML. Raises InvalidProfile."""
    if len(text.encode()) > MAX_BYTES:
        raise InvalidProfile({"": "a profile has at most 1 MB"})
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise InvalidProfile({"": f"this is no YAML: {' '.join(str(error).split())}"}) from None
    return parse(document)


def to_plain(company: Company) -> dict[str, Any]:
    """Return everything that differs from the defaults, as JSON has it."""
    plain: dict[str, Any] = _COMPANY.dump_python(company, mode="json", exclude_defaults=True)
    return plain


def to_json(company: Company) -> str:
    """Return the document that is stored."""
    return json.dumps(to_plain(company), ensure_ascii=False)


def to_yaml(company: Company) -> str:
    """Return the document as a person edits it."""
    return yaml.safe_dump(to_plain(company), allow_unicode=True, sort_keys=False, width=100)


def json_schema() -> dict[str, Any]:
    """Return the document's JSON Schema, for editors, with the text of every key."""
    schema = _COMPANY.json_schema()
    texts = field_texts()
    for name, part in {**schema["$defs"], schema["title"]: schema}.items():
        for key, text in texts.get(name, {}).items():
            part["properties"][key]["description"] = text
    for part in (schema, *schema["$defs"].values()):
        for key, value in part.get("properties", {}).items():
            value["title"] = _label(key)
    return schema


def _label(key: str) -> str:
    """Return a key as a form shows it."""
    words = [word.upper() if word in _ABBREVIATIONS else word for word in key.split("_")]
    return f"{words[0][0].upper()}{words[0][1:]} {' '.join(words[1:])}".strip()


class _Loader(yaml.SafeLoader):
    """Reads on, off, yes and no as words (YAML 1.2): `on:` and the language `no` are keys."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag != "tag:yaml.org,2002:bool" or first in "tTfF"
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _set(value: object) -> object:
    """Leave out keys without a value (`phone:`), which mean that nothing is set."""
    if isinstance(value, Mapping):
        return {str(key): _set(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_set(inner) for inner in value]
    return value


def _field(fault: Mapping[str, Any]) -> str:
    # Pydantic names the arm of a union too, such as "constrained-str".
    parts = [str(part) for part in fault["loc"] if not _is_union_arm(part)]
    cause = fault.get("ctx", {}).get("error")
    return ".".join([*parts, cause.field] if isinstance(cause, WrongField) else parts)


def _is_union_arm(part: int | str) -> bool:
    return isinstance(part, str) and (
        "[" in part or part in ("constrained-str", "str", "json-or-python")
    )


def _reason(fault: Mapping[str, Any]) -> str:
    if fault["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return "this key is unknown"
    if fault["type"] == "missing":
        return "this key is missing"
    text: str = fault["msg"].removeprefix("Value error, ")
    return text
