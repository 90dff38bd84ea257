"""Tests the front as callers meet it: a real HAProxy with haproxy.cfg before a small server in Serve's place."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
import pytest
import yaml

from deployments.api.errors import error_response
from serve_app.front.launch import CONFIG, SOURCE, front_daemon
from serve_app.local.ports import find_free_port
from serve_app.shipped import ROOT

PUBLIC = "127.0.0.7"
"""An address of the machine's own that the front takes for any caller; 127.0.0.1 is the machine itself."""
OTHER = "127.0.0.8"
PROXY = "127.0.0.3"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
FOLLOW = b"GET /api/v1/tickets/TKT-1/events HTTP/1.1\r\nHost: x\r\n\r\n"
STREAMS_A_SECOND = 25
"""Of all callers, in haproxy.cfg."""
LIMIT_S = 5.0
"""`timeout http-request` and the wait for a body, in haproxy.cfg."""


class Serve:
    """In Serve's place: notes every request and answers it as it is told."""

    def __init__(self, answer: bytes = OK) -> None:
        self.answer = answer
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.peers: set[str] = set()
        self.held = 0
        self.release = asyncio.Event()
        self.port = 0
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peers.add(writer.get_extra_info("peername")[0])
        self._connections[writer] = asyncio.create_task(self._handle(reader, writer))

    async def close(self) -> None:
        self.release.set()
        for writer in self._connections:
            writer.transport.abort()
        await asyncio.gather(*self._connections.values())

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                length = re.search(r"(?i)^content-length: (\d+)", head, re.MULTILINE)
                self.bodies.append(await reader.readexactly(int(length[1]) if length else 0))
                path = head.split(" ")[1]
                if path.startswith("/held"):
                    self.held += 1
                    await self.release.wait()
                if path.endswith("/events"):
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                    writer.write(b"data: first\n\n")
                    await self.release.wait()
                    writer.write(b"data: last\n\n")
                    break
                if not self.answer:
                    break
                writer.write(self.answer)
        writer.close()


@asynccontextmanager
async def serve(answer: bytes = OK) -> AsyncIterator[Serve]:
    found = Serve(answer)
    server = await asyncio.start_server(found.accept, "127.0.0.1", 0, backlog=1024)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        await found.close()


@contextmanager
def front(
    folder: Path, serve_port: int, trusted: str = "", host: str = "127.0.0.1"
) -> Iterator[int]:
    """Running; the port that it listens on."""
    port = find_free_port()
    daemon = front_daemon(host, port, f"127.0.0.1:{serve_port}", trusted, folder, folder)
    daemon.start()
    try:
        yield port
    finally:
        # Streams and held requests of a test are not waited for.
        daemon.stop_signal = signal.SIGTERM
        daemon.stop()


def caller(port: int, address: str = PUBLIC) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(local_address=address)
    return httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{port}", timeout=30)


async def connect(
    port: int, address: str = PUBLIC
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))


async def say(port: int, text: bytes, address: str = PUBLIC) -> bytes:
    """What comes back until the front closes the connection."""
    reader, writer = await connect(port, address)
    writer.write(text)
    try:
        return await reader.read()
    finally:
        writer.close()


def assert_error(answer: httpx.Response, status: int, retry_after: int | None = None) -> None:
    """As the API's own, byte for byte; 502 and 504 are 503 to it."""
    ours = error_response(
        503 if status in (502, 504) else status,
        answer.json()["detail"],
        retry_after=None if retry_after is None else timedelta(seconds=retry_after),
    )
    assert answer.status_code == status
    assert answer.content == ours.body
    for name in ("content-type", "retry-after"):
        assert answer.headers.get(name) == ours.headers.get(name), name


SLOW = {
    "a head": b"POST /api/v1/support/form HTTP/1.1\r\nHost: x\r\nContent-",
    "a body": b"POST /api/v1/support/form HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    "a chunked body": b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
    "a GET's body": b"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    "a stream's body": b"GET /api/v1/tickets/T/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
    "a probe's body": b"GET /api/v1/health/ready HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
}


