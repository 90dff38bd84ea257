"""Runs a stand-in on this machine: `python -m standins gmail|twilio|model|identity --port N`."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from pathlib import Path

import uvicorn

from standins.keyed import Keyed


def main() -> None:
    """Parse the arguments and serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m standins", description=__doc__)
    providers = parser.add_subparsers(dest="provider", required=True)
    _add_gmail(providers.add_parser("gmail"))
    providers.add_parser("twilio")
    _add_model(providers.add_parser("model"))
    _add_identity(providers.add_parser("identity"))
    for provider in providers.choices.values():
        _add_server(provider)
    options = vars(parser.parse_args())
    host, port, log_level = options.pop("host"), options.pop("port"), options.pop("log_level")
    provider, key_file = options.pop("provider"), options.pop("key_file")
    if provider == "gmail":
        options["client_secret"] = os.environ.get("GMAIL_CLIENT_SECRET", "")
        options["refresh_token"] = os.environ.get("GMAIL_REFRESH_TOKEN", "")
    app = import_module(f"standins.{provider}").create_app(**options)
    if key_file is not None:
        app = Keyed(app, key_file.read_text(encoding="utf-8").strip())
    uvicorn.run(app, host=host, port=port, log_level=log_level)


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--log-level",
        default="warning",
        type=str.lower,
        choices=("debug", "info", "warning", "error", "critical"),
        help="of the server's own log; from info on it has a line per request (default: warning)",
    )
    parser.add_argument(
        "--key-file",
        type=Path,
        help="file with the key that X-Standin-Key must hold in calls of /_… (default: no key)",
    )


def _add_gmail(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--address", default="support@desk.example", help="the mailbox's own address"
    )
    parser.add_argument("--push-url", help="where Pub/Sub pushes go after a call of watch")
    parser.add_argument(
        "--push-audience", help="the audience of the pushes' tokens (default: the push URL)"
    )
    parser.add_argument(
        "--push-service-account", default="gmail-push@stand-in.iam.gserviceaccount.com"
    )


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mode",
        default="passages",
        choices=("passages", "obedient", "script"),
        help="how it answers at first (default: passages)",
    )
    parser.add_argument("--api-key", help="the only key that it takes (default: any)")


def _add_identity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--user",
        action=_AddRole,
        dest="roles",
        metavar="NAME=ROLE",
        default=argparse.SUPPRESS,
        help="a user and the role; may be repeated (default: one user for each role)",
    )
    parser.add_argument("--role-claim", default="role", help="the claim that holds the role")


class _AddRole(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        name, separator, role = str(values).partition("=")
        if not (name and separator and role):
            parser.error(f"{option_string} takes NAME=ROLE")
        roles = getattr(namespace, self.dest, {})
        setattr(namespace, self.dest, {**roles, name: role})


if __name__ == "__main__":
    main()
