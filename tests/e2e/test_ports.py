"""What the running system tells and does for a caller of this machine who has no credential: nothing."""

from __future__ import annotations

import asyncio
import os
import pickle
import re
import socket
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import asyncpg
import grpc
import psutil
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from ray.serve.generated.serve_pb2 import ASGIRequest

from deployments.settings import Settings, read_settings
from messaging.address import BrokerAddress
from serve_app.local.broker_gate import OPEN_NETWORK
from serve_app.local.preparation import settings_file
from tests.e2e.conftest import System, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(420)]

PUBLIC = {"/", "/-/healthz", "/api/healthz", "/static/x"}
"""May be answered with 200: Ray's sign-in page and health checks, which tell nothing."""
PATHS = (
    *PUBLIC,
    *("/api/jobs/", "/api/serve/applications/", "/api/v0/logs", "/api/cluster_status", "/nodes"),
    *(
        "/static/../api/jobs/",
        "//api/jobs/",
        "/logs",
        "/-/routes",
        "/_sent",
        "/_fail",
        "/api/v1/alerts",
    ),
    "/gmail/v1/users/me/messages",
)
CALLS = (
    *("/ray.rpc.JobInfoGcsService/GetAllJobInfo", "/ray.rpc.InternalKVGcsService/InternalKVKeys"),
    *("/ray.rpc.NodeManagerService/GetNodeStats", "/ray.rpc.ObjectManagerService/Pull"),
    *("/ray.rpc.CoreWorkerService/PushTask", "/ray.rpc.CoreWorkerService/GetCoreWorkerStats"),
    *("/ray.rpc.ReporterService/GetTraceback", "/ray.rpc.LogService/ListLogs"),
    *("/ray.rpc.RayletDriver/Init", "/ray.rpc.RayletDriver/ListNamedActors"),
    *("/ray.serve.ASGIService/HandleRequest", "/ray.serve.ASGIService/HandleRequestWithRejection"),
    "/ray.serve.RayServeAPIService/ListApplications",
)
"""Of Ray's and Serve's servers; each answers those that it knows."""
CLOSED = {
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.UNAVAILABLE,
}


class RunsTouch:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self._path}",)


def listening(system: System) -> dict[int, str]:
    """Ports of this machine by which the system's processes can be reached, with who listens."""
    found = {}
    for process in system.processes():
        try:
            title = " ".join(process.cmdline())
            for connection in process.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    found[connection.laddr.port] = title
        except psutil.Error:
            continue
    return found


def settings_of(system: System) -> Settings:
    return read_settings(settings_file(system.data_dir))


def http_answer(port: int, request: str) -> str:
    """The answer's head and the beginning of its body; empty where no HTTP is spoken."""
    answer = b""
    try:
        with closing(socket.create_connection(("127.0.0.1", port), timeout=3)) as connection:
            connection.settimeout(3)
            connection.sendall(request.encode())
            while len(answer) < 200_000 and (data := connection.recv(65_536)):
                answer += data
    except OSError:
        pass
    return answer.decode("utf-8", "replace") if answer.startswith(b"HTTP") else ""


