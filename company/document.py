"""Turns a profile's document (YAML, JSON) into `Company` and back; strict, every fault with its field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from company.descriptions import field_texts
from domain.company import Company, WrongField
from domain.errors import InvalidProfile

MAX_BYTES = 1_000_000
_DEEPEST = 30
_DEEPEST_BRACKETS = 200
"""Far more than `_DEEPEST`: a text may have brackets that nobody closes."""
_BRACKETS = re.compile(r"[\[\]{}]")
_NOT_STORED = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL keeps in no text."""
_MOST_VALUES = 100_000
"""Aliases (`*name`) let a short document stand for more than any memory holds."""
_UNREADABLE = (
    yaml.YAMLError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What PyYAML raises for tags and numbers that name nothing, such as `!!bool x` and a date of month 13."""

_COMPANY = TypeAdapter(Company)
_ABBREVIATIONS = frozenset({"id", "sla", "url", "usd"})


def parse(document: object) -> Company:
    """Check a document. Raises InvalidProfile, which names each field that is wrong and why."""
    if not isinstance(document, Mapping):
        raise InvalidProfile({"": "a profile is a table of keys, such as name: Your company"})
    try:
        # Through JSON, so that a document means the same whether it came as YAML, by the API or from the database.
        plain = json.dumps(_Plain().of(document), default=str)
    except WrongField as error:
        raise InvalidProfile({error.field: str(error)}) from None
    except ValueError as error:
        raise InvalidProfile({"": f"this document can't be read: {error}"}) from None
    try:
        return _COMPANY.validate_json(plain)
    except ValidationError as error:
        raise InvalidProfile(
            {_field(fault): _reason(fault) for fault in error.errors(include_url=False)}
        ) from None


def parse_json(text: str) -> Company:
    """Check a document that is stored as JSON. Raises InvalidProfile."""
    return parse(json.loads(text))


def parse_yaml(text: str) -> Company:
    """Check a document in YAML. Raises InvalidProfile."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise InvalidProfile({"": "a profile has at most 1 MB"})
    if _bracket_depth(text) > _DEEPEST_BRACKETS:
        raise InvalidProfile({"": "this document has too many open brackets"})
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except _UNREADABLE as error:
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


class _Plain:
    """Makes a document of tables, lists and values; raises ValueError for one that is too deep or too large."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def of(self, value: object, path: tuple[str, ...] = ()) -> object:
        """Leave out keys without a value (`phone:`), which mean that nothing is set."""
        self._left -= 1
        if len(path) > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
        if self._left < 0:
            raise ValueError(f"it has more than {_MOST_VALUES} values")
        if isinstance(value, Mapping):
            return {
                self._text(str(key), path): self.of(inner, (*path, str(key)))
                for key, inner in value.items()
                if inner is not None
            }
        if isinstance(value, list):
            return [self.of(inner, (*path, str(place))) for place, inner in enumerate(value)]
        return self._text(value, path) if isinstance(value, str) else value

    @staticmethod
    def _text(value: str, path: tuple[str, ...]) -> str:
        if _NOT_STORED.search(value):
            raise WrongField(".".join(path), "a text must not contain NUL or half a character")
        return value


def _bracket_depth(text: str) -> int:
    """Return how deep brackets are nested at most; PyYAML takes seconds for some thousands."""
    depth = deepest = 0
    for bracket in _BRACKETS.findall(text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


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
