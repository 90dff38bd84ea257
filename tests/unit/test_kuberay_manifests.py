"""Tests the manifests of kuberay/ among themselves and against the program: names, ports, keys, bounds."""

from __future__ import annotations

import ipaddress
import tomllib
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from deployments.settings import Settings
from domain import topics

with warnings.catch_warnings():
    # Ray's import itself uses what pydantic deprecates.
    warnings.simplefilter("ignore")
    from serve_app.cluster_config import CLUSTERS, KUBERAY, cluster_config, manifests, partitions
    from serve_app.local.ray_cluster import PROXY_FLAGS, SERVING_FLAGS
    from serve_app.shipped import ROOT

Manifest = dict[str, Any]
NOT_OURS = {"HOME", "HF_HUB_OFFLINE", "FORWARDED_ALLOW_IPS", "SECRETS_DIR"}
"""Settings of the libraries and where ours are read from; Ray's own begin with RAY_."""


def load() -> Iterator[tuple[str, Manifest]]:
    for path in sorted(KUBERAY.rglob("*.yaml")):
        for resource in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            yield str(path.relative_to(KUBERAY)), resource


ALL = list(load())


def of_kind(kind: str, folder: str = "") -> list[Manifest]:
    return [
        resource for path, resource in ALL if resource["kind"] == kind and path.startswith(folder)
    ]


def only(kind: str, name: str) -> Manifest:
    [found] = [resource for resource in of_kind(kind) if resource["metadata"]["name"] == name]
    return found


SERVICE = only("RayService", "customer-success")
CLUSTER = SERVICE["spec"]["rayClusterConfig"]
FRONT = only("Deployment", "customer-success-front")
GROUPS = {workers["groupName"]: workers for workers in CLUSTER["workerGroupSpecs"]}
RAY_TEMPLATES = {
    "head": CLUSTER["headGroupSpec"]["template"],
    **{name: group["template"] for name, group in GROUPS.items()},
}


def pod_templates() -> Iterator[tuple[str, Manifest]]:
    yield from RAY_TEMPLATES.items()
    for workload in [*of_kind("StatefulSet"), *of_kind("Deployment")]:
        yield workload["metadata"]["name"], workload["spec"]["template"]


def stages(cluster: str) -> dict[str, Manifest]:
    [application] = cluster_config(cluster)["applications"]
    return {deployment["name"]: deployment for deployment in application["deployments"]}


def bounds(stage: Manifest) -> tuple[int, int]:
    autoscaling = stage.get("autoscaling_config")
    if autoscaling is None:
        return stage.get("num_replicas", 1), stage.get("num_replicas", 1)
    return autoscaling["min_replicas"], autoscaling["max_replicas"]


def test_every_serve_config_is_what_config_yaml_says_today() -> None:
    for path, text in manifests().items():
        assert path.read_text(encoding="utf-8") == text, "run `make manifests`"


def test_the_base_runs_config_yaml_itself_reachable_from_other_pods() -> None:
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    shipped["http_options"]["host"] = "0.0.0.0"
    assert yaml.safe_load(SERVICE["spec"]["serveConfigV2"]) == shipped


def test_production_scales_between_the_bounds_that_were_promised() -> None:
    found = {name: bounds(stage) for name, stage in stages("production").items()}
    assert found["ingress"] == (3, 20)
    assert found["agent"] == (3, 30)
    assert found["delivery"] == (3, 30)


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_no_consumer_may_outgrow_its_partitions(cluster: str) -> None:
    for name, topic in (("agent", topics.INCOMING), ("delivery", topics.OUTGOING)):
        assert bounds(stages(cluster)[name])[1] <= partitions(cluster)[topic]


