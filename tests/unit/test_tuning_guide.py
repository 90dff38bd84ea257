"""The tuning guide names every value of config.yaml, in the section of its deployment, and no other."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from deployments.autoscaling import BacklogPolicy
from deployments.stage_configs import STAGE_CONFIGS

ROOT = Path(__file__).parents[2]
_NAMES = re.compile(r"`([^`]+)`(?: \(([^)]*)\))?")


def documented() -> dict[str, dict[str, str]]:
    """By section: the names in the first column of its first table, and the default beside them."""
    found: dict[str, dict[str, str]] = {}
    for section in (ROOT / "docs" / "how-to" / "tuning.md").read_text().split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        tables = re.findall(r"^\| value \|.*\n\|[-|]+\n((?:\|.*\n)*)", text + "\n", re.MULTILINE)
        cells = [line.split("|")[1] for table in tables for line in table.splitlines()]
        found[title] = dict(name for cell in cells for name in _NAMES.findall(cell))
    return found


GUIDE = documented()


def settings_of(schema: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Names and defaults, those of nested settings with a dot."""
    for name, field in schema.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from settings_of(type(field.default), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.default


def leaves(given: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in given.items():
        if isinstance(value, dict) and key != "resources":
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


@pytest.mark.parametrize("stage", STAGE_CONFIGS)
def test_each_value_of_a_user_config_is_explained_where_it_belongs(stage: str) -> None:
    assert set(GUIDE[stage]) == {name for name, _ in settings_of(STAGE_CONFIGS[stage])}


@pytest.mark.parametrize("stage", STAGE_CONFIGS)
def test_a_default_that_the_guide_states_is_the_default(stage: str) -> None:
    defaults = dict(settings_of(STAGE_CONFIGS[stage]))
    for name, stated in GUIDE[stage].items():
        if stated and stated != "none":
            assert float(stated) == defaults[name], name


def test_each_argument_of_the_policy_is_explained_with_its_default() -> None:
    stated = GUIDE["Scaling on what waits"]
    for one in dataclasses.fields(BacklogPolicy):
        assert one.name in stated
        if stated[one.name]:
            assert float(stated[one.name]) == one.default, one.name


@pytest.mark.parametrize("file", ["config.yaml", "config.production.yaml", "config.minikube.yaml"])
def test_every_other_value_of_the_file_is_explained_too(file: str) -> None:
    config = yaml.safe_load((ROOT / file).read_text())
    [application] = config.pop("applications")
    assert set(leaves(config)) <= set(GUIDE["Before the deployments"])
    for deployment in application["deployments"]:
        scaling = deployment.pop("autoscaling_config", {})
        plain = {
            key: value for key, value in deployment.items() if key not in ("name", "user_config")
        }
        assert set(leaves(plain)) <= set(GUIDE["Every deployment"]), deployment["name"]
        names = {name.removeprefix("policy.policy_kwargs.") for name in leaves(scaling)}
        assert names <= set(GUIDE["Scaling on what waits"]), deployment["name"]
