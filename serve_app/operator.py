"""Names the account that runs a command, for the audit log."""

from __future__ import annotations

import getpass

from domain.principals import Principal, Role


def operator() -> Principal:
    """Return the account as an administrator: a shell with the database's address can do everything anyway."""
    return Principal(f"shell:{getpass.getuser()}", Role.ADMIN)