def test_production_makes_the_three_topics_for_its_kafka() -> None:
    made = of_kind("KafkaTopic")
    assert {resource["metadata"]["name"] for resource in made} == {
        topics.INCOMING,
        topics.OUTGOING,
        topics.DEAD_LETTERS,
    }
    [kafka] = of_kind("Kafka")
    [pool] = of_kind("KafkaNodePool")
    for resource in [*made, pool]:
        assert resource["metadata"]["labels"]["strimzi.io/cluster"] == kafka["metadata"]["name"]
    assert all(resource["spec"]["replicas"] <= pool["spec"]["replicas"] for resource in made)


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_every_stage_belongs_to_a_group_of_workers(cluster: str) -> None:
    for name, stage in stages(cluster).items():
        [group] = stage["ray_actor_options"]["resources"]
        assert group in GROUPS[group]["resources"], name


def test_the_groups_have_room_for_every_replica_at_its_highest() -> None:
    wanted = dict.fromkeys(GROUPS, 0.0)
    for stage in stages("production").values():
        options = stage["ray_actor_options"]
        [group] = options["resources"]
        wanted[group] += bounds(stage)[1] * options["num_cpus"]
    for name, group in GROUPS.items():
        [container] = group["template"]["spec"]["containers"]
        cpus = int(container["resources"]["limits"]["cpu"])
        assert wanted[name] <= group["maxReplicas"] * cpus, name


def test_a_pod_is_given_longer_to_end_than_any_stage_takes() -> None:
    slowest = max(stage["graceful_shutdown_timeout_s"] for stage in stages("production").values())
    for name in GROUPS:
        spec = RAY_TEMPLATES[name]["spec"]
        [container] = spec["containers"]
        pause = int(container["lifecycle"]["preStop"]["exec"]["command"][-1].split()[1].strip(";"))
        assert spec["terminationGracePeriodSeconds"] > slowest + pause


def test_ray_is_the_version_that_is_installed_and_its_name_fits() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"ray[serve]=={CLUSTER['rayVersion']}" in project["dependencies"]
    assert len(SERVICE["metadata"]["name"]) <= 47


def test_everything_is_in_the_namespace() -> None:
    for path, resource in ALL:
        if resource["kind"] not in ("Namespace", "PriorityClass"):
            assert resource["metadata"]["namespace"] == "crm-digital-fte", path


def test_settings_and_secrets_are_ones_that_the_program_reads() -> None:
    settings = only("ConfigMap", "customer-success-settings")["data"]
    secrets = only("Secret", "customer-success-secrets")["stringData"]
    known = {name.upper(): field for name, field in Settings.model_fields.items()}
    ours = {name for name in settings if not name.startswith("RAY_")} - NOT_OURS
    assert ours <= set(known)
    assert set(secrets) <= set(known)
    assert not [name for name in ours if known[name].annotation is SecretStr]
    missing = {
        name
        for name, field in known.items()
        if field.annotation is SecretStr and name != "DATABASE_URL"
    }
    assert missing <= set(secrets)


def test_compose_hands_on_every_setting_but_those_of_the_container_itself() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    given = set(compose["services"]["system"]["environment"])
    known = {name.upper() for name in Settings.model_fields}
    assert given <= known
    assert known - given == {
        # Ports and folders inside the container.
        "API_PORT", "HTTP_PORT", "DASHBOARD_PORT", "PROMETHEUS_PORT", "DATA_DIR", "WEB_PAGES", "KAFKA_HOME",
        "SERVE_ADDRESS", "FRONT_KEY_FILE", "KAFKA_SSL_CAFILE",
    }  # fmt: skip


def test_example_secrets_hold_no_values_and_no_overlay_applies_them() -> None:
    for secret in of_kind("Secret"):
        assert not any(secret["stringData"].values())
    for path in KUBERAY.rglob("Kustomization"):
        assert "secrets.example" not in path.read_text(encoding="utf-8")


