"""Reads and writes the file by which other commands find a running local system."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from deployments.settings import Settings
from domain.errors import ConfigurationError
from serve_app.deploy import Dashboard
from serve_app.local.keys import RAY_TOKEN, STAND_IN_KEY, local_key
from serve_app.private_file import write_private

NAME = "running.json"


@dataclass(frozen=True, slots=True)
class RunFile:
    """The system's addresses, a staff key, and the stand-ins' addresses by provider."""

    base_url: str
    dashboard_url: str
    staff_key: str
    standins: dict[str, str]

    @classmethod
    def of(cls, settings: Settings, standins: dict[str, str]) -> RunFile:
        """Describe a system on this machine; the staff key is the first one of its settings."""
        return cls(
            base_url=f"http://127.0.0.1:{settings.port}",
            dashboard_url=f"http://127.0.0.1:{settings.dashboard_port}",
            staff_key=next(iter(settings.staff_keys.values())).get_secret_value(),
            standins=standins,
        )

    def write(self, data_dir: Path) -> None:
        """Write the file, readable by its owner only because it holds a key."""
        write_private(data_dir / NAME, json.dumps(asdict(self)))

    def dashboard(self, data_dir: Path) -> Dashboard:
        """Return Ray's dashboard with the token that lies in the data directory."""
        return Dashboard(self.dashboard_url, local_key(data_dir / "run", RAY_TOKEN))

    @classmethod
    def read(cls, data_dir: Path) -> RunFile:
        """Read the file.

        Raises:
            ConfigurationError: No system runs there.
        """
        try:
            return cls(**json.loads((data_dir / NAME).read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError(
                f"Nothing runs in {data_dir}: start the system with `make run` first "
                "(with the same DATA_DIR, if you set one)."
            ) from error

    @staticmethod
    def remove(data_dir: Path) -> None:
        """Delete the file. Idempotent."""
        (data_dir / NAME).unlink(missing_ok=True)

    def require(self, provider: str) -> str:
        """Return the stand-in's address.

        Raises:
            ConfigurationError: The real provider is connected, or the channel is off.
        """
        if provider not in self.standins:
            raise ConfigurationError(
                f"The running system has no stand-in for {provider}: the demo plays all three channels "
                "and needs one started without ENABLED_CHANNELS and without that provider's settings."
            )
        return self.standins[provider]


def stand_in_headers(data_dir: Path) -> dict[str, str]:
    """Return what the `/_…` calls of the stand-ins in this data directory need."""
    return {"X-Standin-Key": local_key(data_dir / "run", STAND_IN_KEY)}