async def test_what_is_half_sent_is_answered_408_in_time_and_never_reaches_serve(
    tmp_path: Path,
) -> None:
    async with serve() as behind:
        with front(tmp_path, behind.port) as port:
            async with asyncio.timeout(LIMIT_S + 3):
                answers = await asyncio.gather(*(say(port, text) for text in SLOW.values()))
    for name, answer in zip(SLOW, answers, strict=True):
        assert answer.startswith(b"HTTP/1.1 408 "), name
        # HAProxy refuses a head before any of our bodies applies.
        assert b'{"error":"too_slow",' in answer or name == "a head", name
    assert behind.heads == []


@pytest.mark.parametrize("slow", ["a head", "a body"])
async def test_honest_callers_are_served_beside_hundreds_of_half_sent_requests(
    tmp_path: Path, slow: str
) -> None:
    async with serve() as behind:
        with front(tmp_path, behind.port) as port:
            held = [await connect(port, "127.0.0.1") for _ in range(900)]
            for _, writer in held:
                writer.write(SLOW[slow])
            async with caller(port) as honest, asyncio.timeout(LIMIT_S - 1):
                for _ in range(20):
                    answer = await honest.post("/api/v1/support/form", json={"a": 1})
                    assert answer.status_code == 200
            assert all(not reader.at_eof() for reader, _ in held)
            for _, writer in held:
                writer.close()
    assert len(behind.heads) == 20


async def test_one_source_may_open_so_many_connections_and_others_are_not_held_by_it(
    tmp_path: Path,
) -> None:
    async with serve() as behind:
        with front(tmp_path, behind.port, trusted=f"{PROXY},10.0.0.0/8") as port:
            with ExitStack() as opened:
                held = {
                    address: await hold(port, address, 520, opened)
                    for address in (PUBLIC, PROXY, "127.0.0.1")
                }
                assert held == {PUBLIC: 512, PROXY: 520, "127.0.0.1": 520}
                for address in (OTHER, PROXY, "127.0.0.1"):
                    async with caller(port, address) as honest:
                        assert (await honest.get("/")).status_code == 200
            async with caller(port) as honest:
                await until_answered(honest)


async def hold(port: int, address: str, count: int, opened: ExitStack) -> int:
    """Open so many connections; how many of them the front keeps."""
    kept = []
    for _ in range(count):
        with suppress(ConnectionResetError):
            reader, writer = await connect(port, address)
            opened.callback(writer.close)
            kept.append(reader)
    # Answers come in order: what was accepted before this request has been refused by now, or never will be.
    async with caller(port, OTHER) as client:
        await client.get("/")
    return sum(1 for reader in kept if not reader.at_eof() and reader.exception() is None)


