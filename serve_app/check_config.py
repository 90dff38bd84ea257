"""config.yaml read strictly: Ray takes a misspelt key for nothing and says so to nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError
from ray.serve.schema import (
    DeploymentSchema,
    HTTPOptionsSchema,
    LoggingConfig,
    RayActorOptionsSchema,
    ServeApplicationSchema,
    ServeDeploySchema,
)

from deployments.stage_configs import STAGE_CONFIGS, StageConfig
from domain.errors import ConfigurationError


def read_config(path: Path) -> dict[str, object]:
    """The file as a mapping. Raises ConfigurationError with every problem, a sentence each."""
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path} can't be read: {error}") from error
    if not isinstance(config, dict):
        raise ConfigurationError(f"{path} must hold a mapping")
    problems = list(find_problems(config))
    if problems:
        raise ConfigurationError(f"{path}:\n" + "\n".join(f"  - {problem}" for problem in problems))
    return config


def find_problems(config: Mapping[str, object]) -> Iterator[str]:
    """What is misspelt, unknown or of the wrong type."""
    yield from _unknown(config, ServeDeploySchema, "the file")
    yield from _unknown(_mapping(config.get("http_options")), HTTPOptionsSchema, "http_options")
    yield from _unknown(_mapping(config.get("logging_config")), LoggingConfig, "logging_config")
    for application in _mappings(config.get("applications")):
        where = f"application {application.get('name')}"
        yield from _unknown(application, ServeApplicationSchema, where)
        seen = set()
        for deployment in _mappings(application.get("deployments")):
            name = str(deployment.get("name"))
            seen.add(name)
            yield from _deployment_problems(name, deployment)
        for missing in sorted(set(STAGE_CONFIGS) - seen):
            yield f"deployment {missing} is missing from {where}"
    try:
        ServeDeploySchema.model_validate(config)
    except ValidationError as error:
        for one in error.errors():
            yield f"{'.'.join(map(str, one['loc']))}: {one['msg']}"


def stage_config(config: Mapping[str, object], stage: str) -> StageConfig:
    """The checked user_config of a deployment; its defaults where the file says nothing."""
    for application in _mappings(config.get("applications")):
        for deployment in _mappings(application.get("deployments")):
            if deployment.get("name") == stage:
                return STAGE_CONFIGS[stage].model_validate(deployment.get("user_config") or {})
    return STAGE_CONFIGS[stage]()


def _deployment_problems(name: str, deployment: Mapping[str, object]) -> Iterator[str]:
    if name not in STAGE_CONFIGS:
        yield f"there is no deployment {name}; known: {', '.join(STAGE_CONFIGS)}"
        return
    yield from _unknown(deployment, DeploymentSchema, f"deployment {name}")
    options = _mapping(deployment.get("ray_actor_options"))
    yield from _unknown(options, RayActorOptionsSchema, f"ray_actor_options of {name}")
    if deployment.get("user_config") is None:
        yield f"deployment {name} needs a user_config (it may be empty: {{}})"
        return
    try:
        STAGE_CONFIGS[name].model_validate(deployment["user_config"])
    except ValidationError as error:
        for one in error.errors():
            yield f"user_config of {name}: {'.'.join(map(str, one['loc']))}: {one['msg']}"


def _unknown(given: Mapping[str, object], schema: type[BaseModel], where: str) -> Iterator[str]:
    known = set(schema.model_fields)
    for key in given:
        if key not in known:
            yield f"{where} has no setting {key!r}; known: {', '.join(sorted(known))}"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
