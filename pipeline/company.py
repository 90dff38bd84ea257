"""Changes the company profile, on the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain import wording
from domain.channels import Channel, ChannelConfig
from domain.company import Company
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import EscalationReason
from pipeline.replay import Replay

_NAME = "Ada"
_TICKET = "TKT-0EXAMPLE00"
_ANSWER = "Open Settings, then press Export."


@dataclass(frozen=True, slots=True)
class Specimen:
    """What customers of one channel would read in one language."""

    channel: Channel
    language: str
    greeting: str
    answer: str
    hand_over: str


def specimens(company: Company, forms: Sequence[ChannelConfig]) -> list[Specimen]:
    """Render a greeting, an answer and a hand-over as each channel would carry them, in each of the languages."""
    key = f"handover.{EscalationReason.HUMAN_REQUEST}"
    return [
        Specimen(
            form.channel,
            language,
            wording.say(company, language, f"greeting.{form.channel}", name=_NAME),
            wording.render(_ANSWER, form, _NAME, _TICKET, company, language),
            wording.render(
                wording.say_with_ticket(company, language, key, _TICKET),
                form,
                _NAME,
                _TICKET,
                company,
                language,
            ),
        )
        for language in company.languages
        for form in forms
    ]


async def change_company(
    open_uow: OpenUnitOfWork, company: Company, *, replaces: int, author: str
) -> int:
    """Store a new version, which is in force at once, and return its number.

    Raises:
        Conflict: `replaces` is not the newest version.
    """
    async with open_uow() as uow:
        version = await save(uow, company, replaces=replaces, author=author)
        await uow.commit()
    return version


async def restore_company(open_uow: OpenUnitOfWork, version: int, *, author: str) -> int:
    """Store an earlier version as the newest and return its number. Raises NotFound, Conflict."""
    async with open_uow() as uow:
        earlier = await uow.company.get(version)
        current = await uow.company.current()
        restored = await save(
            uow, earlier.company, replaces=current.version, author=author, restored_from=version
        )
        await uow.commit()
    return restored


async def save(
    uow: UnitOfWork,
    company: Company,
    *,
    replaces: int,
    author: str,
    restored_from: int | None = None,
) -> int:
    """Store a version within the caller's transaction. The audit log names a limit that became looser."""
    version = await uow.company.save(
        company, replaces=replaces, author=author, restored_from=restored_from
    )
    details: dict[str, object] = {"version": version}
    if restored_from is not None:
        details["restored_from"] = restored_from
    if company.limits.reason:
        details["limits"] = {
            "pricing": company.limits.pricing,
            "legal": company.limits.legal,
            "reason": company.limits.reason,
        }
    await uow.audit.add(author, "change", "company", str(version), details)
    return version


async def record_replay(open_uow: OpenUnitOfWork, replay: Replay, *, author: str) -> None:
    """Record that somebody tried a profile on stored turns, and what it cost."""
    details = {
        "turns": len(replay.turns),
        "other_ends": sum(turn.is_other_end for turn in replay.turns),
        "model": replay.model,
        "usd": round(replay.usd, 6),
    }
    async with open_uow() as uow:
        current = await uow.company.current()
        await uow.audit.add(author, "try", "company", str(current.version), details)
        await uow.commit()
