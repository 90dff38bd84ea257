"""Stand-ins as commands: `python -m standins NAME --port N` serves until it is stopped."""

from __future__ import annotations

import subprocess
import sys
import time

import httpx
import pytest

from serve_app.local.ports import find_free_port

COMMANDS = {
    "gmail": ([], "/_labels", {}),
    "twilio": ([], "/_fail", {"pending": 0, "held": 0}),
    "model": (["--mode", "obedient"], "/_mode", {"mode": "obedient"}),
    "identity": (["--user", "ben=editor"], "/_sent", []),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_stand_in_is_a_command(name: str) -> None:
    arguments, path, expected = COMMANDS[name]
    port = find_free_port()
    command = [sys.executable, "-m", "standins", name, "--port", str(port), *arguments]
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}{path}")
                break
            except httpx.ConnectError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert answer.json() == expected
    finally:
        process.terminate()
        process.wait(timeout=20)
