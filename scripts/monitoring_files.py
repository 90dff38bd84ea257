"""Writes the Grafana dashboards and the PrometheusRule of monitoring/, from the table here and from rules.yml.

python scripts/monitoring_files.py
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

MONITORING = Path(__file__).resolve().parents[1] / "monitoring"


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel with its queries by legend; `limit` draws the alert's threshold."""

    title: str
    unit: str
    queries: Mapping[str, str]
    limit: float | None = None
    kind: str = "timeseries"


def rate(metric: str, labels: str, window: str = "5m") -> str:
    """Return the query for a counter's rate per minute."""
    return f"sum by ({labels}) (rate({metric}[{window}])) * 60"


def or_none(query: str) -> str:
    """Return the query with 0 in place of no data: a counter does not exist before its first count."""
    return f"{query} or on () vector(0)"


def quantile(share: float, metric: str, labels: str) -> str:
    """Return the query for a histogram's quantile."""
    return f"histogram_quantile({share}, sum by ({labels}, le) (rate({metric}_bucket[5m])))"


CUSTOMERS: Sequence[Panel] = (
    Panel("Messages in", "cpm", {"{{channel}}": rate("ray_fte_messages_in_total", "channel")}),
    Panel("Turns by outcome", "cpm", {"{{outcome}}": rate("ray_fte_turns_total", "outcome")}),
    Panel(
        "Oldest unanswered message",
        "s",
        {"{{channel}}": "max by (channel) (ray_fte_oldest_unanswered_seconds)"},
        300,
    ),
    Panel(
        "Waiting for a person, longest wait in opening hours",
        "s",
        {"longest": "max(ray_fte_oldest_waiting_for_person_open_seconds)"},
        900,
    ),
    Panel(
        "Customers waiting for a person", "short", {"customers": "max(ray_fte_waiting_for_person)"}
    ),
    Panel("Unanswered messages", "short", {"{{channel}}": "max by (channel) (ray_fte_unanswered)"}),
    Panel(
        "Acceptance to reply, 95th percentile",
        "s",
        {"{{channel}}": quantile(0.95, "ray_fte_turn_latency_seconds", "channel")},
        3,
    ),
    Panel(
        "Acceptance to reply, median",
        "s",
        {"{{channel}}": quantile(0.5, "ray_fte_turn_latency_seconds", "channel")},
    ),
    Panel(
        "Share of turns handed over",
        "percentunit",
        {
            "{{channel}}": 'sum by (channel) (increase(ray_fte_turns_total{outcome="escalated"}[1h]))'
            " / sum by (channel) (increase(ray_fte_turns_total[1h]))"
        },
        0.25,
    ),
    Panel(
        "Hand-overs by reason", "cpm", {"{{reason}}": rate("ray_fte_escalations_total", "reason")}
    ),
    Panel(
        "Sends by channel, state and provider code",
        "cpm",
        {
            "{{channel}} {{state}} {{code}}": rate(
                "ray_fte_deliveries_total", "channel, state, code"
            )
        },
    ),
    Panel(
        "Since a customer last wrote",
        "s",
        {"{{channel}}": "max by (channel) (ray_fte_channel_silence_seconds)"},
        86_400,
    ),
    Panel("Open dead letters", "short", {"open": "max(ray_fte_open_dead_letters)"}, 1, "stat"),
    Panel("Gmail watch left", "s", {"left": "max(ray_fte_gmail_watch_left_seconds)"}, None, "stat"),
    Panel(
        "Webhooks without a valid signature",
        "cpm",
        {"{{channel}}": or_none(rate("ray_fte_signature_failures_total", "channel", "15m"))},
    ),
    Panel(
        "Records dead-lettered",
        "cpm",
        {"{{topic}}": or_none(rate("ray_fte_dead_letters_total", "topic", "15m"))},
    ),
)

