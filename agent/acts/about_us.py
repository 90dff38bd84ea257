"""Answers questions about the company and about who answers, from the company's profile alone."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.acts.saying import own_text, said_before, say_own
from domain.acts import AboutUs
from domain.hours import say_week
from domain.languages import names_of
from domain.tickets import EscalationReason
from domain.turns import Draft, Turn
from domain.wording import hours_note

SURE = 0.8
"""From this probability on the profile is asked before the articles, which may know a branch's hours or address."""
_ALWAYS_OURS = frozenset({AboutUs.IDENTITY, AboutUs.LANGUAGE, AboutUs.PERSON, AboutUs.DATA})
"""What no article knows better."""


def reply(turn: Turn) -> Draft | None:
    """Answer what the profile states, or what is true of every installation."""
    about = turn.act.about
    if about is None:
        return None
    if about not in _ALWAYS_OURS and (turn.act.probability < SURE or not _is_known(turn, about)):
        return None
    return _answer(turn, about)


def review(turn: Turn, draft: Draft) -> Draft | None:
    """Where no article knows it: say what the profile states, or honestly that we have nothing, and offer a person."""
    if draft.reason is not EscalationReason.NO_KB_MATCH or turn.act.about is None:
        return None
    return _answer(turn, turn.act.about)


def _is_known(turn: Turn, about: AboutUs) -> bool:
    contact = turn.company.contact
    match about:
        case AboutUs.PHONE:
            return bool(contact.phone)
        case AboutUs.HOURS:
            return any(turn.company.hours.week.values())
        case AboutUs.ADDRESS:
            return bool(contact.address)
        case _:
            return bool(contact.phone or contact.address or contact.help_site)


def _answer(turn: Turn, about: AboutUs) -> Draft:
    contact = turn.company.contact
    match about:
        case AboutUs.IDENTITY:
            return say_own(turn, "about.identity", *_person(turn))
        case AboutUs.PERSON:
            return _with_hours(turn, say_own(turn, "about.person"))
        case AboutUs.LANGUAGE:
            languages = names_of(turn.company.languages, turn.language)
            return say_own(turn, "about.languages", languages=languages)
        case AboutUs.DATA if contact.privacy_url:
            return say_own(turn, "about.data", "about.privacy", url=contact.privacy_url)
        case AboutUs.DATA:
            return say_own(turn, "about.data", "about.no_privacy")
        case AboutUs.HOURS if _is_known(turn, about):
            hours = say_week(turn.company.hours, turn.language)
            return _with_hours(turn, say_own(turn, "about.hours", hours=hours))
        case AboutUs.PHONE if contact.phone:
            return _with_hours(turn, say_own(turn, "about.phone", phone=contact.phone))
        case AboutUs.ADDRESS if contact.address:
            return say_own(turn, "about.address", address=_in_a_line(contact.address))
        case AboutUs.EMAIL:
            return Draft(reply=_ways_to_us(turn), model="rules")
        case _:
            return say_own(turn, f"about.no_{about}", *_person(turn), asks_back=True)


def _person(turn: Turn) -> tuple[str, ...]:
    """Return the key of the text on how a person is reached, if our last reply has not said it."""
    ours = said_before(turn)
    return () if ours and own_text(turn, "about.person") in ours[-1] else ("about.person",)


def _ways_to_us(turn: Turn) -> str:
    contact = turn.company.contact
    ways = [own_text(turn, "about.here")]
    if contact.phone:
        ways.append(own_text(turn, "about.phone", phone=contact.phone))
    if contact.address:
        ways.append(own_text(turn, "about.address", address=_in_a_line(contact.address)))
    if contact.help_site:
        ways.append(own_text(turn, "about.help_site", url=contact.help_site))
    return " ".join([*ways, *(own_text(turn, key) for key in _person(turn))])


def _with_hours(turn: Turn, draft: Draft) -> Draft:
    note = hours_note(turn.company, turn.language, datetime.now(UTC))
    draft.reply = f"{draft.reply} {note}" if note else draft.reply
    return draft


def _in_a_line(address: str) -> str:
    return ", ".join(line.strip() for line in address.splitlines() if line.strip())
