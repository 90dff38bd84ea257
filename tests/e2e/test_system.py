"""Tests the whole system as a person meets it: started by one command, on either broker."""

from __future__ import annotations

import time
from typing import Any

import psutil
import pytest

from tests.e2e.conftest import System, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(420)]

ASKS_HOW = "Hello, how do I reset my password? I have forgotten it."
BLANK_LINES = "\n" * 9_900


def test_a_question_on_the_form_is_answered_with_the_right_facts(system: System) -> None:
    ticket = system.answered(system.submit(ASKS_HOW, "first@example.com"))
    reply = ticket["responses"][-1]
    assert reply["role"] == "agent"
    assert "Forgot password" in reply["content"]
    assert ticket["ticket_id"] in reply["content"]


def test_every_component_says_that_it_is_well(system: System) -> None:
    health = system.api("GET", "/health").json()
    assert health["status"] == "healthy"
    # A provider is listed once something was sent through it.
    assert {name for name in health["components"] if not name.startswith("sending ")} == {
        *("database", "kafka", "background_jobs", "gmail", "whatsapp"),
        *("agent", "embedding", "sentiment", "delivery", "model", "waiting_for_person"),
    }


def test_no_process_listens_beyond_this_machine(system: System) -> None:
    open_ports = {
        (connection.laddr.ip, " ".join(process.cmdline())[:60])
        for process in system.processes()
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert len(open_ports) > 6
    assert {
        open_port
        for open_port in open_ports
        if "127.0.0.1" not in open_port[0] and open_port[0] != "::1"
    } == set()


def test_a_hard_limit_hands_over_with_its_reason(system: System) -> None:
    accepted = system.submit(
        "How much is the business plan for twelve people?", "price@example.com"
    )
    ticket = system.answered(accepted)
    assert (ticket["status"], ticket["escalation"]) == ("escalated", {"reason": "pricing"})
    assert ticket["owner"] == "human"


def test_mail_and_whatsapp_are_answered_through_their_providers(system: System) -> None:
    system.write_mail(ASKS_HOW, "mira@example.com", "Mira Mail")
    system.write_whatsapp("how do i reset my password?", "+12025550171", "Wanda Whats")
    mail = wait_for(lambda: _sent_to(system, "gmail", "mira@example.com"), 60)
    whatsapp = wait_for(lambda: _sent_to(system, "twilio", "+12025550171"), 60)
    assert "Forgot password" in mail
    assert "Forgot password" in whatsapp


def test_texts_made_to_cost_time_are_answered_and_hold_nobody_up(system: System) -> None:
    system.write_mail(f"{ASKS_HOW}{BLANK_LINES * 10}Thanks", "blank@example.com", "Eve Blank")
    costly = [
        system.submit(f"{ASKS_HOW}{filler}b", f"eve{number}@example.com")
        for number, filler in enumerate([BLANK_LINES] * 20 + ["add " + "a " * 4_000] * 5)
    ]
    honest = system.submit(ASKS_HOW, "hanna@example.com")
    assert "Forgot password" in system.answered(honest)["responses"][-1]["content"]
    assert all(system.answered(accepted)["responses"] for accepted in costly)
    mail = wait_for(lambda: _sent_to(system, "gmail", "blank@example.com"), 60)
    assert "Forgot password" in mail


def test_a_form_is_offered_beside_the_mail_of_its_address_and_joined_with_nothing(
    system: System,
) -> None:
    system.answered(system.submit(ASKS_HOW, "one@example.com", "Ottilie Twice"))
    system.write_mail(
        "And how do I turn on two-factor authentication?", "one@example.com", "Ottilie Twice"
    )

    def both() -> dict[str, dict[str, Any]] | None:
        views = system.conversations_of("Ottilie Twice")
        done = len(views) == 2 and all(view["messages"][-1]["role"] == "agent" for view in views)
        return {view["conversation"]["assurance"]: view for view in views} if done else None

    views = wait_for(both, 60)
    claimed, proven = views["claimed"], views["attested"]
    assert claimed["customer"]["id"] != proven["customer"]["id"]
    assert {line["channel"] for line in proven["history"]} == {"email"}
    offered = [one["conversation_id"] for one in proven["also_claimed"]]
    assert offered == [claimed["conversation"]["id"]]


def test_a_killed_agent_replica_costs_no_reply_and_doubles_none(system: System) -> None:
    accepted = [system.submit(ASKS_HOW, f"burst{number}@example.com") for number in range(12)]
    for replica in system.replicas("agent"):
        replica.kill()
    accepted += [system.submit(ASKS_HOW, f"after{number}@example.com") for number in range(4)]
    tickets = [system.answered(message, within_s=150) for message in accepted]
    # Whatever the restarted replica reads again, nobody gets a second reply.
    wait_for(lambda: system.replicas("agent") or None, 60)
    time.sleep(3)
    for ticket in tickets:
        token = next(message for message in accepted if message["ticket_id"] == ticket["ticket_id"])
        roles = [response["role"] for response in system.ticket(token)["responses"]]
        assert roles == ["customer", "agent"]


def test_a_changed_threshold_is_live_without_a_failed_request(system: System) -> None:
    before = {replica.pid for replica in system.replicas("agent")}
    system.configure("agent", sentiment_escalate_below=1.0)

    def sentiment_hands_over(wanted: bool) -> bool | None:
        ticket = system.answered(system.submit(ASKS_HOW, f"live{time.monotonic_ns()}@example.com"))
        hands_over = ticket["escalation"] == {"reason": "negative_sentiment"}
        return True if hands_over is wanted else None

    try:
        assert wait_for(lambda: sentiment_hands_over(True), 60)
        # Autoscaling may add or end one meanwhile; a restart would leave none of them.
        assert before & {replica.pid for replica in system.replicas("agent")}
    finally:
        system.configure("agent")
        wait_for(lambda: sentiment_hands_over(False), 60)
        # The change is under way by now; done it is once Serve calls every replica healthy.
        system.configure("agent")


def test_started_again_it_has_lost_nothing(system: System) -> None:
    accepted = system.submit(ASKS_HOW, "kept@example.com")
    started = system.processes()
    assert system.stop() == 0
    assert system.left_behind() == []
    assert [process for process in started if process.is_running()] == []
    system.start()
    ticket = system.answered(accepted, within_s=120)
    assert "Forgot password" in ticket["responses"][-1]["content"]


def _sent_to(system: System, provider: str, address: str) -> str | None:
    for message in system.sent(provider):
        if address in str(message.get("to", "")):
            return str(
                message.get("text") or message.get("body") or message.get("raw_text") or message
            )
    return None
