"""Asks clients of the embedded broker for a password, because the broker itself can't.

The broker has users, but a finished SCRAM exchange opens its connection whether the proof was right or wrong, and it
never uses TLS. So the gate listens in its place: `python -m serve_app.local.broker_gate --port N --password-file FILE
-- COMMAND…`. It answers the SASL requests of Kafka's protocol (PLAIN) and passes on everything else only after them.
The broker listens on a loopback interface of its own: the gate and the broker leave the machine's network for an
empty one (Linux with user namespaces), which nothing but the gate's listening socket connects. Elsewhere the broker's
port can be reached past the gate; the start says so, and a record there holds ids and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import fcntl
import hmac
import os
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

USER = "local"
OPEN_NETWORK = "the broker's own port is open to every account of this machine"
"""In the log of a gate that could not leave the machine's network."""

_INNER_PORT = 9092
"""The broker's port on the gate's own loopback interface."""
_LONGEST_REQUEST = 4096
"""Bytes of a request before the password."""
_LOGIN_WITHIN_S = 10.0
_CHUNK = 256 * 1024

_SASL_HANDSHAKE, _API_VERSIONS, _SASL_AUTHENTICATE = 17, 18, 36
_ILLEGAL_STATE, _UNSUPPORTED_MECHANISM, _FAILED = 34, 33, 58

_CLONE_NEWUSER, _CLONE_NEWNET, _PR_SET_PDEATHSIG = 0x10000000, 0x40000000, 1
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


def leave_network() -> bool:
    """Move this process into an empty network with a loopback interface of its own; False where that can't be.

    Sockets that are already open stay in the machine's network. To be called while the process has one thread.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    # An administrator needs no user namespace, and some containers allow only one of the two.
    if libc.unshare(_CLONE_NEWNET) and libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))
    return True


class Gate:
    """Lets through the connections that know the password."""

    def __init__(self, password: str, broker: tuple[str, int]) -> None:
        self._expected = f"{USER}\0{password}".encode()
        self._broker = broker

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one client's connection until either side ends it."""
        inner: asyncio.StreamWriter | None = None
        try:
            inner_reader, inner = await asyncio.open_connection(*self._broker)
            async with asyncio.timeout(_LOGIN_WITHIN_S):
                is_known = await self._login(reader, writer, inner_reader, inner)
            if is_known:
                await _pass_on_both((reader, inner), (inner_reader, writer))
        except (OSError, EOFError, TimeoutError, ValueError, struct.error):
            # The client left, sent no Kafka, or was too slow; or the broker left.
            pass
        finally:
            for end in (writer, inner):
                if end is not None:
                    end.close()

    async def _login(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        inner_reader: asyncio.StreamReader,
        inner: asyncio.StreamWriter,
    ) -> bool:
        """Answer requests until the password has come; False after a wrong one or a request that needs it."""
        has_shaken_hands = False
        while True:
            request = await _read_frame(reader)
            key, version, correlation = struct.unpack_from(">hhi", request)
            if key == _API_VERSIONS:
                inner.write(struct.pack(">i", len(request)) + request)
                answer = await _read_frame(inner_reader, 1024 * 1024)
                writer.write(struct.pack(">i", len(answer)) + answer)
                continue
            body = _Body(request, version)
            if key == _SASL_HANDSHAKE and version == 1:
                has_shaken_hands = body.text() == "PLAIN"
                code = 0 if has_shaken_hands else _UNSUPPORTED_MECHANISM
                answer = struct.pack(">hih", code, 1, 5) + b"PLAIN"
            elif key == _SASL_AUTHENTICATE and version in (0, 1):
                is_right = has_shaken_hands and self._is_right(body.data())
                code = 0 if is_right else (_FAILED if has_shaken_hands else _ILLEGAL_STATE)
                answer = struct.pack(">hhi", code, -1, 0) + (bytes(8) if version else b"")
                await _send(writer, correlation, answer)
                return is_right
            else:
                return False
            await _send(writer, correlation, answer)

    def _is_right(self, message: bytes) -> bool:
        # RFC 4616: authorisation id, NUL, name, NUL, password.
        _, _, given = message.partition(b"\0")
        return hmac.compare_digest(given, self._expected)


class _Body:
    """Reads the body of a request with the second version of Kafka's request header."""

    def __init__(self, request: bytes, version: int) -> None:
        self._request, self._version = request, version
        length = struct.unpack_from(">h", request, 8)[0]
        self._at = 10 + max(length, 0)

    def text(self) -> str:
        length = struct.unpack_from(">h", self._request, self._at)[0]
        return self._request[self._at + 2 : self._at + 2 + length].decode()

    def data(self) -> bytes:
        length = struct.unpack_from(">i", self._request, self._at)[0]
        return self._request[self._at + 4 : self._at + 4 + length]


async def _read_frame(reader: asyncio.StreamReader, longest: int = _LONGEST_REQUEST) -> bytes:
    (size,) = struct.unpack(">i", await reader.readexactly(4))
    if not 8 <= size <= longest:
        raise ValueError("not a request of Kafka's protocol")
    return await reader.readexactly(size)


async def _send(writer: asyncio.StreamWriter, correlation: int, answer: bytes) -> None:
    writer.write(struct.pack(">ii", len(answer) + 4, correlation) + answer)
    await writer.drain()


async def _pass_on_both(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Copy both ways until one of them ends."""
    copying = [asyncio.create_task(_pass_on(reader, writer)) for reader, writer in ways]
    try:
        await asyncio.wait(copying, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in copying:
            task.cancel()
        await asyncio.gather(*copying, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()


def _die_with_parent() -> None:
    """End the broker when the gate is killed, so that its clients notice."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


async def run(
    listener: socket.socket, password: str, inner_port: int, command: Sequence[str]
) -> int:
    """Run the broker and the gate until the broker ends or SIGTERM comes; return the broker's exit code."""
    broker = await asyncio.create_subprocess_exec(*command, preexec_fn=_die_with_parent)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, broker.terminate)
    address = ("127.0.0.1", inner_port)
    while broker.returncode is None:
        try:
            _, writer = await asyncio.open_connection(*address)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        break
    gate = Gate(password, address)
    server = await asyncio.start_server(gate.serve, sock=listener, limit=_CHUNK)
    async with server:
        return await broker.wait()


def main() -> int:
    """Parse the arguments, leave the machine's network and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--password-file", type=Path, required=True)
    parser.add_argument(
        "--inner-port", type=int, required=True, help="used where no own network is"
    )
    parser.add_argument(
        "command", nargs="+", help="{url} stands for where the broker has to listen"
    )
    arguments = parser.parse_args()
    password = arguments.password_file.read_text(encoding="utf-8")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", arguments.port))
        inner_port = _INNER_PORT
        if not leave_network():
            inner_port = arguments.inner_port
            print(OPEN_NETWORK, flush=True)
        url = f"tcp://127.0.0.1:{inner_port}"
        command = [word.replace("{url}", url) for word in arguments.command]
        return asyncio.run(run(listener, password, inner_port, command))


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
