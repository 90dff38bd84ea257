"""Names the account that runs a command, for the audit log."""

from __future__ import annotations

import getpass

from domain.principals import Principal, Role


def operator() -> Principal:
    """Whoever has a shell and the database's address may do everything."""
    return Principal(f"shell:{getpass.getuser()}", Role.ADMIN)
