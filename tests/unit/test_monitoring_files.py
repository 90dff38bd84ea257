"""Checks that dashboards and rules ask only for metrics that the code has, and the made files are the current ones."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deployments.metrics import METRICS
from scripts.monitoring_files import made_files

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "monitoring"
_SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
RAYS_OWN = {"ray_serve_deployment_replica_healthy", "ray_serve_num_http_requests_total"}
_NAME = re.compile(r"\b(?:ray_|fte_)\w+")


def exported() -> dict[str, tuple[str, ...]]:
    """Labels by the name under which Prometheus sees a metric."""
    return {
        f"ray_{name}{suffix}": metric.labels
        for name, metric in METRICS.items()
        for suffix in _SUFFIXES[metric.kind]
    }


def rules() -> list[dict[str, str]]:
    groups = yaml.safe_load((MONITORING / "rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[tuple[str, dict[str, object]]]:
    found = []
    for path in sorted((MONITORING / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            found += [(f"{path.stem}: {panel['title']}", target) for target in panel["targets"]]
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_metrics_that_the_code_has(rule: dict[str, str]) -> None:
    assert_known(rule["expr"])


@pytest.mark.parametrize(
    ("name", "target"), panels(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_panel_asks_for_metrics_that_the_code_has(name: str, target: dict[str, str]) -> None:
    assert_known(target["expr"])
    for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
        assert re.search(rf"by \([^)]*\b{label}\b", target["expr"]), (name, label)


def assert_known(expression: str) -> None:
    known = exported()
    names = _NAME.findall(expression)
    assert names
    assert set(names) <= set(known) | RAYS_OWN, set(names) - set(known)
    ours = [known[name] for name in names if name in known]
    for label in re.findall(r"\b(?:by \(([^)]*)\)|{(\w+)=)", expression):
        for word in re.findall(r"\w+", " ".join(label)):
            assert word in {"le", "deployment", "status_code"} or any(
                word in labels for labels in ours
            ), word


def test_every_alert_says_what_to_do_and_no_entry_is_left_of_one_that_is_gone() -> None:
    runbook = (ROOT / "docs" / "how-to" / "runbook.md").read_text()
    for rule in rules():
        name = rule["alert"]
        assert re.search(rf"^### {name}$", runbook, re.MULTILINE), name
        assert rule["annotations"]["runbook_url"] == f"docs/how-to/runbook.md#{name.lower()}"  # type: ignore[index]
    entries = runbook.split("\n## Alerts\n")[1].split("\n## ")[0]
    assert re.findall(r"^### (.*)$", entries, re.MULTILINE) == [rule["alert"] for rule in rules()]


def test_the_limits_of_the_rules_are_those_of_the_api() -> None:
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    [ingress] = [
        deployment
        for deployment in config["applications"][0]["deployments"]
        if deployment["name"] == "ingress"
    ]
    limits = ingress["user_config"]["alerts"]
    by_name = {rule["alert"]: rule["expr"] for rule in rules()}
    for name, limit in (
        ("UnansweredTooLong", limits["unanswered_s"]),
        ("WaitingForPerson", limits["waiting_for_person_s"]),
        ("SlowReplies", limits["latency_s"]),
        ("ManyEscalations", limits["escalation_rate"]),
        ("SilentChannel", limits["silence_s"]),
        ("GmailWatchExpiring", limits["watch_left_s"]),
    ):
        threshold = re.search(r"[<>] ([\d.]+)\s*$", by_name[name])
        assert threshold is not None
        assert float(threshold[1]) == limit, name


def test_the_made_files_are_current() -> None:
    for path, text in made_files().items():
        assert path.read_text() == text, f"run scripts/monitoring_files.py: {path.name} is old"


def test_prometheus_takes_the_rules_and_its_configuration() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian's package prometheus)")
    for arguments in (["rules", "rules.yml"], ["config", "prometheus.yml"]):
        done = subprocess.run(
            [promtool, "check", *arguments],
            cwd=MONITORING,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
