"""Generates the secrets of a local installation once and stores them, readable by their owner only."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from pydantic import SecretStr

from deployments.settings import Settings
from domain.errors import ConfigurationError
from serve_app.private_file import write_private

_FILE = "secrets.json"
_NAMES = frozenset({"staff_api_keys", "ticket_token_secret"})


def with_local_secrets(settings: Settings) -> Settings:
    """Return the settings with a staff key and a ticket secret, generated and stored if not set."""
    given = {
        "staff_api_keys": settings.staff_api_keys.get_secret_value(),
        "ticket_token_secret": settings.ticket_token_secret.get_secret_value(),
    }
    if all(given.values()):
        return settings
    known = _remembered(settings.data_dir)
    update = {name: SecretStr(value or known[name]) for name, value in given.items()}
    return settings.model_copy(update=update)


def _remembered(data_dir: Path) -> dict[str, str]:
    path = data_dir / _FILE
    if path.exists():
        return _read(path)
    made_up = {
        "staff_api_keys": f"local:{secrets.token_urlsafe(24)}",
        "ticket_token_secret": secrets.token_urlsafe(32),
    }
    data_dir.mkdir(parents=True, exist_ok=True)
    write_private(path, json.dumps(made_up))
    return made_up


def _read(path: Path) -> dict[str, str]:
    """Read the stored secrets. Raises ConfigurationError if they are damaged: only their owner may give them up."""
    try:
        stored = json.loads(path.read_bytes())
    except ValueError:
        stored = None
    if isinstance(stored, dict) and all(
        isinstance(stored.get(name), str) and stored[name] for name in _NAMES
    ):
        return stored
    raise ConfigurationError(
        f"{path} is damaged: put it back from a backup, or delete it; then the next start makes up a new staff key, "
        "and the links of earlier tickets no longer open."
    )
