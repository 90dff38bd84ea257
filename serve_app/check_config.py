"""Reads config.yaml strictly: Ray silently ignores unknown keys, so this check rejects them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import get_args

import yaml
from pydantic import BaseModel, ValidationError
from ray.serve.config import AutoscalingConfig
from ray.serve.schema import ServeDeploySchema

from deployments.autoscaling import BacklogPolicy
from deployments.configs.base import StageConfig
from deployments.configs.embedding import EmbeddingConfig
from deployments.configs.ingress import IngressConfig
from deployments.stage_configs import STAGE_CONFIGS
from deployments.triage_encoder import require_triage_encoder
from domain import topics
from domain.errors import ConfigurationError
from messaging.topics import PARTITIONS

CONSUMED: Mapping[str, str] = {"agent": topics.INCOMING, "delivery": topics.OUTGOING}
"""The topic that each consuming deployment reads; replicas beyond its partitions would be idle."""

POLICIES = {f"{BacklogPolicy.__module__}:{BacklogPolicy.__qualname__}": BacklogPolicy}
"""Our autoscaling policies by the path in `policy_function`."""

PROBE_ROOM = 128
"""Calls for which the ingress keeps room besides streams and requests: probes and refusals in progress."""

_DEFAULT_MAX_ONGOING_REQUESTS = 5
"""Ray's default."""

_AUTO_MAX_REPLICAS = 100
"""Ray's default maximum for `num_replicas: auto`."""


def read_config(path: Path) -> dict[str, object]:
    """Return the file as a mapping.

    Raises:
        ConfigurationError: A sentence on each problem.
    """
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


def find_problems(
    config: Mapping[str, object], partitions: Mapping[str, int] = PARTITIONS
) -> Iterator[str]:
    """Yield a sentence on each unknown, missing, duplicate or mistyped setting and on idle replicas."""
    yield from _unknown(config, ServeDeploySchema, "the file")
    misread_policies: list[str] = []
    for application in _mappings(config.get("applications")):
        deployments = _mappings(application.get("deployments"))
        names = [str(deployment.get("name")) for deployment in deployments]
        for missing in sorted(set(STAGE_CONFIGS) - set(names)):
            yield f"deployment {missing} is missing from application {application.get('name')}"
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"deployment {name} is there more than once"
        for name, deployment in zip(names, deployments, strict=True):
            misread_policies += _policy_problems(name, deployment)
            yield from _stage_problems(name, deployment)
            yield from _unfitted_encoder(name, deployment)
            yield from _idle_replicas(name, deployment, partitions)
            yield from _crowded_probes(name, deployment)
    if misread_policies:
        # Ray's schemas import the policy and would fail with a traceback.
        yield from misread_policies
        return
    try:
        ServeDeploySchema.model_validate(config)
    except ValidationError as error:
        yield from _sentences(error)
    except (AttributeError, TypeError):
        # Ray's validators assume the right types.
        yield "applications must be a list of mappings, and so must their deployments"


def stage_config(config: Mapping[str, object], stage: str) -> StageConfig:
    """Return a deployment's validated user_config, the defaults if the file has none."""
    for application in _mappings(config.get("applications")):
        for deployment in _mappings(application.get("deployments")):
            if deployment.get("name") == stage:
                return STAGE_CONFIGS[stage].model_validate(deployment.get("user_config") or {})
    return STAGE_CONFIGS[stage]()


def _stage_problems(name: str, deployment: Mapping[str, object]) -> Iterator[str]:
    if name not in STAGE_CONFIGS:
        yield f"deployment {name} is unknown; known: {', '.join(STAGE_CONFIGS)}"
        return
    user_config = deployment.get("user_config")
    if user_config is None:
        yield f"deployment {name} needs a user_config (it may be empty: {{}})"
    # Ray's schema accepts any mapping for both, so their values are checked here.
    for key, schema in (
        ("user_config", STAGE_CONFIGS[name]),
        ("autoscaling_config", AutoscalingConfig),
    ):
        value = deployment.get(key)
        if isinstance(value, dict):
            try:
                schema.model_validate(value)
            except ValidationError as error:
                yield from _sentences(error, f"{key} of deployment {name}: ")
            except (ImportError, AttributeError):
                # The policy does not exist; `_policy_problems` reports that.
                continue


def _unfitted_encoder(name: str, deployment: Mapping[str, object]) -> Iterator[str]:
    """Of a model that guardrails or sentiment were not fitted on; the model itself is not loaded."""
    if name != "embedding":
        return
    try:
        config = EmbeddingConfig.model_validate(deployment.get("user_config") or {})
        require_triage_encoder(config.model)
    except ValidationError:
        # Told elsewhere.
        return
    except ConfigurationError as error:
        yield f"deployment embedding: {error}"