def test_every_name_that_a_ray_pod_reads_from_exists() -> None:
    secrets = {
        secret["metadata"]["name"]: set(secret["stringData"]) for secret in of_kind("Secret")
    }
    for template in RAY_TEMPLATES.values():
        [container] = template["spec"]["containers"]
        [settings] = container["envFrom"]
        values = only("ConfigMap", settings["configMapRef"]["name"])["data"]
        [mount] = [one for one in container["volumeMounts"] if one["name"] == "secrets"]
        assert mount["mountPath"] == values["SECRETS_DIR"]
        [volume] = [one for one in template["spec"]["volumes"] if one["name"] == "secrets"]
        ours, database = (one["secret"] for one in volume["projected"]["sources"])
        assert ours["name"] in secrets
        [item] = database["items"]
        assert item["key"] in secrets[database["name"]]
        assert item["path"] == "DATABASE_URL"
    assert "auth_token" in secrets[CLUSTER["authOptions"]["secretName"]]
    password = CLUSTER["gcsFaultToleranceOptions"]["redisPassword"]["valueFrom"]["secretKeyRef"]
    assert password["key"] in secrets[password["name"]]


def test_no_secret_is_a_variable_of_a_pod_of_stages() -> None:
    for template in RAY_TEMPLATES.values():
        [container] = template["spec"]["containers"]
        assert "secretRef" not in str(container["envFrom"])
        assert "env" not in container


def test_ray_client_has_no_port() -> None:
    [head] = RAY_TEMPLATES["head"]["spec"]["containers"]
    assert "client" not in {port["name"] for port in head["ports"]}


def test_every_stateful_set_has_its_service_and_its_ports() -> None:
    services = {found["metadata"]["name"]: found["spec"] for found in of_kind("Service")}
    for store in of_kind("StatefulSet"):
        service = services[store["spec"]["serviceName"]]
        template = store["spec"]["template"]
        labels = template["metadata"]["labels"]
        assert service["selector"] == labels == store["spec"]["selector"]["matchLabels"]
        [container] = template["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert [ports[port["targetPort"]] for port in service["ports"]] == [
            port["port"] for port in service["ports"]
        ]
    host, port = CLUSTER["gcsFaultToleranceOptions"]["redisAddress"].split(":")
    assert int(port) in [entry["port"] for entry in services[host]["ports"]]


def test_the_way_in_leads_to_the_front_and_from_there_to_serve() -> None:
    [ingress] = of_kind("Ingress")
    [rule] = ingress["spec"]["rules"]
    [path] = rule["http"]["paths"]
    backend = path["backend"]["service"]
    service = only("Service", backend["name"])["spec"]
    [service_port] = service["ports"]
    assert service_port["port"] == backend["port"]["number"]
    assert service["selector"] == FRONT["spec"]["selector"]["matchLabels"]
    [front] = FRONT["spec"]["template"]["spec"]["containers"]
    assert front["command"] == ["python", "-m", "serve_app", "front"]
    environment = {variable["name"]: variable["value"] for variable in front["env"]}
    assert front["ports"] == [
        {"name": service_port["targetPort"], "containerPort": int(environment["API_PORT"])}
    ]
    port = cluster_config("production")["http_options"]["port"]
    serve = f"{SERVICE['metadata']['name']}-serve-svc.{SERVICE['metadata']['namespace']}.svc.cluster.local"
    assert environment["SERVE_ADDRESS"] == f"{serve}:{port}"
    for template in RAY_TEMPLATES.values():
        [container] = template["spec"]["containers"]
        assert {"name": "serve", "containerPort": port} in container["ports"]


def test_dashboard_and_replicas_are_closed_to_the_outside() -> None:
    ray = only("NetworkPolicy", "ray-pods")
    opened: dict[str, set[int]] = {}
    for rule in ray["spec"]["ingress"]:
        [peer] = rule["from"]
        if "podSelector" in peer:
            labels = peer["podSelector"]["matchLabels"]
            if labels != {"ray.io/is-ray-node": "yes"}:
                assert labels == FRONT["spec"]["selector"]["matchLabels"]
                opened["front"] = {port["port"] for port in rule["ports"]}
            continue
        namespace = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        opened[namespace] = {port["port"] for port in rule["ports"]}
    assert [name for name, ports in opened.items() if 8265 in ports] == ["kuberay-system"]
    assert opened["front"] == {8000}
    assert "ingress-nginx" not in opened
    assert max(max(ports) for ports in opened.values()) < 50_000
    assert not any(30_000 <= port <= 31_000 for ports in opened.values() for port in ports)


