"""Picks free ports on the loopback address and remembers them, so that servers keep them over restarts."""

from __future__ import annotations

import errno
import json
import random
import socket
import threading
from collections.abc import Collection
from pathlib import Path

from serve_app.private_file import write_private

LOCAL_PORTS = range(20_000, 30_000)
"""Below Linux's ephemeral ports (32768 and up), so that no outgoing connection takes a server's port while
it restarts."""


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def find_free_port(taken: Collection[int] = ()) -> int:
    """Return a port that is free and not in `taken`."""
    while True:
        port = random.choice(LOCAL_PORTS)
        if port not in taken and is_free(port):
            return port


class PortBook:
    """The ports of one data directory, by name, in a JSON file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Ray picks its ports in another thread while the other servers start.
        self._lock = threading.Lock()
        self._ports = _read(path)

    def port(self, name: str) -> int:
        """Return the name's port, a new one if it has none or that is taken."""
        with self._lock:
            port = self._ports.get(name)
            if port is None or not is_free(port):
                port = find_free_port(self._ports.values())
                self._ports[name] = port
                self._save()
            return port

    def note(self, name: str, port: int) -> None:
        """Record a port that somebody else chose."""
        with self._lock:
            self._ports[name] = port
            self._save()

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_private(self._path, json.dumps(self._ports, indent=1))


def _read(path: Path) -> dict[str, int]:
    """Read the remembered ports; of a damaged file none, since others do as well."""
    try:
        stored = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {name: port for name, port in stored.items() if isinstance(port, int)}
