"""Writes docs/reference/config.md and config.schema.json from the typed configuration and settings.

python scripts/config_reference.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, TypeAdapter
from ray.serve.config import AutoscalingConfig
from ray.serve.schema import ServeDeploySchema

from deployments.settings import Settings
from deployments.stage_configs import STAGE_CONFIGS
from serve_app.check_config import POLICIES

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
REFERENCE = FOLDER / "config.md"
SCHEMA = FOLDER / "config.schema.json"

HEAD = """# Configuration reference

Generated from the code by `make config-reference`; a test fails when it is out of date. To choose values, see
[tuning](../how-to/tuning.md).

- Values under `user_config` of a deployment in `config.yaml` take effect within seconds and restart nothing. A misspelt
  key or a value out of bounds fails `make check` and the start. The keys of Ray Serve itself are in
  [tuning](../how-to/tuning.md); [config.schema.json](config.schema.json), which editors read, has both.
- Settings from the environment or `.env` are read once, at start.
"""
_BOUNDS = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "above {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "below {}"),
)
Schema = dict[str, Any]


def write_reference() -> str:
    """Return the page as Markdown."""
    parts = [HEAD]
    for stage, model in STAGE_CONFIGS.items():
        parts += [f"## {stage}: `user_config`\n", _sentence(model), *_table(model)]
    for path, policy in POLICIES.items():
        schema = TypeAdapter(policy).json_schema()
        parts += [
            f"\n## `policy_kwargs` of {path}\n",
            "Arguments of the autoscaling policy of agent, delivery, embedding and sentiment.\n",
            *_head(),
        ]
        for name, value in schema["properties"].items():
            default = "required" if name in schema["required"] else _code(value["default"])
            parts.append(f"| `{name}` | {_type(value)} | {default} | {value['description']} |")
    parts += ["\n## Settings: environment or `.env`\n", *_settings()]
    return "\n".join(parts).rstrip() + "\n"


def make_schema() -> Schema:
    """Return the JSON schema of config.yaml: Ray's own, made strict, with each deployment's `user_config`."""
    schema = ServeDeploySchema.model_json_schema()
    definitions: Schema = schema["$defs"]
    definitions |= AutoscalingConfig.model_json_schema().get("$defs", {})
    deployment = definitions["DeploymentSchema"]
    # Ray accepts any mapping here and silently ignores unknown keys.
    deployment["properties"]["autoscaling_config"]["anyOf"][0] = {"type": "null"}
    for part in (schema, *definitions.values()):
        if "properties" in part:
            part.setdefault("additionalProperties", False)
            # A cluster's overrides may leave out any key.
            part.pop("required", None)
            for value in part["properties"].values():
                _allow_null(value)
    deployment["properties"]["name"] = {"enum": list(STAGE_CONFIGS), "title": "Name"}
    deployment["required"] = ["name"]
    deployment["allOf"] = []
    for stage, model in STAGE_CONFIGS.items():
        own = model.model_json_schema()
        definitions |= own.pop("$defs", {})
        definitions[model.__name__] = own
        deployment["allOf"].append(
            {
                "if": {"properties": {"name": {"const": stage}}},
                "then": {"properties": {"user_config": {"$ref": f"#/$defs/{model.__name__}"}}},
            }
        )
    policy = definitions["AutoscalingPolicy"]["properties"]
    policy["policy_function"] = {"enum": list(POLICIES)}
    policy["policy_kwargs"] = {
        "anyOf": [
            {**TypeAdapter(policy_class).json_schema(), "additionalProperties": False}
            for policy_class in POLICIES.values()
        ]
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _allow_null(value: Schema) -> None:
    """Allow null, by which a cluster's overrides remove a key."""
    if "anyOf" in value:
        if {"type": "null"} not in value["anyOf"]:
            value["anyOf"].append({"type": "null"})
    elif "$ref" in value:
        value["anyOf"] = [{"$ref": value.pop("$ref")}, {"type": "null"}]


def _settings() -> Iterator[str]:
    yield from _head("setting")
    properties = Settings.model_json_schema()["properties"]
    # The system's own come first, then each channel's.
    for name in dict.fromkeys([*Settings.__annotations__, *Settings.model_fields]):
        field = Settings.model_fields[name]
        default = field.default
        if isinstance(default, SecretStr):
            kind, default = "secret", default.get_secret_value()
        else:
            kind = _type(properties[name])
        shown = "" if default in ("", None) else _code(str(default))
        yield f"| `{name.upper()}` | {kind} | {shown} | {field.description} |"


def _table(model: type[BaseModel]) -> Iterator[str]:
    yield from _head()
    yield from _rows(model, model.model_json_schema(), "")


def _head(name: str = "value") -> Iterator[str]:
    yield f"| {name} | type | default | meaning |"
    yield "|---|---|---|---|"


def _rows(model: type[BaseModel], schema: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        nested = default if isinstance(default, dict) else {}
        if isinstance(default, BaseModel):
            yield from _rows(type(default), default.model_json_schema(), f"{prefix}{name}.")
        elif nested:
            for key, value in nested.items():
                yield from _rows(type(value), value.model_json_schema(), f"{prefix}{name}.{key}.")
        else:
            words = _type(schema["properties"][name])
            default = _code(field.default)
            yield f"| `{prefix}{name}` | {words} | {default} | {field.description} |"


def _type(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(
            _type(option) for option in schema["anyOf"] if option != {"type": "null"}
        )
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}"
    bounds = [words.format(schema[key]) for key, words in _BOUNDS if key in schema]
    kind = {"string": "text", "integer": "whole number"}.get(schema["type"], schema["type"])
    return ", ".join([schema.get("format", kind), *bounds])


def _code(value: object) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"`{shown}`" if shown else ""


def _sentence(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n\n")[0] + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    REFERENCE.write_text(write_reference(), encoding="utf-8")
    SCHEMA.write_text(json.dumps(make_schema(), indent=2) + "\n", encoding="utf-8")
    print(f"written: docs/reference/{REFERENCE.name}, docs/reference/{SCHEMA.name}")
