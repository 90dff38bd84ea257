"""Checks what has to be right before customers write, each thing on its own and in bounded time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.company import NO_COMPANY, StoredCompany
from domain.stores import OpenUnitOfWork, UnitOfWork

log = logging.getLogger(__name__)

IMPORT_PROFILE = "python -m serve_app company import FILE"
IMPORT_ARTICLES = "python -m serve_app knowledge import FOLDER"
LEAVE_DEMO = "python -m serve_app company leave-demo"
_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw. Each problem is a sentence that says what to do; none means that all is well."""

    seen: str
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to check."""

    name: str
    run: Callable[[], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a check."""

    name: str
    seen: str
    problems: Sequence[str]

    @property
    def is_well(self) -> bool:
        """Whether nothing is left to do."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample company: the name in its profile, and the source of its articles."""

    name: str
    source: str


async def run_checks(checks: Sequence[Check], limit: timedelta) -> list[Checked]:
    """Run all checks at once; one that raises or exceeds the limit stops no other."""
    return list(await asyncio.gather(*(_run(check, limit) for check in checks)))


async def _run(check: Check, limit: timedelta) -> Checked:
    try:
        finding = await asyncio.wait_for(check.run(), limit.total_seconds())
    except TimeoutError:
        problem = f"No result within {limit.total_seconds():g} s: try again; if it stays so, see the service's log."
        return Checked(check.name, "", (problem,))
    except Exception as error:  # noqa: BLE001 - a check that fails is a finding and must not hide the others
        log.warning("the check of %s failed with %s", check.name, type(error).__name__)
        problem = f"It could not be checked ({type(error).__name__}): see the service's log."
        return Checked(check.name, "", (problem,))
    return Checked(check.name, finding.seen, tuple(finding.problems))


def company_checks(open_uow: OpenUnitOfWork, sample: Sample, *, is_demo: bool) -> list[Check]:
    """Return the checks of the company profile and the articles. In a demo the sample company's are allowed."""

    def of_profile(judge: Callable[[StoredCompany], Finding]) -> Callable[[], Awaitable[Finding]]:
        async def run() -> Finding:
            async with open_uow() as uow:
                return judge(await uow.company.current())

        return run

    def of_articles(
        judge: Callable[[UnitOfWork], Awaitable[Finding]],
    ) -> Callable[[], Awaitable[Finding]]:
        async def run() -> Finding:
            async with open_uow() as uow:
                return await judge(uow)

        return run

    def profile(stored: StoredCompany) -> Finding:
        seen = f"{stored.company.name}, version {stored.version}"
        if not has_company(stored):
            return Finding(seen, [f"No profile is set: write one and run `{IMPORT_PROFILE}`."])
        if stored.company.name == sample.name and not is_demo:
            what = f"This is the sample company's profile: `{LEAVE_DEMO}`, then `{IMPORT_PROFILE}`."
            return Finding(seen, [what])
        return Finding(seen)

    async def no_sample(uow: UnitOfWork) -> Finding:
        found = len(await uow.knowledge.articles(sample.source, _ALL))
        stored = await uow.company.current()
        if found and not (is_demo and stored.company.name == sample.name):
            what = f"Customers are answered from them: `{LEAVE_DEMO}` deletes them."
            return Finding(f"{found}", [what])
        return Finding(f"{found}, as a demo has them" if found else "none")

    return [
        Check("Company profile", of_profile(profile)),
        Check("Signature", of_profile(_signature)),
        Check("Customers in danger", of_profile(_emergency)),
        Check("Retention", of_profile(_retention)),
        Check("Articles", of_articles(_articles)),
        Check("Sample articles", of_articles(no_sample)),
    ]


def has_company(stored: StoredCompany) -> bool:
    """Return whether somebody has set a profile; the one that names nobody is none."""
    return stored.version > 0 and stored.company.name != NO_COMPANY.name


async def published_articles(uow: UnitOfWork) -> int:
    """Return how many articles searches can find."""
    now = datetime.now(UTC)
    return sum(
        article.is_published and (article.expires_at is None or article.expires_at > now)
        for article in await uow.knowledge.articles(None, _ALL)
    )


def _signature(stored: StoredCompany) -> Finding:
    seen = f"replies are signed {stored.company.signed}"
    if stored.company.support_name:
        return Finding(seen)
    return Finding(seen, ["support_name is empty in the profile: set the name that signs replies."])


def _emergency(stored: StoredCompany) -> Finding:
    company = stored.company
    if company.country:
        return Finding(f"told what applies in {company.country}, or the profile's own text")
    missing = [language for language in company.languages if language not in company.emergency]
    if not missing:
        return Finding("told the profile's own text")
    what = f"Set country in the profile, or emergency in {', '.join(missing)}: the numbers to call depend on it."
    return Finding("not told whom to call", [what])


def _retention(stored: StoredCompany) -> Finding:
    retention = stored.company.retention
    kept = {
        "messages": retention.messages,
        "raw_mail": retention.raw_mail,
        "media": retention.media,
    }
    seen = ", ".join(f"{name} {period or 'without end'}" for name, period in kept.items())
    missing = [f"retention.{name}" for name, period in kept.items() if not period]
    if not missing:
        return Finding(seen)
    what = (
        f"Set {', '.join(missing)} in the profile, such as 730d:"
        " else personal data is kept until somebody erases it."
    )
    return Finding(seen, [what])


async def _articles(uow: UnitOfWork) -> Finding:
    found = await published_articles(uow)
    if found:
        return Finding(f"{found} published")
    what = f"Every question goes to a person: `{IMPORT_ARTICLES}` imports a folder of files."
    return Finding("none published", [what])
