"""Runs a provider's stand-in on this machine: `python -m standins gmail|twilio --port N`."""

from __future__ import annotations

import argparse
from importlib import import_module

import uvicorn


def main() -> None:
    """Parse the arguments and serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m standins", description=__doc__)
    parser.add_argument("provider", choices=("gmail", "twilio"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--log-level",
        default="warning",
        type=str.lower,
        choices=("debug", "info", "warning", "error", "critical"),
        help="of the server's own log; from info on it has a line per request (default: warning)",
    )
    gmail = parser.add_argument_group("gmail")
    gmail.add_argument(
        "--address", default="support@desk.example", help="the mailbox's own address"
    )
    gmail.add_argument("--push-url", help="where Pub/Sub pushes go after a call of watch")
    gmail.add_argument(
        "--push-audience", help="the audience of the pushes' tokens (default: the push URL)"
    )
    gmail.add_argument(
        "--push-service-account", default="gmail-push@stand-in.iam.gserviceaccount.com"
    )
    arguments = parser.parse_args()
    options = {}
    if arguments.provider == "gmail":
        options = {
            "address": arguments.address,
            "push_url": arguments.push_url,
            "push_audience": arguments.push_audience,
            "push_service_account": arguments.push_service_account,
        }
    app = import_module(f"standins.{arguments.provider}").create_app(**options)
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level=arguments.log_level)


if __name__ == "__main__":
    main()