def _policy_problems(name: str, deployment: Mapping[str, object]) -> Iterator[str]:
    """Check the arguments of our autoscaling policies, which Ray passes on unchecked."""
    autoscaling = deployment.get("autoscaling_config")
    policy = autoscaling.get("policy") if isinstance(autoscaling, dict) else None
    if not isinstance(policy, dict):
        return
    where = f"autoscaling_config of deployment {name}: "
    path = str(policy.get("policy_function"))
    arguments = policy.get("policy_kwargs", {})
    if path not in POLICIES:
        yield f"{where}there is no policy {path}; known: {', '.join(POLICIES)}"
    elif not isinstance(arguments, dict):
        yield f"{where}policy_kwargs must be a mapping"
    else:
        known = {field.name: field for field in fields(POLICIES[path])}
        for key, value in arguments.items():
            if key not in known:
                yield f"{where}policy_kwargs has no setting {key!r}; known: {', '.join(known)}"
            elif isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                yield f"{where}{key} of policy_kwargs must be a number above 0"
        for key, field in known.items():
            if field.default is MISSING and key not in arguments:
                yield f"{where}policy_kwargs needs a {key}"


def _idle_replicas(
    name: str, deployment: Mapping[str, object], partitions: Mapping[str, int]
) -> Iterator[str]:
    topic = CONSUMED.get(name)
    most = _most_replicas(deployment)
    if topic is not None and most is not None and most > partitions[topic]:
        yield (
            f"deployment {name} may have {most} replicas, but {topic} has {partitions[topic]} partitions:"
            " the replicas beyond them would have nothing to read"
        )


def _crowded_probes(name: str, deployment: Mapping[str, object]) -> Iterator[str]:
    """Check that Serve's limit exceeds the ingress's own limits by the room for probes."""
    if name != "ingress":
        return
    try:
        limits = IngressConfig.model_validate(deployment.get("user_config") or {})
    except ValidationError:
        # `_stage_problems` reports it.
        return
    most = deployment.get("max_ongoing_requests", _DEFAULT_MAX_ONGOING_REQUESTS)
    if isinstance(most, int) and limits.max_open + PROBE_ROOM > most:
        yield (
            f"deployment ingress may have {limits.streams.per_replica} streams,"
            f" {limits.max_concurrent_requests} requests and {limits.max_waiting_requests} that wait:"
            f" max_ongoing_requests {most} must be {PROBE_ROOM} more, or probes wait behind them"
        )


def _most_replicas(deployment: Mapping[str, object]) -> int | None:
    """Return the maximum of replicas; None for a wrong type, which the schema reports."""
    autoscaling = deployment.get("autoscaling_config")
    if deployment.get("num_replicas") == "auto":
        given = autoscaling if isinstance(autoscaling, dict) else {}
        most = given.get("max_replicas", _AUTO_MAX_REPLICAS)
    elif isinstance(autoscaling, dict):
        most = autoscaling.get("max_replicas", AutoscalingConfig().max_replicas)
    else:
        most = deployment.get("num_replicas", 1)
    return most if isinstance(most, int) else None


def _sentences(error: ValidationError, where: str = "") -> Iterator[str]:
    """Yield a sentence per problem; without `where`, skip unknown keys, which `_unknown` has reported."""
    for problem in error.errors():
        if problem["type"] == "extra_forbidden" and not where:
            continue
        path = ".".join(map(str, problem["loc"]))
        if problem["type"] == "extra_forbidden":
            yield f"{where}there is no setting {path}"
        else:
            yield f"{where}{path}: {problem['msg']}"


def _unknown(given: Mapping[str, object], schema: type[BaseModel], where: str) -> Iterator[str]:
    """Report keys at any depth that `schema` does not define and Ray would ignore."""
    known = set(schema.model_fields)
    for key, value in given.items():
        if key not in known:
            yield f"{where} has no setting {key!r}; known: {', '.join(sorted(known))}"
            continue
        for inner in _schemas_in(schema.model_fields[key].annotation):
            if isinstance(value, dict):
                yield from _unknown(
                    value, inner, f"{key} of {where}" if where != "the file" else key
                )
            for item in _mappings(value):
                yield from _unknown(item, inner, f"{key.removesuffix('s')} {item.get('name')}")


def _schemas_in(annotation: object) -> list[type[BaseModel]]:
    """Return the Ray schemas in a field's type, such as `dict | AutoscalingConfig | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [schema for argument in get_args(annotation) for schema in _schemas_in(argument)]


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
