"""Puts config.yaml on a running Ray cluster and waits until every deployment serves."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import requests

from domain.errors import ConfigurationError

_APPLICATIONS = "/api/serve/applications/"
"""Of Serve's REST API, https://docs.ray.io/en/latest/serve/api/index.html#serve-rest-api. Ray's own client for it
is half a second of imports, in which a start already waits for Ray."""
_READY_WITHIN = timedelta(minutes=5)


def with_port(config: Mapping[str, object], host: str, port: int) -> dict[str, object]:
    """A copy whose HTTP address is the given one: ports are the machine's, not the configuration's."""
    changed: dict[str, object] = copy.deepcopy(dict(config))
    options = changed.get("http_options")
    changed["http_options"] = {
        **(options if isinstance(options, dict) else {}),
        "host": host,
        "port": port,
    }
    return changed


def start_serve(config: Mapping[str, object], dashboard: str) -> None:
    """Serve's controller and proxy as `config` says, without an application: they are up by the time
    there is one to deploy.

    Raises ConfigurationError.
    """
    _put(dashboard, {**config, "applications": []})


def deploy(
    config: Mapping[str, object],
    dashboard: str,
    say: Callable[[str], None] = lambda _line: None,
    keep_waiting: Callable[[], bool] = lambda: True,
) -> None:
    """Deploy and wait, as long as `keep_waiting`.

    Raises ConfigurationError with what Serve says of a deployment that fails, or of the whole.
    """
    _put(dashboard, config)
    deadline = time.monotonic() + _READY_WITHIN.total_seconds()
    while keep_waiting():
        details = _details(dashboard)
        waiting = []
        for application in details.values():
            if application["status"] == "RUNNING":
                continue
            if application["status"] == "DEPLOY_FAILED":
                raise ConfigurationError(
                    f"Serve could not start the application:\n{_why(application)}"
                )
            waiting += [
                name
                for name, deployment in application["deployments"].items()
                if deployment["status"] != "HEALTHY"
            ] or ["application"]
        if details and not waiting:
            return
        say(", ".join(waiting))
        if time.monotonic() > deadline:
            raise ConfigurationError(f"Not ready after {_READY_WITHIN}: {', '.join(waiting)}")
        time.sleep(0.3)


def _put(dashboard: str, config: Mapping[str, object]) -> None:
    body: Any = dict(config)
    try:
        response = requests.put(dashboard + _APPLICATIONS, json=body, timeout=60)
        reason = "" if response.ok else response.text
    except requests.RequestException as error:
        reason = str(error)
    if reason:
        raise ConfigurationError(f"Ray at {dashboard} did not take the configuration: {reason}")


def _details(dashboard: str) -> Mapping[str, Mapping[str, Any]]:
    """The applications as Serve's REST API tells of them."""
    try:
        response = requests.get(dashboard + _APPLICATIONS, timeout=30)
        response.raise_for_status()
        return dict(response.json().get("applications", {}))
    except (requests.RequestException, ValueError):
        # The dashboard comes up a moment after Ray itself.
        return {}


def _why(application: Mapping[str, object]) -> str:
    lines = [str(application.get("message", ""))]
    deployments = application.get("deployments")
    for name, deployment in deployments.items() if isinstance(deployments, dict) else ():
        if deployment.get("status") != "HEALTHY" and deployment.get("message"):
            lines.append(f"{name}: {deployment['message']}")
    return "\n".join(line for line in lines if line)
