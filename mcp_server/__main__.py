"""`python -m mcp_server` speaks MCP on stdin and stdout; with `--http PORT` over streamable HTTP."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from deployments.logs import log_to_stderr
from deployments.settings import read_settings
from domain.errors import ConfigurationError
from mcp_server.connection import Connection, running_settings
from mcp_server.server import serve_stdio


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the client or a signal ends it; return 1, with a sentence on stderr, if it can't start."""
    parser = argparse.ArgumentParser(prog="python -m mcp_server", description=__doc__)
    parser.add_argument(
        "--http", type=_port, metavar="PORT", help="streamable HTTP at /mcp on this port"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    given = parser.parse_args(arguments)
    try:
        # Standard output belongs to the protocol.
        log_to_stderr(read_settings().log_level)
        if given.http is not None:
            from mcp_server.http import serve_http

            settings = running_settings(read_settings())
            asyncio.run(serve_http(settings, given.host, given.http))
        else:
            asyncio.run(serve_stdio(Connection(read_settings)))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError(text)
    return port


if __name__ == "__main__":
    sys.exit(main())
