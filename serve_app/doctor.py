"""Prints what to check before going live: `python -m serve_app doctor`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from rich.console import Console

from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.configs.agent import AgentConfig
from deployments.going_live import make_doctor
from deployments.model_probe import probe_model
from deployments.settings import Settings
from domain.errors import ConfigurationError
from pipeline.going_live import Checked
from serve_app.check_config import read_config, stage_config
from serve_app.prepare import CONFIG
from serve_app.running import running_settings
from serve_app.sample_company import sample


def run(settings: Settings, console: Console) -> int:
    """Print a line for each thing that was checked, and below it what to do.

    Returns:
        0 if all is well, 1 otherwise.

    Raises:
        ConfigurationError: No system is set up here.
        StoreUnavailable: PostgreSQL is away.
    """
    settings = running_settings(settings)
    if not settings.database_url.get_secret_value():
        raise ConfigurationError(
            "There is no system to check: start it with `make run` (and name its DATA_DIR here), or set DATABASE_URL"
            " and the other settings of the one to check."
        )
    found = asyncio.run(_examine(settings))
    for checked in found:
        mark = "[green]ok  [/green]" if checked.is_well else "[red]FIX [/red]"
        console.print(mark, end="")
        console.print(f"{checked.name}: {checked.seen}".rstrip(": "), markup=False, soft_wrap=True)
        for problem in checked.problems:
            console.print(f"      {problem}", markup=False, soft_wrap=True)
    wrong = sum(not checked.is_well for checked in found)
    console.print(
        f"{wrong} of {len(found)} need work." if wrong else "Everything is ready for customers."
    )
    return 1 if wrong else 0


async def _examine(settings: Settings) -> Sequence[Checked]:
    config = stage_config(read_config(CONFIG), "agent")
    if not isinstance(config, AgentConfig):
        raise TypeError("the agent deployment has another stage's configuration")
    pool = Pool(
        settings.database_url.get_secret_value(),
        role=settings.database_role or None,
        max_size=4,
        application_name="doctor",
    )
    try:
        await pool.check()
        return await make_doctor(
            settings, open_uow(pool), sample(), partial(probe_model, settings, config)
        )()
    finally:
        await pool.close()
