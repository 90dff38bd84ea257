"""Checks that docs/reference describes every value that may be configured as the code has it now."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from deployments.settings import Settings
from deployments.stage_configs import STAGE_CONFIGS

with warnings.catch_warnings():
    # Ray's import itself uses what pydantic deprecates.
    warnings.simplefilter("ignore")
    from scripts.channel_settings import written_files
    from scripts.config_reference import REFERENCE, SCHEMA, make_schema, write_reference

ROOT = Path(__file__).parents[2]
FILES = ["config.yaml", "config.production.yaml", "config.minikube.yaml"]


def test_the_reference_is_current() -> None:
    assert REFERENCE.read_text() == write_reference(), "run `make config-reference`"


def test_the_schema_is_current() -> None:
    assert json.loads(SCHEMA.read_text()) == make_schema(), "run `make config-reference`"


def test_the_channels_settings_are_current_wherever_they_are_handed_on() -> None:
    for path, text in written_files().items():
        assert path.read_text(encoding="utf-8") == text, "run `make config-reference`"


def described(model: type[BaseModel], where: str) -> Iterator[tuple[str, str | None]]:
    for name, field in model.model_fields.items():
        yield f"{where}.{name}", field.description
        if isinstance(field.default, BaseModel):
            yield from described(type(field.default), f"{where}.{name}")


def test_every_value_says_what_it_does() -> None:
    fields = dict(described(Settings, "settings"))
    for stage, model in STAGE_CONFIGS.items():
        fields |= dict(described(model, stage))
    assert [name for name, words in fields.items() if not words] == []


@pytest.mark.parametrize("stage", STAGE_CONFIGS)
def test_a_value_that_config_yaml_states_for_a_stage_is_the_default(stage: str) -> None:
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    [given] = [
        deployment["user_config"]
        for deployment in config["applications"][0]["deployments"]
        if deployment["name"] == stage
    ]
    assert STAGE_CONFIGS[stage].model_validate(given) == STAGE_CONFIGS[stage]()


@pytest.mark.parametrize("file", FILES)
def test_an_editor_finds_the_schema_and_nothing_wrong_in_the_shipped_files(file: str) -> None:
    text = (ROOT / file).read_text()
    pointer = text.partition("\n")[0].partition("$schema=")[2]
    assert (ROOT / pointer).resolve() == SCHEMA
    assert list(Draft202012Validator(make_schema()).iter_errors(yaml.safe_load(text))) == []


def stage_of(config: dict[str, Any], name: str) -> dict[str, Any]:
    return next(
        deployment
        for deployment in config["applications"][0]["deployments"]
        if deployment["name"] == name
    )


@pytest.mark.parametrize(
    "break_it",
    [
        lambda c: c.update(http_option={}),
        lambda c: c["http_options"].update(prot=1),
        lambda c: c["http_options"].update(port="eight"),
        lambda c: stage_of(c, "agent").update(max_ongoing_request=5),
        lambda c: stage_of(c, "agent").update(name="agnet"),
        lambda c: stage_of(c, "agent")["user_config"].update(max_search=1),
        lambda c: stage_of(c, "agent")["user_config"].update(max_batch_texts=1),
        lambda c: stage_of(c, "agent")["user_config"].update(answerable_from=1.5),
        lambda c: stage_of(c, "agent")["user_config"]["guardrails"].update(prices=1),
        lambda c: stage_of(c, "agent")["autoscaling_config"].update(min_replica=1),
        lambda c: stage_of(c, "agent")["autoscaling_config"]["policy"]["policy_kwargs"].update(busy=3),
        lambda c: stage_of(c, "relay")["user_config"].update(learning={"tickets_a_run": 0}),
    ],
)  # fmt: skip
def test_an_editor_marks_what_the_strict_check_refuses(
    break_it: Callable[[dict[str, Any]], object],
) -> None:
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    break_it(config)
    assert list(Draft202012Validator(make_schema()).iter_errors(config)) != []
