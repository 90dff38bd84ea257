"""Gets what signs in to a mailbox: its password, or an OAuth token that a command prints."""

from __future__ import annotations

import asyncio
import logging
import shlex
from contextlib import suppress
from datetime import timedelta

from pydantic import SecretStr

from channels.imap.settings import ImapAccount
from domain.errors import ProviderUnavailable

log = logging.getLogger(__name__)

_MAX_TOKEN_CHARS = 16 * 1024
COMMAND_LIMIT = timedelta(seconds=15)


class Credentials:
    """One mailbox's; a token is kept until the server refuses it."""

    def __init__(self, account: ImapAccount, command_limit: timedelta = COMMAND_LIMIT) -> None:
        self._password = account.password
        self._command = account.token_command.get_secret_value()
        self._limit = command_limit
        self._token: SecretStr | None = None
        self._one_run = asyncio.Lock()

    @property
    def is_token(self) -> bool:
        """Whether XOAUTH2 signs in."""
        return bool(self._command)

    async def secret(self) -> SecretStr:
        """Return the password or the token. Raises ProviderUnavailable if the command gives none."""
        if not self._command:
            return self._password
        async with self._one_run:
            if self._token is None:
                self._token = SecretStr(await self._run())
            return self._token

    def forget(self, refused: SecretStr) -> bool:
        """Drop a token that was refused; return whether another attempt may have a new one."""
        if not self._command:
            return False
        if self._token is refused:
            self._token = None
        return True

    async def _run(self) -> str:
        """Run the command without a shell. Neither its arguments nor its output reach a log."""
        try:
            process = await asyncio.create_subprocess_exec(
                *shlex.split(self._command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except (OSError, ValueError) as error:
            what = f"MAIL_OAUTH_TOKEN_COMMAND can't be run ({type(error).__name__})"
            raise ProviderUnavailable(what) from error
        try:
            async with asyncio.timeout(self._limit.total_seconds()):
                printed, _ = await process.communicate()
        except TimeoutError as error:
            raise ProviderUnavailable("MAIL_OAUTH_TOKEN_COMMAND took too long") from error
        finally:
            with suppress(ProcessLookupError):
                process.kill()
        token, status = printed.decode("utf-8", "replace").strip(), process.returncode
        if status or len(token) > _MAX_TOKEN_CHARS or not token or len(token.split()) != 1:
            raise ProviderUnavailable(
                f"MAIL_OAUTH_TOKEN_COMMAND ended with {status} and printed {'no' if not token else 'a'} token"
            )
        return token
