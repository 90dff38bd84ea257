"""Tests config.yaml: whatever Ray would silently ignore is a sentence here."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.configs.agent import AgentConfig
from deployments.configs.ingress import IngressConfig
from deployments.settings import Settings
from deployments.stage_configs import STAGE_CONFIGS
from domain.errors import ConfigurationError
from domain.topics import INCOMING, OUTGOING

with warnings.catch_warnings():
    # Ray's import itself uses what pydantic deprecates.
    warnings.simplefilter("ignore")
    from ray.serve import Application

    from serve_app.app import build
    from serve_app.check_config import PROBE_ROOM, find_problems, read_config, stage_config
    from serve_app.cluster_config import cluster_config, merge

SHIPPED = Path(__file__).parents[2] / "config.yaml"


def shipped() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return config


def stage_of(config: dict[str, Any], name: str) -> dict[str, Any]:
    stages: list[dict[str, Any]] = config["applications"][0]["deployments"]
    return next(stage for stage in stages if stage["name"] == name)


def agent_of(config: dict[str, Any]) -> dict[str, Any]:
    return stage_of(config, "agent")


def delivery_of(config: dict[str, Any]) -> dict[str, Any]:
    return stage_of(config, "delivery")


def policy_of(config: dict[str, Any]) -> dict[str, Any]:
    policy: dict[str, Any] = agent_of(config)["autoscaling_config"]["policy"]
    return policy


def test_the_shipped_file_has_no_problem() -> None:
    config = read_config(SHIPPED)
    assert isinstance(stage_config(config, "agent"), AgentConfig)


def bound(application: Application) -> Iterator[str]:
    deployment = application._bound_deployment
    yield deployment.name
    for argument in deployment.init_args:
        if isinstance(argument, Application):
            yield from bound(argument)


def test_the_stages_of_the_file_are_those_of_the_graph() -> None:
    named = [deployment["name"] for deployment in shipped()["applications"][0]["deployments"]]
    assert sorted(named) == sorted(set(bound(build(Settings())))) == sorted(STAGE_CONFIGS)


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda c: c.update(http_option={}), ["the file", "'http_option'"]),
        (lambda c: c["http_options"].update(prot=1), ["http_options", "'prot'", "port"]),
        (lambda c: c["http_options"].update(port="eight"), ["http_options.port"]),
        (lambda c: c.update(http_options="x"), ["http_options"]),
        (lambda c: c["logging_config"].update(log_levl="INFO"), ["logging_config", "'log_levl'"]),
        (lambda c: c["logging_config"].update(log_level="LOUD"), ["log_level", "LOUD"]),
        (lambda c: c["applications"][0].update(routes="/"), ["application", "'routes'"]),
        (lambda c: c.update(applications={}), ["applications"]),
        (lambda c: c["applications"][0]["deployments"].append("agent"), ["list of mappings"]),
        (lambda c: agent_of(c).update(max_ongoing_request=5),
         ["deployment agent", "'max_ongoing_request'", "max_ongoing_requests"]),
        (lambda c: agent_of(c).update(max_ongoing_requests="x"), ["max_ongoing_requests"]),
        (lambda c: agent_of(c).update(num_replicas="two"), ["num_replicas"]),
        (lambda c: agent_of(c).update(name="agnet"), ["agnet"]),
        (lambda c: c["applications"][0]["deployments"].remove(agent_of(c)), ["agent is missing"]),
        (lambda c: c["applications"][0]["deployments"].append(agent_of(c)), ["agent", "more than once"]),
        (lambda c: agent_of(c).pop("user_config"), ["agent", "user_config"]),
        (lambda c: agent_of(c).update(user_config=[1]), ["user_config"]),
        (lambda c: agent_of(c)["user_config"].update(max_search=1), ["agent", "max_search"]),
        (lambda c: agent_of(c)["user_config"]["guardrails"].update(prices=1), ["guardrails.prices"]),
        (lambda c: agent_of(c)["user_config"].update(max_searches="many"), ["max_searches", "integer"]),
        (lambda c: agent_of(c)["user_config"].update(answerable_from=1.5), ["answerable_from"]),
        (lambda c: agent_of(c)["ray_actor_options"].update(num_cpu=1), ["ray_actor_options", "num_cpu"]),
        (lambda c: agent_of(c).update(ray_actor_options="x"), ["ray_actor_options"]),
        (lambda c: agent_of(c).update(num_replicas="auto", autoscaling_config={"min_replica": 1}),
         ["autoscaling_config of deployment agent", "'min_replica'"]),
        (lambda c: agent_of(c).update(num_replicas="auto", autoscaling_config={"min_replicas": "x"}),
         ["autoscaling_config of deployment agent", "min_replicas"]),
        (lambda c: policy_of(c).update(policy_function="deployments.autoscaling:Backlog"),
         ["autoscaling_config of deployment agent", "deployments.autoscaling:Backlog;", "BacklogPolicy"]),
        (lambda c: policy_of(c)["policy_kwargs"].update(busy_form=3), ["agent", "'busy_form'", "busy_from"]),
        (lambda c: policy_of(c)["policy_kwargs"].update(oldest_target_s="ten"), ["oldest_target_s", "number"]),
        (lambda c: policy_of(c)["policy_kwargs"].pop("backlog_per_replica"), ["needs a backlog_per_replica"]),
        (lambda c: agent_of(c).update(num_replicas=5, autoscaling_config=None),
         ["agent", "5 replicas", "fte.tickets.incoming", "4 partitions"]),
        (lambda c: agent_of(c).update(num_replicas="auto", autoscaling_config=None),
         ["agent", "100 replicas", "4 partitions"]),
        (lambda c: agent_of(c).update(autoscaling_config={"min_replicas": 1, "max_replicas": 9}),
         ["agent", "9 replicas", "4 partitions"]),
        (lambda c: stage_of(c, "ingress").update(max_ongoing_requests=1800),
         ["ingress", "512 streams", "256 requests", "1024 that wait", "1800", "probes"]),
        (lambda c: stage_of(c, "ingress").pop("max_ongoing_requests"), ["ingress", "probes", " 5"]),
        (lambda c: stage_of(c, "ingress")["user_config"]["streams"].update(per_replica=900),
         ["ingress", "900 streams", "probes"]),
        (lambda c: delivery_of(c)["user_config"].update(send_lease_s=85),
         ["delivery", "send_lease_s must be longer than", "answer_within_s"]),
        (lambda c: delivery_of(c)["user_config"]["providers"].update(gmail={}),
         ["delivery", "providers.gmail"]),
        (lambda c: delivery_of(c)["user_config"]["providers"]["email"].update(answers_within_s=1),
         ["delivery", "providers.email.answers_within_s"]),
    ],
)  # fmt: skip
def test_each_mistake_is_a_sentence(
    break_it: Callable[[dict[str, Any]], object], words: list[str]
) -> None:
    config = shipped()
    break_it(config)
    problems = list(find_problems(config))
    assert any(all(word in problem for word in words) for problem in problems), problems


def test_autoscaling_that_is_right_passes() -> None:
    config = shipped()
    agent = agent_of(config)
    agent.pop("num_replicas", None)
    agent["autoscaling_config"] = {
        "min_replicas": 1,
        "max_replicas": 4,
        "target_ongoing_requests": 8,
    }
    assert list(find_problems(config)) == []


@pytest.mark.parametrize("name", ["config.yaml", "config.production.yaml", "config.minikube.yaml"])
def test_streams_and_requests_together_leave_room_for_probes(name: str) -> None:
    cluster = name.split(".")[1]
    config = shipped() if cluster == "yaml" else cluster_config(cluster)
    ingress = stage_of(config, "ingress")
    limits = IngressConfig.model_validate(ingress["user_config"])
    requests = limits.max_concurrent_requests + limits.max_waiting_requests
    assert limits.streams.per_replica + requests + PROBE_ROOM <= ingress["max_ongoing_requests"]
    assert limits.streams.per_subject <= limits.streams.per_address < limits.streams.per_replica


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    config = shipped()
    config["http_options"]["prot"] = 1
    agent_of(config)["user_config"]["max_search"] = 1
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(ConfigurationError) as refusal:
        read_config(path)
    assert "prot" in str(refusal.value)
    assert "max_search" in str(refusal.value)


@pytest.mark.parametrize("text", ["- a list", "", "a: [", "just text"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError):
        read_config(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        read_config(tmp_path / "nowhere.yaml")


def test_what_a_cluster_overrides_is_merged_by_name_and_leaves_the_rest() -> None:
    config = {"a": {"b": 1, "c": 2}, "stages": [{"name": "x", "n": 1, "m": 2}, {"name": "y"}]}
    merged = merge(config, {"a": {"b": 3}, "stages": [{"name": "x", "n": None}, {"name": "z"}]})
    assert merged == {
        "a": {"b": 3, "c": 2},
        "stages": [{"name": "x", "m": 2}, {"name": "y"}, {"name": "z"}],
    }
    assert config["a"] == {"b": 1, "c": 2}


def test_a_clusters_mistake_is_a_sentence_too() -> None:
    overrides = {"applications": [{"name": "customer-success", "deployments": [{"name": "agnet"}]}]}
    problems = list(find_problems(merge(shipped(), overrides)))
    assert any("agnet" in problem for problem in problems)


def test_more_partitions_allow_more_replicas() -> None:
    config = shipped()
    agent = agent_of(config)
    agent.pop("autoscaling_config", None)
    agent["num_replicas"] = 30
    assert list(find_problems(config, {INCOMING: 36, OUTGOING: 36})) == []
