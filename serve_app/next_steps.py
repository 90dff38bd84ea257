"""Says after a start what a system without a profile or articles still needs."""

from __future__ import annotations

import asyncio

from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.settings import Settings
from domain.company import StoredCompany
from pipeline.going_live import (
    IMPORT_ARTICLES,
    IMPORT_PROFILE,
    LEAVE_DEMO,
    has_company,
    published_articles,
)
from serve_app.sample_company import sample
from serve_app.shipped import ROOT


def next_steps(settings: Settings) -> list[str]:
    """Return the lines to print; none for a demo and for a system of its own with a profile and an article.

    Raises:
        StoreUnavailable: PostgreSQL is away.
    """
    stored, articles = asyncio.run(_read(settings))
    is_sample = stored.company.name == sample().name
    if is_sample and settings.sample_company:
        return []
    steps = []
    if is_sample:
        steps.append(f"{_command(settings, LEAVE_DEMO)} --yes   (deletes the sample company)")
    if is_sample or not has_company(stored):
        steps.append(f"{_command(settings, IMPORT_PROFILE)}   (your company's profile)")
    if not articles:
        steps.append(
            f"{_command(settings, IMPORT_ARTICLES)}   (until then every question goes to a person)"
        )
    if not steps:
        return []
    steps.append(f"{_command(settings, 'python -m serve_app doctor')}   (what is left to do)")
    return [
        "Next, in another terminal (docs/tutorial/your-company.md):",
        *(f"  {step}" for step in steps),
    ]


def _command(settings: Settings, command: str) -> str:
    """Return the command as it is typed in the checkout, for this system's data folder."""
    elsewhere = settings.data_dir.absolute() != ROOT / ".local"
    return f"{f'DATA_DIR={settings.data_dir} ' if elsewhere else ''}.venv/bin/{command}"


async def _read(settings: Settings) -> tuple[StoredCompany, int]:
    pool = Pool(
        settings.database_url.get_secret_value(), role=settings.database_role or None, max_size=1
    )
    try:
        async with open_uow(pool)() as uow:
            return await uow.company.current(), await published_articles(uow)
    finally:
        await pool.close()
