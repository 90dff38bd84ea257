"""Checks that the tuning guide explains every key of Ray Serve in config.yaml; test_config_reference.py holds
our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

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


def leaves(given: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in given.items():
        if isinstance(value, dict) and key != "resources":
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


@pytest.mark.parametrize("file", ["config.yaml", "config.production.yaml", "config.minikube.yaml"])
def test_every_value_of_the_file_that_is_rays_own_is_explained(file: str) -> None:
    config = yaml.safe_load((ROOT / file).read_text())
    [application] = config.pop("applications")
    assert set(leaves(config)) <= set(GUIDE["Before the deployments"])
    for deployment in application["deployments"]:
        scaling = deployment.pop("autoscaling_config", {})
        plain = {
            key: value for key, value in deployment.items() if key not in ("name", "user_config")
        }
        assert set(leaves(plain)) <= set(GUIDE["Every deployment"]), deployment["name"]
        scaling.get("policy", {}).pop("policy_kwargs", None)
        assert set(leaves(scaling)) <= set(GUIDE["Scaling on what waits"]), deployment["name"]
