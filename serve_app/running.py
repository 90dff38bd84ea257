"""Finds the settings of the local system for commands that work on a running one."""

from __future__ import annotations

from deployments.settings import Settings, read_settings
from serve_app.local.preparation import settings_file


def running_settings(settings: Settings) -> Settings:
    """Return the settings as given if they name a database, else the local system's under DATA_DIR if there is one."""
    local = settings_file(settings.data_dir)
    if settings.database_url.get_secret_value() or not local.exists():
        return settings
    return read_settings(local)
