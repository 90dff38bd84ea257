"""Connects to the running system's database by its settings, and loads models of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.api.access import TicketTokens
from deployments.settings import Settings, read_settings
from deployments.storage import make_pool
from domain.company import NO_COMPANY, Company
from domain.errors import ConfigurationError, StoreUnavailable
from domain.events import ignore
from domain.ports import KnowledgeSearch, Observe
from pipeline.outside_agent import OutsideAgent
from serve_app.shipped import ROOT

_NOT_RUNNING = (
    "The support system does not run{where}. Start it with `make run` in its checkout (with the same "
    "DATA_DIR, if you set one), or set DATABASE_URL and the other settings of the one to use, and call "
    "the tool again."
)


def running_settings(settings: Settings) -> Settings:
    """As given where they name a database, else those that the local system under DATA_DIR wrote.

    Starts nothing. Raises ConfigurationError with what to do where there is no system.
    """
    if settings.database_url.get_secret_value():
        return settings
    # Imported here and in _wire, so that a client that only lists the tools does not wait seconds.
    from serve_app.local.preparation import settings_file

    # Desktop clients start this anywhere, so a relative folder is that of the checkout.
    data_dir = ROOT / settings.data_dir
    file = settings_file(data_dir)
    if not file.is_file():
        raise ConfigurationError(_NOT_RUNNING.format(where=f" in {data_dir}"))
    return read_settings(file)


_COMPANY_LIMIT_S = 5.0
"""A client waits for the list of tools meanwhile."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tools use of a running system."""

    agent: OutsideAgent
    search: KnowledgeSearch
    pool: Pool
    tokens: TicketTokens
    base_url: str

    def ticket_page(self, number: str) -> str:
        """Return the customer's link to the ticket, which is enough to read it."""
        return f"{self.base_url}/ticket/#{number}.{self.tokens.token(number)}"


class Connection:
    """Connects at the first call, and again after a failure, since a client may start before the system."""

    def __init__(self, read: Callable[[], Settings], observe: Observe = ignore) -> None:
        self._read = read
        self._observe = observe
        self._opening = asyncio.Lock()
        self._desk: Desk | None = None

    async def desk(self) -> Desk:
        """Return the connected desk. Raises ConfigurationError, with what to do, if no system runs."""
        async with self._opening:
            if self._desk is None:
                self._desk = await self._open()
            return self._desk

    async def company(self) -> Company:
        """Return the profile in force; the one that names nobody where no system runs or answers in time."""
        try:
            pool = make_pool(running_settings(self._read()), "mcp", max_size=1)
        except ConfigurationError:
            return NO_COMPANY
        try:
            async with asyncio.timeout(_COMPANY_LIMIT_S), open_uow(pool)() as uow:
                return (await uow.company.current()).company
        except (StoreUnavailable, TimeoutError):
            return NO_COMPANY
        finally:
            await pool.close()

    async def close(self) -> None:
        """Close the pool if a call opened it."""
        if self._desk is not None:
            await self._desk.pool.close()

    async def _open(self) -> Desk:
        settings = running_settings(self._read())
        pool = make_pool(settings, "mcp", max_size=4)
        try:
            await pool.check()
            # In a thread: Ray's schemas, the Agents SDK and the weights take seconds to load.
            return await asyncio.to_thread(_wire, settings, pool, self._observe)
        except StoreUnavailable as error:
            await pool.close()
            raise ConfigurationError(
                _NOT_RUNNING.format(where=": its database does not answer")
            ) from error
        except BaseException:
            await pool.close()
            raise


def _wire(settings: Settings, pool: Pool, observe: Observe) -> Desk:
    """Load the deployments' models with their thresholds, from config.yaml."""
    from deployments.agent_settings import make_agent_settings
    from deployments.bootstrap import bootstrap
    from deployments.configs.agent import AgentConfig
    from deployments.configs.embedding import EmbeddingConfig
    from deployments.in_process import InProcessEmbedder, InProcessScorer
    from serve_app.check_config import read_config, stage_config
    from serve_app.prepare import CONFIG

    config = read_config(CONFIG)
    stage = stage_config(config, "agent")
    embedding = stage_config(config, "embedding")
    if not isinstance(stage, AgentConfig) or not isinstance(embedding, EmbeddingConfig):
        raise TypeError("a deployment has another stage's configuration")
    use_cases = bootstrap(
        stage,
        make_agent_settings(settings, stage),
        open_uow=open_uow(pool),
        embedder=InProcessEmbedder.configured(embedding),
        scorer=InProcessScorer(),
        observe=observe,
    )
    return Desk(
        agent=use_cases.outside_agent,
        search=use_cases.search,
        pool=pool,
        tokens=TicketTokens(settings.ticket_token_secret),
        base_url=settings.base_url,
    )