def get(port: int, path: str) -> str:
    return http_answer(port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")


def status(answer: str) -> int:
    return int(answer.split(" ", 2)[1]) if answer else 0


def is_metrics(title: str, port: int) -> bool:
    return "DashboardAgent" in title and "ray_" in get(port, "/metrics")


def test_no_port_tells_a_stranger_anything_over_http(system: System) -> None:
    ports = listening(system)
    assert len(ports) > 12
    public = int(system.environment["HTTP_PORT"])
    told = {
        (title[:40], path, status(answer))
        for port, title in ports.items()
        if port != public and not is_metrics(title, port)
        for path in PATHS
        if (answer := get(port, path)) and status(answer) < 400 and path not in PUBLIC
    }
    assert told == set()


def test_metrics_which_anybody_can_read_hold_no_secret_and_no_word_of_a_customer(
    system: System,
) -> None:
    system.answered(system.submit("How do I reset my password?", "metrics-reader@example.com"))
    open_ports = [port for port, title in listening(system).items() if is_metrics(title, port)]
    assert len(open_ports) == 1
    text = get(open_ports[0], "/metrics")
    secrets = [secret.get_secret_value() for secret in settings_of(system).secrets]
    assert [secret for secret in secrets if secret in text] == []
    assert not re.search(r"metrics-reader|@example\.com|reset my password|Ada Fox", text)


def test_no_port_runs_a_strangers_code_or_lists_anything_by_grpc(
    system: System, tmp_path: Path
) -> None:
    proof = tmp_path / "was-here"
    code = pickle.dumps(RunsTouch(proof))
    request = ASGIRequest(pickled_request_metadata=code, request_args=code, request_kwargs=code)
    answers: dict[grpc.StatusCode, int] = {}
    wrong = set()
    for port, title in listening(system).items():
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            for call in CALLS:
                body = request.SerializeToString() if "ASGI" in call else b""
                code_seen = grpc_status(channel, call, body)
                answers[code_seen] = answers.get(code_seen, 0) + 1
                if code_seen not in CLOSED:
                    wrong.add((title[:60], call, code_seen))
                if code_seen is grpc.StatusCode.UNAVAILABLE:
                    break
    assert wrong == set()
    # Every replica, worker, agent, raylet and GCS was reached, and asked.
    assert answers[grpc.StatusCode.UNAUTHENTICATED] > 20
    assert not proof.exists()


def grpc_status(channel: grpc.Channel, call: str, body: bytes) -> grpc.StatusCode:
    try:
        channel.unary_unary(call)(body, timeout=5)
    except grpc.RpcError as error:
        return error.code()  # type: ignore[no-any-return, attr-defined]
    return grpc.StatusCode.OK


def test_a_stranger_starts_no_job_and_deploys_nothing(system: System, tmp_path: Path) -> None:
    proof = tmp_path / "was-here"
    body = f'{{"entrypoint": "touch {proof}"}}'
    for port, title in listening(system).items():
        if port == int(system.environment["HTTP_PORT"]) or is_metrics(title, port):
            continue
        for method, path in (
            *(("POST", "/api/jobs/"), ("POST", "/api/job_agent/jobs/")),
            *(("PUT", "/api/serve/applications/"), ("DELETE", "/api/serve/applications/")),
            *(("POST", "/_receive"), ("POST", "/_fail"), ("POST", "/_token")),
            *(("POST", "/get_or_create_runtime_env"), ("POST", "/api/v1/support/form")),
        ):
            head = (
                f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            )
            head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            seen = status(http_answer(port, head + body))
            assert seen == 0 or 400 <= seen < 500, (title[:60], method, path, seen)
    assert not proof.exists()


def addresses(system: System) -> Iterator[BrokerAddress]:
    """The broker as a stranger would call it: without SASL, and with a guess."""
    given = settings_of(system).broker
    yield BrokerAddress(given.servers)
    yield replace(given, password="guess")
    yield replace(given, username="nobody")
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
        yield replace(given, sasl_mechanism=mechanism, password="guess")


async def test_the_broker_shows_and_takes_no_record_without_the_password(system: System) -> None:
    for address in addresses(system):
        admin = AIOKafkaAdminClient(**address.arguments(), request_timeout_ms=3000)
        producer = AIOKafkaProducer(**address.arguments(), request_timeout_ms=3000)
        for client in (admin, producer):
            try:
                # aiokafka's SCRAM trips over an answer that is no proof.
                with pytest.raises((KafkaError, KeyError, OSError, TimeoutError)):
                    await asyncio.wait_for(client.start(), 10)
            finally:
                await (client.close() if client is admin else client.stop())
    right = AIOKafkaAdminClient(**settings_of(system).broker.arguments())
    await right.start()
    assert "fte.tickets.incoming" in await right.list_topics()
    await right.close()


def test_no_port_speaks_kafka_to_who_has_not_said_the_password(system: System) -> None:
    log = system.data_dir / "logs" / "broker.log"
    if log.exists() and OPEN_NETWORK in log.read_text(errors="replace"):
        pytest.skip("this system allows no network namespace: the start says so")
    metadata = bytes.fromhex("0000001a 0003 0000 00000001 000c") + b"stranger-123" + bytes(4)
    for port, title in listening(system).items():
        try:
            with closing(socket.create_connection(("127.0.0.1", port), timeout=3)) as connection:
                connection.settimeout(1)
                connection.sendall(metadata)
                answer = connection.recv(65_536)
        except OSError:
            continue
        assert b"fte.tickets" not in answer, title


async def test_the_database_asks_for_the_password(system: System) -> None:
    url = settings_of(system).database_url.get_secret_value()
    stranger = re.sub(r"://([^:]+):[^@]+@", r"://\1:guess@", url)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(stranger)


def test_every_file_of_the_system_is_its_owners_alone(system: System) -> None:
    open_to_others = []
    for folder, folders, files in os.walk(system.data_dir):
        for name in (*folders, *files):
            path = Path(folder) / name
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:
                continue
            if mode & 0o077 and not stat.S_ISLNK(mode) and path.name != "output.log":
                open_to_others.append((str(path), stat.filemode(mode)))
    assert open_to_others == []
    assert not system.data_dir.stat().st_mode & 0o066


def test_sockets_and_logs_of_ray_lie_in_a_folder_of_ours_alone(system: System) -> None:
    [ray] = {
        part.removeprefix("--temp-dir=")
        for process in system.processes()
        for part in process.cmdline()
        if part.startswith("--temp-dir=") and "ray_head" in " ".join(process.cmdline())
    }
    folder = Path(ray).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folder.stat().st_uid == os.geteuid()
    paths = {
        Path(connection.laddr)
        for process in system.processes()
        for connection in process.net_connections("unix")
        if connection.laddr
    }
    assert any(folder in path.parents for path in paths)
    assert [path for path in paths if not is_closed(path)] == []


def is_closed(path: Path) -> bool:
    """Whether a folder above it lets nobody but us in."""
    found = (folder.stat() for folder in path.parents if folder.exists())
    return any(one.st_uid == os.geteuid() and not one.st_mode & 0o077 for one in found)


def test_no_worker_has_a_secret_in_its_environment(system: System) -> None:
    secrets = [secret.get_secret_value() for secret in settings_of(system).secrets]
    workers = [one for one in system.processes() if "ray::" in " ".join(one.cmdline()[:1])]
    assert len(workers) > 6
    for worker in workers:
        values = "\n".join(worker.environ().values())
        assert [secret for secret in secrets if secret in values] == [], worker.cmdline()[:1]


def test_the_operators_token_opens_what_is_closed_to_others(system: System) -> None:
    dashboard = system.run.dashboard(system.data_dir)
    url = f"{dashboard.url}/api/serve/applications/"
    assert system.client.get(url).status_code == 401
    assert system.client.get(url, headers=dashboard.headers).status_code == 200
    wait_for(lambda: "ray.token" in system.output or None, 30)
    assert dashboard.token not in system.output
