"""Starts a whole system for the tests by the command that a person would use."""

from __future__ import annotations

import copy
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import pytest
import yaml

from serve_app.deploy import deploy, with_port
from serve_app.local.ports import find_free_port
from serve_app.prepare import CONFIG
from serve_app.run_file import RunFile, stand_in_headers

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 240.0
TRUSTED_PROXY = "127.0.0.3"
"""Every address of 127.0.0.0/8 can call on Linux."""
STAFF = {"ines": "key-of-ines-in-the-tests", "marek": "key-of-marek-in-the-tests"}
Found = TypeVar("Found")


@dataclass
class System:
    """A running system with everything it was given, and what a customer or staff can do with it."""

    data_dir: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    run_file: RunFile | None = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    @property
    def run(self) -> RunFile:
        assert self.run_file is not None
        return self.run_file

    def start(self) -> None:
        command = [sys.executable, "-m", "serve_app", "run"]
        with (self.data_dir / "output.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        wait_for(self._read_run_file, READY_WITHIN_S)
        self.run_file = RunFile.read(self.data_dir)

    def stop(self) -> int:
        """As Ctrl-C would; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=120)

    @property
    def output(self) -> str:
        return (self.data_dir / "output.log").read_text(errors="replace")

    def api(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.client.request(method, f"{self.run.base_url}/api/v1{path}", **options)

    def staff(self, method: str, path: str, **options: Any) -> Any:
        key = {"Authorization": f"Bearer {self.run.staff_key}"}
        response = self.api(method, path, headers=key, **options)
        response.raise_for_status()
        return response.json()

    def submit(self, message: str, email: str, name: str = "Ada Fox") -> dict[str, Any]:
        form = {"name": name, "email": email, "subject": "A question", "category": "general"}
        response = self.api(
            "POST", "/support/form", json={**form, "priority": "medium", "message": message}
        )
        assert response.status_code == 201, response.text
        return dict(response.json())

    def ticket(self, accepted: dict[str, Any]) -> dict[str, Any]:
        token = {"X-Ticket-Token": accepted["access_token"]}
        response = self.api("GET", f"/tickets/{accepted['ticket_id']}", headers=token)
        response.raise_for_status()
        return dict(response.json())

    def answered(self, accepted: dict[str, Any], within_s: float = 60.0) -> dict[str, Any]:
        """The ticket, once its last word is not the customer's."""

        def look() -> dict[str, Any] | None:
            ticket = self.ticket(accepted)
            return ticket if ticket["responses"][-1]["role"] != "customer" else None

        return wait_for(look, within_s)

    def write_mail(self, text: str, email: str, name: str) -> None:
        mail = {"from": email, "name": name, "subject": "A question", "text": text}
        self._control("POST", "gmail", "/_receive", json=mail)

    def write_whatsapp(self, text: str, phone: str, name: str) -> None:
        message = {"from": f"whatsapp:{phone}", "body": text, "profile_name": name}
        self._control("POST", "twilio", "/_receive", json=message)

    def sent(self, provider: str) -> list[dict[str, Any]]:
        return list(self._control("GET", provider, "/_sent").json())

    def conversations_of(self, name: str) -> list[dict[str, Any]]:
        lines = self.staff("GET", "/staff/conversations", params={"limit": 100, "q": name})[
            "conversations"
        ]
        return [
            self.staff("GET", f"/staff/conversations/{line['id']}")
            for line in lines
            if line["customer_name"] == name
        ]

    def configure(self, stage: str, **values: object) -> None:
        """Deploy config.yaml again with these values of one stage's user_config; none: as it is.

        Returns once Serve says that every replica has it.
        """
        config = copy.deepcopy(
            with_port(
                yaml.safe_load(CONFIG.read_text()),
                "127.0.0.1",
                int(self.environment["HTTP_PORT"]),
            )
        )
        applications: Any = config["applications"]
        [found] = [
            deployment
            for deployment in applications[0]["deployments"]
            if deployment["name"] == stage
        ]
        found["user_config"].update(values)
        deploy(config, self.run.dashboard(self.data_dir))

    def replicas(self, stage: str) -> list[psutil.Process]:
        """The processes of a stage, among our own descendants alone."""
        return self.titled(f"ray::ServeReplica:customer-success:{stage}")

    def titled(self, title: str) -> list[psutil.Process]:
        """Those of our own descendants that have this in their command line."""
        return [process for process in self.processes() if title in " ".join(_title(process))]

    def processes(self) -> list[psutil.Process]:
        """All that the running system has started, servers included."""
        ours = psutil.Process(self.process.pid).children(recursive=True) if self.process else []
        return [process for process in ours if process.is_running()]

    def left_behind(self) -> list[str]:
        """Command lines of processes that still work on our data folder."""
        lines = [" ".join(_title(process)) for process in psutil.process_iter()]
        return [line for line in lines if str(self.data_dir) in line]

    def _control(self, method: str, provider: str, path: str, **options: Any) -> httpx.Response:
        url, headers = f"{self.run.require(provider)}{path}", stand_in_headers(self.data_dir)
        return self.client.request(method, url, headers=headers, **options).raise_for_status()

    def _read_run_file(self) -> RunFile | None:
        assert self.process is not None
        assert self.process.poll() is None, self.output[-3000:]
        path = self.data_dir / "running.json"
        return RunFile.read(self.data_dir) if path.exists() else None


def wait_for(look: Callable[[], Found | None], within_s: float) -> Found:
    """The first thing that `look` finds; fails when it has found nothing in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.25)
    raise AssertionError(f"not within {within_s} s")


def _title(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@contextmanager
def running_system(**settings: str) -> Iterator[System]:
    """Started with these settings on ports of its own; stopped, and its data gone, at the end."""
    data_dir = Path(tempfile.mkdtemp(prefix="system-"))
    port = find_free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
        "DATA_DIR": str(data_dir),
        "HTTP_PORT": str(port),
        "DASHBOARD_PORT": str(find_free_port([port])),
        "KAFKA_HOME": "",
        "ENABLED_CHANNELS": "",
        "FORMS_PER_MINUTE": "1000000",
        **settings,
    }
    running = System(data_dir, environment)
    try:
        running.start()
        yield running
        assert running.stop() == 0, running.output[-3000:]
    finally:
        if running.process is not None and running.process.poll() is None:
            running.process.terminate()
            running.process.wait(timeout=120)
        running.client.close()
        shutil.rmtree(data_dir, ignore_errors=True)


@pytest.fixture(scope="session", params=["embedded", "apache"])
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    """One system a broker. Its servers are children of its own foreground process and end with it."""
    home = os.environ.get("KAFKA_HOME", "")
    if request.param == "apache" and not home:
        pytest.skip("KAFKA_HOME is not set: no Apache Kafka to run on")
    with running_system(
        KAFKA_HOME=home if request.param == "apache" else "",
        STAFF_API_KEYS=",".join(f"{name}:{key}" for name, key in STAFF.items()),
        TRUSTED_PROXIES=TRUSTED_PROXY,
    ) as running:
        yield running
