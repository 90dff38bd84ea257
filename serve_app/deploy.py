"""Deploys config.yaml to a running Ray cluster and waits until every deployment is healthy."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests

from domain.errors import ConfigurationError

_APPLICATIONS = "/api/serve/applications/"
"""Of Serve's REST API, https://docs.ray.io/en/latest/serve/api/index.html#serve-rest-api. Importing Ray's own client
would add half a second to the start."""
_READY_WITHIN = timedelta(minutes=5)


def with_port(config: Mapping[str, object], host: str, port: int) -> dict[str, object]:
    """Return a copy with this HTTP address, because ports belong to the machine and not to the configuration."""
    changed: dict[str, object] = copy.deepcopy(dict(config))
    options = changed.get("http_options")
    changed["http_options"] = {
        **(options if isinstance(options, dict) else {}),
        "host": host,
        "port": port,
    }
    return changed


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Ray's dashboard, through which Serve is deployed."""

    url: str
    token: str = field(repr=False)
    """Ray's token, without which it answers 401."""

    @property
    def headers(self) -> dict[str, str]:
        """What each call needs."""
        return {"Authorization": f"Bearer {self.token}"}


def start_serve(config: Mapping[str, object], dashboard: Dashboard) -> None:
    """Start Serve's controller and proxy without an application, so that a later `deploy` finds them running.

    Raises:
        ConfigurationError: Ray refused the configuration.
    """
    submit({**config, "applications": []}, dashboard)


def deploy(
    config: Mapping[str, object],
    dashboard: Dashboard,
    say: Callable[[str], None] = lambda _line: None,
    keep_waiting: Callable[[], bool] = lambda: True,
) -> None:
    """Deploy, then wait until every deployment is healthy or `keep_waiting` returns False.

    Args:
        config: The Serve configuration.
        dashboard: Where to deploy.
        say: Gets the names of the deployments that are not healthy yet.
        keep_waiting: Asked before each poll.

    Raises:
        ConfigurationError: Serve's message on what failed, or the deployments that are not ready in time.
    """
    submit(config, dashboard)
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


def submit(config: Mapping[str, object], dashboard: Dashboard) -> None:
    """Give Serve the configuration and return before it is in force.

    Raises:
        ConfigurationError: Ray refused it.
    """
    body: Any = dict(config)
    try:
        response = requests.put(
            dashboard.url + _APPLICATIONS, json=body, headers=dashboard.headers, timeout=60
        )
        reason = "" if response.ok else response.text
    except requests.RequestException as error:
        reason = str(error)
    if reason:
        raise ConfigurationError(f"Ray at {dashboard.url} refused the configuration: {reason}")


def _details(dashboard: Dashboard) -> Mapping[str, Mapping[str, Any]]:
    """Return the applications' states from Serve's REST API; none if it does not answer."""
    try:
        response = requests.get(
            dashboard.url + _APPLICATIONS, headers=dashboard.headers, timeout=30
        )
        response.raise_for_status()
        return dict(response.json().get("applications", {}))
    except (requests.RequestException, ValueError):
        # The dashboard starts a moment after Ray.
        return {}


def _why(application: Mapping[str, object]) -> str:
    lines = [str(application.get("message", ""))]
    deployments = application.get("deployments")
    for name, deployment in deployments.items() if isinstance(deployments, dict) else ():
        if deployment.get("status") != "HEALTHY" and deployment.get("message"):
            lines.append(f"{name}: {deployment['message']}")
    return "\n".join(line for line in lines if line)
