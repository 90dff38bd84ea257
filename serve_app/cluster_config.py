"""Merges config.yaml with a cluster's overrides into the `serveConfigV2` of kuberay/."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from domain.errors import ConfigurationError
from messaging.topics import PARTITIONS
from serve_app.check_config import find_problems, read_config
from serve_app.shipped import ROOT

KUBERAY = ROOT / "kuberay"
CLUSTERS = ("minikube", "production")
"""Each has overrides in config.NAME.yaml and an overlay in kuberay/overlays/NAME."""

EVERY_CLUSTER: Mapping[str, object] = {"http_options": {"host": "0.0.0.0"}}  # noqa: S104
"""Other pods call a pod's proxy; the NetworkPolicies restrict which."""

_SERVE_CONFIG = re.compile(r"(?m)^  serveConfigV2: \|\n(?:(?:    .*)?\n)+")


def merge(config: Mapping[str, object], overrides: Mapping[str, object]) -> dict[str, Any]:
    """Return `config` with `overrides`: mappings merged by key, lists of named items by name.

    A null removes a key. Neither argument is changed.
    """
    merged = copy.deepcopy(dict(config))
    for key, value in overrides.items():
        old = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(old, dict) and isinstance(value, Mapping):
            merged[key] = merge(old, value)
        elif isinstance(old, list) and _are_named(value):
            merged[key] = _merge_named(old, value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def cluster_config(name: str) -> dict[str, Any]:
    """Return the checked configuration of the cluster `name`.

    Raises:
        ConfigurationError: Every problem, including replicas beyond that cluster's partitions.
    """
    path = ROOT / f"config.{name}.yaml"
    try:
        overrides = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path.name} can't be read: {error}") from error
    config = merge(merge(read_config(ROOT / "config.yaml"), EVERY_CLUSTER), overrides)
    problems = list(find_problems(config, partitions(name)))
    if problems:
        raise ConfigurationError(
            f"config.yaml with {path.name}:\n" + "\n".join(f"  - {problem}" for problem in problems)
        )
    return config


def partitions(name: str) -> Mapping[str, int]:
    """Return partitions by topic, from the cluster's KafkaTopic manifests or our defaults."""
    found = {}
    for path in (KUBERAY / "overlays" / name).glob("*.yaml"):
        for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if manifest and manifest.get("kind") == "KafkaTopic":
                found[manifest["spec"].get("topicName", manifest["metadata"]["name"])] = manifest[
                    "spec"
                ]["partitions"]
    return {**PARTITIONS, **found}


def manifests() -> dict[Path, str]:
    """Return the text that each file of kuberay/ with a serveConfigV2 should have."""
    base = merge(read_config(ROOT / "config.yaml"), EVERY_CLUSTER)
    configs = {KUBERAY / "base" / "rayservice.yaml": base}
    for name in CLUSTERS:
        path = KUBERAY / "overlays" / name / "serve-config.patch"
        configs[path] = cluster_config(name)
    return {path: _with_config(path, config) for path, config in configs.items()}


def write_manifests() -> list[Path]:
    """Update kuberay/ from config*.yaml; return the changed files."""
    changed = []
    for path, text in manifests().items():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def _with_config(path: Path, config: Mapping[str, object]) -> str:
    text = path.read_text(encoding="utf-8")
    dumped = yaml.safe_dump(dict(config), sort_keys=False, width=110)
    block = "  serveConfigV2: |\n" + "".join(f"    {line}\n" for line in dumped.splitlines())
    replaced, count = _SERVE_CONFIG.subn(lambda _match: block, text)
    if count != 1:
        raise ConfigurationError(f"{path} needs one serveConfigV2, it has {count}")
    return replaced


def _are_named(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(x, Mapping) and "name" in x for x in value)


def _merge_named(old: list[Any], new: Any) -> list[Any]:
    changes = {item["name"]: item for item in new}
    merged = [merge(item, changes.pop(item["name"], {})) for item in old]
    return merged + [copy.deepcopy(dict(item)) for item in changes.values()]