async def until_answered(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(5):
        while True:
            with suppress(httpx.TransportError):
                assert (await client.get("/")).status_code == 200
                return


async def test_one_caller_may_have_so_many_requests_at_once_whoever_it_says_it_is(
    tmp_path: Path,
) -> None:
    async with serve() as behind:
        with front(tmp_path, behind.port) as port, suppress(asyncio.CancelledError):
            async with caller(port) as greedy, caller(port, OTHER) as other:
                forged = [{"X-Forwarded-For": f"198.51.100.{n}"} for n in range(70)]
                tasks = [
                    asyncio.create_task(greedy.get("/held", headers=headers)) for headers in forged
                ]
                await until(lambda: behind.held == 64)
                await until(lambda: sum(task.done() for task in tasks) == 6)
                for task in tasks:
                    if task.done():
                        assert_error(task.result(), 429, retry_after=2)
                assert (await other.get("/")).status_code == 200
                behind.release.set()
                answers = await asyncio.gather(*tasks)
    assert sorted({answer.status_code for answer in answers}) == [200, 429]


async def test_behind_a_trusted_proxy_the_caller_is_whom_the_proxy_names(tmp_path: Path) -> None:
    async with serve() as behind:
        with front(tmp_path, behind.port, trusted=PROXY) as port:
            async with caller(port, PROXY) as proxy:
                tasks = [
                    asyncio.create_task(
                        proxy.get(
                            "/held", headers={"X-Forwarded-For": f"203.0.113.{n}, 198.51.100.9"}
                        )
                    )
                    for n in range(70)
                ]
                await until(lambda: behind.held == 64)
                await until(lambda: sum(task.done() for task in tasks) == 6)
                other = await proxy.get(
                    "/", headers={"X-Forwarded-For": "198.51.100.9, 198.51.100.10"}
                )
                assert other.status_code == 200
                behind.release.set()
                await asyncio.gather(*tasks)


async def open_stream(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """One that is refused because too many open at once comes again."""
    while True:
        reader, writer = await connect(port)
        writer.write(FOLLOW)
        if b" 200 " in await reader.readline():
            await reader.readuntil(b"data: first\n\n")
            return reader, writer
        await close(writer)
        await asyncio.sleep(0.1)


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def test_pages_that_open_at_once_take_turns_and_hold_up_nothing_else(tmp_path: Path) -> None:
    async with serve() as behind:
        with front(tmp_path, behind.port) as port:
            async with caller(port) as first, caller(port, OTHER) as second:
                pages = [await connect(port) for _ in range(STREAMS_A_SECOND * 3)]
                for _, writer in pages:
                    writer.write(FOLLOW)
                heads = [await reader.readuntil(b"\r\n\r\n") for reader, _ in pages]
                assert sum(b" 200 " in head for head in heads) >= STREAMS_A_SECOND
                refusals = [head for head in heads if b" 503 " in head]
                assert refusals
                assert all(b"retry-after: 5" in head.lower() for head in refusals)
                # Whoever asks: what is limited is the work of all.
                refused = await second.get("/api/v1/staff/stream")
                assert_error(refused, 503, retry_after=5)
                assert (await first.get("/api/v1/tickets/TKT-1")).status_code == 200
            for _, writer in pages:
                await close(writer)
            behind.release.set()


async def test_a_stream_may_be_silent_and_counts_against_no_request(tmp_path: Path) -> None:
    """It is silent for longer than any request may be; the API says something every 15 s."""
    async with serve() as behind:
        with front(tmp_path, behind.port) as port:
            streams = [await open_stream(port) for _ in range(200)]
            async with caller(port) as honest:
                assert (await honest.get("/")).status_code == 200
            # What no state tells: that nothing happens.
            await asyncio.sleep(17)
            behind.release.set()
            for reader, writer in streams:
                assert b"data: last" in await reader.read()
                writer.close()


async def test_probes_and_streams_pass_while_every_place_for_requests_is_taken(
    tmp_path: Path,
) -> None:
    async with serve() as behind:
        with front(tmp_path, behind.port) as port, suppress(asyncio.CancelledError):
            limits = httpx.Limits(max_connections=None)
            transport = httpx.AsyncHTTPTransport(local_address="127.0.0.1", limits=limits)
            async with httpx.AsyncClient(
                transport=transport, base_url=f"http://127.0.0.1:{port}", timeout=30
            ) as many:
                tasks = [asyncio.create_task(many.get("/held")) for _ in range(200)]
                await until(lambda: behind.held == 80)
                async with caller(port) as probe, asyncio.timeout(20):
                    for path in ("live", "ready"):
                        answer = await probe.get(f"/api/v1/health/{path}")
                        assert answer.status_code == 200
                    async with probe.stream("GET", "/api/v1/tickets/TKT-1/events") as stream:
                        assert stream.status_code == 200
                # Those that waited too long for a place are asked to come again.
                await until(lambda: sum(task.done() for task in tasks) == 120)
                for task in tasks:
                    if task.done():
                        assert_error(task.result(), 503, retry_after=2)
                behind.release.set()
                await asyncio.gather(*tasks)


def test_what_the_front_lets_through_at_once_is_less_than_an_ingress_replica_takes() -> None:
    places = dict(
        re.findall(
            r"(?m)^backend (\w+)\n(?:    .*\n)*?    server .* maxconn (\d+)", CONFIG.read_text()
        )
    )
    [application] = yaml.safe_load((ROOT / "config.yaml").read_text())["applications"]
    [ingress] = [
        deployment for deployment in application["deployments"] if deployment["name"] == "ingress"
    ]
    assert set(places) == {"requests", "uploads", "probes"}
    assert sum(map(int, places.values())) < ingress["max_ongoing_requests"]


@pytest.mark.parametrize(
    "path",
    [
        "/-/routes", "/-/healthz", "/-/routes?a=b", "/%2d/routes", "/%2D/rout%65s", "/-%2Froutes", "/-/",
        "http://localhost/-/routes",
    ],
)  # fmt: skip
async def test_serves_own_routes_are_closed_to_the_public(tmp_path: Path, path: str) -> None:
    async with serve() as behind:
        with front(tmp_path, behind.port) as port:
            text = await say(
                port,
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode(),
            )
    assert text.startswith(b"HTTP/1.1 404 "), text
    assert json.loads(text.partition(b"\r\n\r\n")[2])["error"] == "not_found"
    assert behind.heads == []


async def test_the_caller_is_the_last_entry_of_x_forwarded_for_whatever_the_caller_says(
    tmp_path: Path,
) -> None:
    async with serve() as behind:
        with front(tmp_path, behind.port) as port:
            async with caller(port) as client:
                await client.get("/", headers={"X-Forwarded-For": "203.0.113.9"})
                await client.get("/")
    assert [forwarded(head) for head in behind.heads] == [["203.0.113.9", PUBLIC], [PUBLIC]]
    assert behind.peers == {SOURCE}


def forwarded(head: str) -> list[str]:
    return re.findall(r"(?im)^x-forwarded-for: (\S+)\r$", head)


async def test_without_serve_callers_are_asked_to_come_again(tmp_path: Path) -> None:
    with front(tmp_path, find_free_port()) as port:
        async with caller(port) as client:
            for path in ("/api/v1/support/form", "/api/v1/health/ready"):
                assert_error(await client.get(path), 503, retry_after=2)
            assert_error(await client.post("/api/v1/support/form", json={}), 503, retry_after=2)


async def test_what_was_taken_and_not_answered_is_made_again_only_where_that_changes_nothing(
    tmp_path: Path,
) -> None:
    async with serve(b"") as dying:
        with front(tmp_path, dying.port) as port:
            async with caller(port) as client:
                for method in ("GET", "POST", "PATCH", "DELETE"):
                    answer = await client.request(method, f"/{method}")
                    assert answer.status_code in (502, 503)
                    assert_error(answer, answer.status_code, retry_after=2)
    made = [head.split(" ")[0] for head in dying.heads]
    assert made == ["GET", "GET", "GET", "POST", "PATCH", "DELETE"]


async def test_what_serve_answers_goes_through_whatever_it_is(tmp_path: Path) -> None:
    for status in (404, 429, 500, 503):
        said = f"HTTP/1.1 {status} Own\r\nContent-Length: 3\r\n\r\nown".encode()
        async with serve(said) as behind:
            with front(tmp_path, behind.port) as port:
                async with caller(port) as client:
                    answer = await client.get("/anything")
        assert (answer.status_code, answer.text) == (status, "own")


@pytest.mark.parametrize("size", [65_536, 65_537, 1_048_576])
async def test_a_body_of_any_size_arrives_whole(tmp_path: Path, size: int) -> None:
    body = os.urandom(size)
    async with serve() as behind:
        with front(tmp_path, behind.port) as port:
            async with caller(port) as client:
                assert (await client.post("/api/v1/upload", content=body)).status_code == 200
    assert behind.bodies == [body]


async def test_slow_uploads_too_large_to_hold_back_take_no_place_of_a_request(
    tmp_path: Path,
) -> None:
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n" + b"x" * 120_000
    async with serve() as behind:
        with front(tmp_path, behind.port) as port:
            slow = [await connect(port) for _ in range(40)]
            for _, writer in slow:
                writer.write(head)
            await until(lambda: len(behind.heads) == 16)
            async with caller(port, OTHER) as honest, asyncio.timeout(20):
                assert (await honest.post("/", json={"a": 1})).status_code == 200
            assert len(behind.heads) == 17
            for _, writer in slow:
                writer.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_front_listens_where_it_is_told_and_nowhere_else(tmp_path: Path, host: str) -> None:
    with front(tmp_path, find_free_port(), host=host) as port:
        [pid] = [json.loads((tmp_path / "front.pid").read_text())["pid"]]
        listening = {
            (connection.laddr.ip, connection.laddr.port)
            for connection in psutil.Process(pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        sockets = psutil.Process(pid).net_connections("unix")
    assert listening == {(host, port)}
    assert [connection.laddr for connection in sockets if connection.laddr] == []


async def test_asked_to_stop_it_lets_a_request_finish(tmp_path: Path) -> None:
    async with serve() as behind:
        port = find_free_port()
        daemon = front_daemon("127.0.0.1", port, f"127.0.0.1:{behind.port}", "", tmp_path, tmp_path)
        daemon.start()
        async with caller(port) as client:
            running = asyncio.create_task(client.get("/held"))
            await until(lambda: behind.held == 1)
            stopping = asyncio.create_task(asyncio.to_thread(daemon.stop))
            await until(lambda: not accepts(port))
            behind.release.set()
            assert (await running).status_code == 200
        await stopping
    assert not daemon.is_running


async def test_a_killed_front_is_noticed_and_started_again(tmp_path: Path) -> None:
    async with serve() as behind:
        port = find_free_port()
        daemon = front_daemon("127.0.0.1", port, f"127.0.0.1:{behind.port}", "", tmp_path, tmp_path)
        daemon.start()
        try:
            process = daemon.pid_file.find()
            assert process is not None
            process.kill()
            await until(lambda: not daemon.is_running)
            daemon.start()
            async with caller(port) as client:
                assert (await client.get("/")).status_code == 200
        finally:
            daemon.stop()


async def test_the_command_runs_the_front_before_any_serve_and_says_what_it_needs() -> None:
    async with serve() as behind:
        port = find_free_port()
        command = [sys.executable, "-m", "serve_app", "front"]
        environment = {**os.environ, "API_PORT": str(port), "HTTP_PORT": "", "SERVE_ADDRESS": ""}
        asked = await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, env=environment, capture_output=True, check=False
        )
        assert asked.returncode == 1
        assert b"SERVE_ADDRESS" in asked.stdout
        environment["SERVE_ADDRESS"] = f"localhost:{behind.port}"
        process = subprocess.Popen(command, cwd=ROOT, env=environment)  # noqa: ASYNC220
        try:
            await until(lambda: accepts(port), within_s=30)
            async with caller(port) as client:
                assert (await client.get("/")).status_code == 200
        finally:
            process.terminate()
            process.wait(timeout=10)


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def until(is_true: Callable[[], bool], within_s: float = 30) -> None:
    async with asyncio.timeout(within_s):
        while not is_true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(("key", "shown"), [("the key\n", [b"the key"]), (None, [])])
async def test_the_front_alone_says_that_it_is_the_front(
    tmp_path: Path, key: str | None, shown: list[bytes]
) -> None:
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        writer.close()

    key_file = tmp_path / "front.key" if key is not None else None
    if key_file is not None:
        key_file.write_text(key or "")
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        serve = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        port = find_free_port()
        daemon = front_daemon("127.0.0.1", port, serve, "", tmp_path, tmp_path, key_file)
        daemon.start()
        try:
            async with caller(port) as client:
                forged = {"X-Front-Key": "a caller's own"}
                assert (await client.get("/api/v1/health", headers=forged)).status_code == 200
        finally:
            await asyncio.to_thread(daemon.stop)
    lines = [line.partition(b": ") for line in heads[0].split(b"\r\n")]
    assert [value for name, _, value in lines if name.lower() == b"x-front-key"] == shown
