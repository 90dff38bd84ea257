"""Checks that each promise's checker finds the bug that is planted for it, and nothing in a history that is in
order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid5

import pytest

from deployments.configs.delivery import ProviderLimits
from domain.channels import Channel
from domain.languages import Language
from domain.tickets import EscalationReason
from domain.wording import say_with_ticket
from tests.chaos.checker import check
from tests.chaos.history import Accepted, History, Reply, Sent, Stored, TicketRow
from tests.chaos.schedule import make_schedule
from tests.sample_profile import COMPANY

NAMES = UUID("1d5f4b63-4b0c-4d0e-8c0a-0a5d0f6a2c11")
LIMITS = ProviderLimits(answer_within_s=3, acts_within_s=8, shows_within_s=2)
ADDRESS = "+4915100000100"
NUMBER = "TKT-7Q2M4K8Z"
HAND_OVER = say_with_ticket(
    COMPANY, Language.ENGLISH, f"handover.{EscalationReason.REFUND}", NUMBER
)


def named(name: str) -> UUID:
    return uuid5(NAMES, name)


def in_order() -> History:
    """Two messages by WhatsApp, two turns, two replies; the second one a hand-over."""
    customer, conversation = named("customer"), named("conversation")
    turns = [named("turn 1"), named("turn 2")]
    tokens = ["Q1X0X0Z", "Q1X0X1Z"]
    texts = ["Open Settings, then Export.", HAND_OVER]
    return History(
        accepted=[
            Accepted(token, Channel.WHATSAPP, ADDRESS, order) for order, token in enumerate(tokens)
        ],
        stored=[
            Stored(
                named(token),
                token,
                customer,
                conversation,
                1 + 2 * index,
                "answered",
                turn,
                "answered",
            )
            for index, (token, turn) in enumerate(zip(tokens, turns, strict=True))
        ],
        replies=[
            Reply(
                named(text),
                customer,
                conversation,
                Channel.WHATSAPP,
                ADDRESS,
                2 + 2 * index,
                "settled",
                turn,
                text,
                ((0, f"SM{index}"),),
            )
            for index, (text, turn) in enumerate(zip(texts, turns, strict=True))
        ],
        sent=[
            Sent(f"SM{index}", Channel.WHATSAPP, ADDRESS, text) for index, text in enumerate(texts)
        ],
        tickets=[TicketRow(NUMBER, customer, conversation, "refund")],
    )


def test_a_history_in_order_breaks_nothing() -> None:
    assert check(in_order()) == []


def never_stored(history: History) -> None:
    history.stored.pop(0)


def never_answered(history: History) -> None:
    history.stored[1] = replace(history.stored[1], state="waiting", turn_id=None)
    history.replies.pop()
    history.sent.pop()


def answered_without_a_reply(history: History) -> None:
    history.replies.pop(0)
    history.sent.pop(0)


def never_sent(history: History) -> None:
    history.replies[0] = replace(history.replies[0], sent_ids=())
    history.sent.pop(0)


def said_to_be_sent_and_is_not(history: History) -> None:
    history.sent.pop(0)


def stuck_in_delivery(history: History) -> None:
    history.replies[1] = replace(history.replies[1], state="undelivered")


def dead_and_nobody_told(history: History) -> None:
    history.stored[1] = replace(history.stored[1], state="dead", turn_id=None, outcome=None)
    history.replies.pop()
    history.sent.pop()


def stored_twice(history: History) -> None:
    history.stored.append(replace(history.stored[0], id=named("again"), position=9))


def two_replies_of_a_turn(history: History) -> None:
    history.replies.append(replace(history.replies[0], id=named("again"), position=3))


def sent_twice_and_recorded_once(history: History) -> None:
    history.sent.insert(1, replace(history.sent[0], id="SM9"))


def sent_twice_and_recorded_twice(history: History) -> None:
    history.sent.insert(1, replace(history.sent[0], id="SM9"))
    history.replies[0] = replace(history.replies[0], sent_ids=((0, "SM0"), (0, "SM9")))


def unsure_and_sent_twice(history: History) -> None:
    history.replies[0] = replace(history.replies[0], sent_ids=(), is_flagged=True)
    history.sent.append(replace(history.sent[0], id="SM9"))


def unsure_and_another_one_sent_twice(history: History) -> None:
    history.replies[0] = replace(history.replies[0], is_flagged=True)
    history.sent.append(replace(history.sent[1], id="SM9"))


def stored_in_another_order(history: History) -> None:
    first, second = history.stored
    history.stored = [
        replace(first, position=second.position, turn_id=second.turn_id),
        replace(second, position=first.position, turn_id=first.turn_id),
    ]


def answered_in_another_order(history: History) -> None:
    first, second = history.replies
    history.replies = [
        replace(first, position=second.position),
        replace(second, position=first.position),
    ]
    history.sent.reverse()


def sent_in_another_order(history: History) -> None:
    history.sent.reverse()


def hand_over_that_nobody_made(history: History) -> None:
    history.tickets[0] = replace(history.tickets[0], escalation_reason=None)


def ticket_that_does_not_exist(history: History) -> None:
    history.tickets.clear()


def ticket_of_somebody_else(history: History) -> None:
    history.tickets[0] = replace(history.tickets[0], customer_id=named("stranger"))


PLANTED: dict[str, list[Callable[[History], None]]] = {
    "lost": [
        never_stored,
        never_answered,
        answered_without_a_reply,
        never_sent,
        said_to_be_sent_and_is_not,
        stuck_in_delivery,
        dead_and_nobody_told,
    ],
    "doubled": [
        stored_twice,
        two_replies_of_a_turn,
        sent_twice_and_recorded_once,
        sent_twice_and_recorded_twice,
        unsure_and_sent_twice,
        unsure_and_another_one_sent_twice,
    ],
    "reordered": [stored_in_another_order, answered_in_another_order, sent_in_another_order],
    "unkept": [
        hand_over_that_nobody_made,
        ticket_that_does_not_exist,
        ticket_of_somebody_else,
    ],
}


@pytest.mark.parametrize(
    ("promise", "plant"),
    [(promise, plant) for promise, plants in PLANTED.items() for plant in plants],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_planted_bug_is_found(promise: str, plant: Callable[[History], None]) -> None:
    history = in_order()
    plant(history)
    assert promise in {violation.promise for violation in check(history)}
    assert all(
        violation.address == ADDRESS for violation in check(history) if violation.promise == promise
    )


def test_a_send_that_stayed_unsure_and_was_flagged_is_in_order() -> None:
    history = in_order()
    history.replies[0] = replace(history.replies[0], sent_ids=(), is_flagged=True)
    assert check(history) == []
    history.sent.pop(0)
    assert check(history) == []


def test_an_unsure_send_that_a_callback_told_of_after_the_hand_over_is_in_order() -> None:
    history = in_order()
    history.replies[0] = replace(history.replies[0], is_flagged=True)
    history.sent.reverse()
    assert check(history) == []


def test_every_schedule_has_a_fault_of_the_wanted_kind_and_delays_exceed_every_limit() -> None:
    faults = [
        fault
        for seed in range(60)
        for fault in make_schedule(seed, ("relay",), LIMITS, act="delay").faults
        if fault.act == "delay"
    ]
    assert len(faults) >= 60
    assert {(fault.target, fault.late_effect) for fault in faults} == {
        (provider, effect) for provider in ("gmail", "twilio") for effect in (True, False)
    }
    within = LIMITS.answer_within_s, LIMITS.answer_within_s + LIMITS.acts_within_s
    assert any(fault.for_s < within[0] for fault in faults)
    assert any(within[0] < fault.for_s < within[1] for fault in faults)
    assert any(within[1] < fault.for_s for fault in faults)


@pytest.mark.parametrize(
    "text",
    [
        *(
            say_with_ticket(COMPANY, Language.ENGLISH, f"handover.{reason}", NUMBER)
            for reason in EscalationReason
        ),
        say_with_ticket(COMPANY, Language.ENGLISH, "apology", NUMBER),
        say_with_ticket(COMPANY, Language.ENGLISH, "already_with_person", NUMBER),
    ],
)
def test_every_hand_over_that_the_product_can_tell_of_is_recognised(text: str) -> None:
    history = in_order()
    history.sent[1] = replace(history.sent[1], text=text)
    history.tickets[0] = replace(history.tickets[0], escalation_reason=None)
    assert {violation.promise for violation in check(history)} == {"unkept"}


def test_a_seed_gives_one_schedule_with_all_three_channels() -> None:
    targets = ("relay", "broker", "postgres")
    for seed in range(40):
        schedule = make_schedule(seed, targets, LIMITS)
        assert schedule == make_schedule(seed, targets, LIMITS)
        assert {write.customer.channel for write in schedule.writes} == set(Channel)
        assert schedule.faults
    assert make_schedule(1, targets, LIMITS) != make_schedule(2, targets, LIMITS)


def test_a_schedule_run_again_has_other_customers_and_the_same_faults() -> None:
    schedule = make_schedule(7, ("relay",), LIMITS)
    again = schedule.again(2)
    assert again.faults == schedule.faults
    assert len(again.writes) == len(schedule.writes)
    known = {write.customer.address for write in schedule.writes} | {
        write.token for write in schedule.writes
    }
    assert not known & {write.customer.address for write in again.writes}
    assert not known & {write.token for write in again.writes}