STAGES: Sequence[Panel] = (
    Panel("Lag", "short", {"{{topic}}": "max by (topic) (ray_fte_consumer_lag)"}),
    Panel(
        "Replicas",
        "short",
        {"{{deployment}}": "sum by (deployment) (ray_serve_deployment_replica_healthy)"},
    ),
    Panel(
        "Work of a stage, 95th percentile",
        "s",
        {"{{stage}}": quantile(0.95, "ray_fte_stage_latency_seconds", "stage")},
    ),
    Panel(
        "Pieces of work",
        "cpm",
        {"{{stage}}": rate("ray_fte_stage_latency_seconds_count", "stage")},
    ),
    Panel(
        "HTTP calls by status",
        "cpm",
        # Without Kubernetes' own probes of Serve.
        {
            "{{status_code}}": rate(
                'ray_serve_num_http_requests_total{route!~"/-/.*"}', "status_code"
            )
        },
    ),
    Panel(
        "Outbox",
        "short",
        {"rows": "max(ray_fte_outbox_rows)", "oldest, s": "max(ray_fte_oldest_outbox_seconds)"},
    ),
    Panel(
        "Guardrails tripped",
        "cpm",
        {"{{reason}}": or_none(rate("ray_fte_guardrail_trips_total", "reason"))},
    ),
    Panel(
        "Searches without an answer",
        "cpm",
        {"{{channel}}": or_none(rate("ray_fte_retrieval_misses_total", "channel"))},
    ),
    Panel(
        "Turns by model", "cpm", {"{{model_version}}": rate("ray_fte_turns_total", "model_version")}
    ),
    Panel(
        "Tokens",
        "cpm",
        {
            "{{model_version}} {{direction}}": or_none(
                rate("ray_fte_model_tokens_total", "model_version, direction")
            )
        },
    ),
    Panel(
        "Cost in the last 24 hours",
        "currencyUSD",
        {
            "{{model_version}}": or_none(
                "sum by (model_version) (increase(ray_fte_model_cost_usd_total[24h]))"
            )
        },
    ),
)

DASHBOARDS: Mapping[str, tuple[str, Sequence[Panel]]] = {
    "customers.json": ("Customer success: what customers feel", CUSTOMERS),
    "stages.json": ("Customer success: the stages", STAGES),
}


def dashboard(title: str, panels: Sequence[Panel]) -> dict[str, object]:
    """Return a dashboard for import into Grafana (schema version 39, Grafana 10 and later)."""
    return {
        "title": title,
        "uid": title.lower().replace(":", "").replace(" ", "-")[:40],
        "tags": ["customer-success"],
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data"}
            ]
        },
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, object]:
    steps: list[dict[str, object]] = [{"color": "green", "value": None}]
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
    custom = {"thresholdsStyle": {"mode": "line" if panel.limit is not None else "off"}}
    return {
        "id": number + 1,
        "title": panel.title,
        "type": panel.kind,
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "gridPos": {"x": number % 2 * 12, "y": number // 2 * 8, "w": 12, "h": 8},
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0 if panel.unit != "s" else None,
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": custom if panel.kind == "timeseries" else {},
            },
            "overrides": [],
        },
        "targets": [
            {"refId": chr(ord("A") + place), "expr": expression, "legendFormat": legend}
            for place, (legend, expression) in enumerate(panel.queries.items())
        ],
    }


def prometheus_rule(rules: str) -> str:
    """Return the rules as a resource of prometheus-operator."""
    resource = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {
            "name": "customer-success",
            "namespace": "crm-digital-fte",
            "labels": {"app.kubernetes.io/part-of": "customer-success"},
        },
        "spec": yaml.safe_load(rules),
    }
    header = "# Made from rules.yml by scripts/monitoring_files.py.\n"
    return header + str(yaml.safe_dump(resource, sort_keys=False, width=110))


def made_files() -> dict[Path, str]:
    """Return the text that each generated file should have."""
    files = {
        MONITORING / "dashboards" / name: json.dumps(dashboard(*of), indent=1) + "\n"
        for name, of in DASHBOARDS.items()
    }
    rules = (MONITORING / "rules.yml").read_text(encoding="utf-8")
    files[MONITORING / "prometheus-rule.yaml"] = prometheus_rule(rules)
    return files


if __name__ == "__main__":
    for path, text in made_files().items():
        path.write_text(text, encoding="utf-8")
        print(f"written: {path.relative_to(MONITORING.parent)}")