def test_the_front_is_reached_by_the_ingress_controller_and_reaches_serve_alone() -> None:
    spec = only("NetworkPolicy", "front")["spec"]
    assert spec["podSelector"] == FRONT["spec"]["selector"]
    [rule] = spec["ingress"]
    [peer] = rule["from"]
    assert peer["namespaceSelector"]["matchLabels"] == {
        "kubernetes.io/metadata.name": "ingress-nginx"
    }
    to_serve, _names = spec["egress"]
    assert to_serve["to"] == [{"podSelector": {"matchLabels": {"ray.io/is-ray-node": "yes"}}}]
    assert [port["port"] for port in to_serve["ports"]] == [8000]


def test_the_front_holds_no_secret() -> None:
    [front] = FRONT["spec"]["template"]["spec"]["containers"]
    assert front["envFrom"] == [{"configMapRef": {"name": "customer-success-settings"}}]
    assert all("value" in variable for variable in front["env"])


def test_the_front_trusts_the_networks_of_pods() -> None:
    """Else all customers behind the ingress controller would share one caller's limits."""
    trusted = only("ConfigMap", "customer-success-settings")["data"]["TRUSTED_PROXIES"]
    networks = [ipaddress.ip_network(network) for network in trusted.split(",")]
    for pod in ("10.244.0.7", "172.20.3.1", "192.168.40.2", "100.64.1.1"):
        assert any(ipaddress.ip_address(pod) in network for network in networks), pod


def test_only_ray_reaches_the_stores() -> None:
    stores = {
        store["spec"]["template"]["metadata"]["labels"]["customer-success/store"]
        for store in of_kind("StatefulSet")
    }
    guarded = {
        policy["spec"]["podSelector"]["matchLabels"].get("customer-success/store")
        for policy in of_kind("NetworkPolicy")
    }
    assert stores <= guarded
    [kafka] = of_kind("Kafka")
    [listener] = kafka["spec"]["kafka"]["listeners"]
    assert listener["networkPolicyPeers"] == [
        {"podSelector": {"matchLabels": {"ray.io/is-ray-node": "yes"}}}
    ]


def test_disruption_budgets_are_integers_below_what_always_runs() -> None:
    budgets = of_kind("PodDisruptionBudget")
    assert budgets
    for budget in budgets:
        labels = budget["spec"]["selector"]["matchLabels"]
        available = budget["spec"]["minAvailable"]
        assert isinstance(available, int)
        is_front = labels == FRONT["spec"]["selector"]["matchLabels"]
        always = (
            FRONT["spec"]["replicas"] if is_front else GROUPS[labels["ray.io/group"]]["minReplicas"]
        )
        assert available < always


def test_every_pod_fits_the_restricted_standard() -> None:
    for name, template in pod_templates():
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False, name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert {"requests", "limits"} <= set(container["resources"]), name
            is_ours = name in RAY_TEMPLATES or name == FRONT["metadata"]["name"]
            assert not is_ours or security["readOnlyRootFilesystem"] is True, name


def test_prometheus_finds_the_metrics_ports_and_may_reach_them() -> None:
    [monitor] = of_kind("PodMonitor")
    wanted = {endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]}
    [head] = RAY_TEMPLATES["head"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in head["ports"]}
    assert wanted <= set(ports)
    policy = only("NetworkPolicy", "ray-pods")["spec"]["ingress"]
    opened = {port["port"] for rule in policy for port in rule.get("ports", [])}
    assert {ports[name] for name in wanted} <= opened


def test_the_image_runs_as_the_user_of_the_pods() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for template in [*RAY_TEMPLATES.values(), FRONT["spec"]["template"]]:
        security = template["spec"]["securityContext"]
        assert f"USER {security['runAsUser']}:{security['runAsGroup']}\n" in dockerfile


def test_serve_passes_calls_on_a_cluster_as_on_a_laptop() -> None:
    settings = only("ConfigMap", "customer-success-settings")["data"]
    same = {**SERVING_FLAGS, **PROXY_FLAGS}
    assert {name: settings.get(name) for name in same} == same
