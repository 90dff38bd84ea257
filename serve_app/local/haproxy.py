"""What stands between Ray Serve and its HAProxy: Ray's configuration is made fit for one machine, then HAProxy runs.

Ray has no setting for what `fitted` changes. It starts whatever RAY_SERVE_HAPROXY_BINARY_PATH names, at every reload
anew, so that is a script of ours, which runs this file without any package: nothing but the standard library is
imported here.
"""

from __future__ import annotations

import ctypes
import os
import re
import shlex
import signal
import sys
from pathlib import Path

ADDRESS = "127.0.0.80"
"""From which HAProxy, and nobody else, calls the replicas: whose X-Forwarded-For they believe. Every address of
127.0.0.0/8 is this machine's own on Linux."""

UNAVAILABLE = '{"error":"unavailable","detail":"Not available for a moment; please try again."}'
"""The body of every error of HAProxy's own, in the API's form."""

LAUNCHER = "haproxy"
_RETRY_AFTER_S = 2
_UNUSED = ("frontend prometheus", "listen stats")
"""Both would listen on all addresses, and nobody here reads them."""
_CHANGES = (
    # Nobody takes syslog on this machine.
    ("global", r"    log .*\n", ""),
    ("global", r"(    stats socket \S+ mode) 666 ", r"\1 600 "),
    ("defaults", r"^defaults\n", "defaults\n    option forwardfor\n    source {address}\n"),
    ("defaults", r"(    errorfile 502) .*", r"\1 {error_file}"),
    ("defaults", r"(    errorfile 503) .*", r"\1 {error_file}"),
    ("defaults", r"(    errorfile 504) .*", r"\1 {error_file}"),
    # Ray's own host is the replicas' as well, which stay on this machine whoever may reach HAProxy. And a
    # call that a replica took and did not answer is made again only where that changes nothing.
    (
        "frontend http_frontend",
        r"    bind \S+:(\d+)\n",
        r"    bind {host}:\1\n    http-request disable-l7-retry unless METH_GET\n",
    ),
    # As long as it knows no application. 404 is final to a provider.
    (
        "backend default_backend",
        r"    http-request return status 404 .*",
        "    http-request return status 503 default-errorfiles",
    ),
)
"""Section, what stands there once, and what takes its place."""


def fitted(text: str, host: str, error_file: Path) -> str:
    """Ray's configuration listening on `host` alone, for this machine, with our errors.

    HAProxy adds the caller's address to X-Forwarded-For as the last one.
    Raises ValueError where Ray's text is not the one that this was written for.
    """
    sections = {part.partition("\n")[0]: part for part in re.split(r"(?m)^(?=\S)", text) if part}
    missing = [name for name in _UNUSED if sections.pop(name, None) is None]
    for name, pattern, replacement in _CHANGES:
        quoted = shlex.quote(str(error_file))  # As HAProxy reads it too.
        new = replacement.format(address=ADDRESS, error_file=quoted, host=host)
        sections[name], count = re.subn(pattern, new, sections.get(name, ""))
        if count != 1:
            missing.append(f"{name}: {pattern}")
    if missing:
        raise ValueError(f"Ray's HAProxy configuration is another one, without {missing}")
    return "".join(sections.values())


def write_launcher(folder: Path, host: str, binary: str) -> Path:
    """The script that Ray is to take for HAProxy: it calls `binary`, listening on `host`.

    It is run as whoever runs Ray: `folder` is nobody else's to write to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    error_file = folder / "unavailable.http"
    error_file.write_bytes(
        (
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
            f"Retry-After: {_RETRY_AFTER_S}\r\nContent-Length: {len(UNAVAILABLE)}\r\n"
            f"Cache-Control: no-store\r\n\r\n{UNAVAILABLE}"
        ).encode()
    )
    command = [sys.executable, "-I", "-S", __file__, host, str(error_file), binary]
    launcher = folder / LAUNCHER
    launcher.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    launcher.chmod(0o700)
    return launcher


def main(host: str, error_file: str, binary: str, *arguments: str) -> None:
    """Becomes HAProxy: its process id and the configuration's name stay what Ray knows it by."""
    # An HAProxy that outlived Ray's actor would hold the port, and the next one could not start.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    path = Path(arguments[arguments.index("-f") + 1])
    path.write_text(fitted(path.read_text(), host, Path(error_file)))
    os.execv(binary, [binary, *arguments])  # noqa: S606


_PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    main(*sys.argv[1:])
