"""Tests what customers and staff do with each other, in a real browser on the real system."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiokafka import AIOKafkaProducer
from playwright.sync_api import Browser, Page, expect

from deployments.settings import read_settings
from domain import topics
from serve_app.local.preparation import settings_file
from tests.e2e.browsing import (
    CHROMIUM,
    NARROW,
    WIDE,
    alert,
    chromium,
    fill_form,
    look,
    open_conversation,
    send_form,
    sign_in,
    window,
)
from tests.e2e.conftest import STAFF, System

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cluster,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.parametrize("system", ["embedded"], indirect=True),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_form_answer_follow_up_person_reply_and_resolution(
    system: System, browser: Browser, width: int
) -> None:
    name = f"Flora{secrets.token_hex(3)} Fox"
    with window(browser, system, width) as customer, window(browser, system, width) as staff:
        customer.goto("/")
        look(customer, "form")
        customer.get_by_role("button", name="Send request").click()
        expect(customer.get_by_label("Your name")).to_be_focused()
        look(customer, "form-errors")
        fill_form(customer, name)
        expect(customer.get_by_text("Reset your password").first).to_be_visible()
        look(customer, "form-suggestions")
        customer.get_by_role("button", name="Send request").dblclick()
        expect(customer.get_by_role("heading", name="We have your request")).to_be_focused()
        look(customer, "form-sent")
        customer.get_by_role("link", name="Open the conversation").click()
        expect(customer.get_by_text("Forgot password").first).to_be_visible(timeout=60_000)
        look(customer, "conversation-answered")
        customer.evaluate("window.isTheSamePage = true")

        customer.get_by_role("button", name="Yes").click()
        expect(customer.get_by_text("That helps us answer better")).to_be_focused()
        answers = customer.get_by_role("listitem").filter(has_text=re.compile("Assistant|Support"))
        count = answers.count()
        customer.get_by_label("Add to this conversation").fill("How long is the reset link valid?")
        customer.get_by_role("button", name="Send message").click()
        expect(customer.get_by_text("How long is the reset link valid?").first).to_be_visible()
        expect(customer.get_by_text("60 minutes").first).to_be_visible(timeout=60_000)
        assert answers.count() >= count

        customer.get_by_role("button", name="Ask for a person").click()
        expect(customer.get_by_text("A person will take this up")).to_be_visible()
        look(customer, "conversation-with-person")

        sign_in(staff, "ines")
        expect(staff.get_by_role("link", name=re.compile(name))).to_be_visible()
        look(staff, "console-queue")
        open_conversation(staff, name)
        expect(staff.get_by_text("The customer asked for a person").first).to_be_visible()
        look(staff, "console-conversation")
        staff.get_by_role("button", name="Take", exact=True).click()
        expect(staff.get_by_text("Yours. The assistant is silent.")).to_be_visible()
        expect(customer.get_by_text("A person is on it")).to_be_visible()
        staff.get_by_label("Reply by").fill("Hello, this is Ines. I sent you a new link.")
        look(staff, "console-reply")
        staff.get_by_role("button", name="Send reply").dblclick()
        expect(customer.get_by_text("Hello, this is Ines.")).to_have_count(1)
        look(customer, "conversation-staff-reply")

        staff.get_by_role("button", name="Resolve…").click()
        look(staff, "console-resolve")
        staff.get_by_label("How was it settled?").fill("Sent a new reset link.")
        staff.get_by_role("button", name="Resolve", exact=True).click()
        expect(staff.get_by_text("Done. A new message from the customer")).to_be_visible()
        expect(customer.get_by_text("This request is resolved")).to_be_visible()
        look(customer, "conversation-resolved")
        assert customer.evaluate("window.isTheSamePage") is True
        assert customer.get_by_text("Hello, this is Ines.").count() == 1


def test_of_two_people_who_take_at_once_one_wins_and_the_other_is_told(
    system: System, browser: Browser
) -> None:
    with (
        window(browser, system) as customer,
        window(browser, system) as ines,
        window(browser, system) as marek,
    ):
        send_form(customer, "Twyla Two")
        expect(customer.get_by_text("Forgot password").first).to_be_visible(timeout=60_000)
        customer.get_by_role("button", name="Ask for a person").click()
        expect(customer.get_by_text("A person will take this up")).to_be_visible()
        for page, staff in ((ines, "ines"), (marek, "marek")):
            sign_in(page, staff)
            open_conversation(page, "Twyla Two")
        ines.get_by_role("button", name="Take", exact=True).click()
        marek.get_by_role("button", name="Take", exact=True).click()
        expect(ines.get_by_text("Yours. The assistant is silent.")).to_be_visible()
        expect(alert(marek)).to_contain_text("ines has this conversation")
        expect(marek.get_by_label("Reply by")).to_have_count(0)
        look(marek, "console-taken-by-another")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_customer_needs_nothing_but_the_keyboard(
    system: System, browser: Browser, width: int
) -> None:
    with window(browser, system, width) as page:
        page.goto("/")
        expect(page.get_by_role("button", name="Send request")).to_be_enabled()
        _tab_to(page, "name")
        page.keyboard.type("Kay Board")
        for field, typed in (
            ("email", "kay@example.com"),
            ("category", "T"),
            ("priority", ""),
            ("subject", "My password"),
            ("message", "How do I reset my password?"),
        ):
            page.keyboard.press("Tab")
            assert _focused(page) == field
            page.keyboard.type(typed)
        assert page.get_by_label("Topic").input_value() == "technical"
        _tab_to(page, "Send request")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="We have your request")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Forgot password").first).to_be_visible(timeout=60_000)
        _tab_to(page, "follow-up")
        page.keyboard.type("And how long is the link valid?")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("And how long is the link valid?").first).to_be_visible()
        _tab_to(page, "Ask for a person")
        page.keyboard.press("Space")
        expect(page.get_by_text("A person will take this up")).to_be_visible()


def _focused(page: Page) -> str:
    """The focused element's name, or else its words."""
    return str(
        page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()")
    )


def _tab_to(page: Page, wanted: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if _focused(page) == wanted:
            outline = page.evaluate(
                "(() => { const s = getComputedStyle(document.activeElement);"
                " return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; })()"
            )
            assert outline, f"{wanted} does not show that it has the focus"
            return
    raise AssertionError(f"{wanted} can't be reached by Tab")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_dead_letters_are_discarded_with_a_reason_or_replayed(
    system: System, browser: Browser, width: int
) -> None:
    with ThreadPoolExecutor(1) as thread:
        # In a thread of its own: the browser's loop runs in this one.
        thread.submit(asyncio.run, _publish_nonsense(system, f"nonsense {width}")).result()
    with window(browser, system, width) as staff:
        sign_in(staff, "ines")
        staff.get_by_role("link", name="Dead letters").click()
        expect(staff.get_by_role("button", name="Discard…").first).to_be_visible()
        look(staff, "console-dead-letters")
        staff.get_by_role("button", name="Discard…").first.click()
        staff.get_by_role("button", name="Discard", exact=True).click()
        expect(staff.get_by_label("Why is it discarded?")).to_be_focused()
        look(staff)
        staff.get_by_label("Why is it discarded?").fill("A test wrote it.")
        staff.get_by_role("button", name="Discard", exact=True).click()
        expect(staff.get_by_role("button", name="Discard…")).to_have_count(0)


async def _publish_nonsense(system: System, value: str) -> None:
    settings = read_settings(settings_file(system.data_dir))
    producer = AIOKafkaProducer(**settings.broker.arguments())
    await producer.start()
    try:
        await producer.send_and_wait(topics.INCOMING, value.encode(), key=value.encode())
    finally:
        await producer.stop()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_other_views_of_the_console_and_the_finder_are_in_order(
    system: System, browser: Browser, width: int
) -> None:
    with window(browser, system, width) as staff:
        staff.goto("/console/")
        look(staff, "console-sign-in")
        sign_in(staff, "marek")
        for view in ("Knowledge", "Metrics", "Alerts"):
            staff.get_by_role("link", name=re.compile(f"^{view}")).click()
            expect(staff.get_by_role("heading", level=2).first).to_be_visible()
            # Not the end of all traffic: the console follows a stream.
            expect(staff.locator(".loading")).to_have_count(0)
            look(staff, f"console-{view.lower()}")
        staff.goto("/ticket/")
        look(staff, "finder")
        staff.goto("/ticket/#TKT-00000000.wrong")
        expect(staff.get_by_text("This request could not be found")).to_be_visible()
        look(staff, "not-found-ticket")
        staff.goto("/nowhere/")
        look(staff, "not-found")


def test_in_the_dark_the_pages_are_in_order_too(system: System, browser: Browser) -> None:
    with window(browser, system, WIDE, color_scheme="dark") as page:
        page.goto("/")
        page.get_by_role("button", name="Send request").click()
        look(page, "form-dark")
        send_form(page, "Dora Dark")
        expect(page.get_by_text("Forgot password").first).to_be_visible(timeout=60_000)
        look(page, "conversation-dark")
        sign_in(page, "ines")
        look(page, "console-dark")


def test_a_person_finds_a_conversation_tags_it_answers_with_a_macro_and_puts_it_off(
    system: System, browser: Browser
) -> None:
    name = f"Greta{secrets.token_hex(3)} Green"
    title = f"Hello {name}"
    with window(browser, system) as customer, window(browser, system) as staff:
        send_form(customer, name)
        expect(customer.get_by_text("Forgot password").first).to_be_visible(timeout=60_000)
        sign_in(staff, "ines")
        staff.get_by_role("link", name="Macros").click()
        staff.get_by_label("Title of a new macro").fill(title)
        staff.get_by_role("form", name="New macro").get_by_label("Text").fill(
            "Hello {name}, {agent} here."
        )
        staff.get_by_role("form", name="New macro").get_by_role("button", name="Save").click()
        expect(staff.get_by_role("form", name=f"Macro {title}")).to_be_visible()
        look(staff, "console-macros")

        staff.get_by_role("link", name="Queue").click()
        staff.keyboard.press("/")
        expect(staff.get_by_label("Search all conversations")).to_be_focused()
        staff.keyboard.type(name)
        staff.get_by_role("link", name=re.compile(name)).click()
        expect(staff.get_by_role("button", name="Take", exact=True)).to_be_visible()
        staff.keyboard.press("t")
        expect(staff.get_by_text("Yours. The assistant is silent.")).to_be_visible()
        staff.get_by_label("Add a tag").fill("Password")
        staff.keyboard.press("Enter")
        expect(staff.get_by_role("button", name="Remove tag password")).to_be_visible()
        staff.get_by_label("Insert a macro").select_option(label=title)
        reply = staff.get_by_label("Reply by")
        expect(reply).to_have_value(re.compile("^Hello.*, ines here"))
        staff.reload()
        expect(reply).to_have_value(re.compile("^Hello.*, ines here"))
        staff.get_by_role("button", name="Send reply").click()
        expect(customer.get_by_text("ines here.")).to_be_visible()
        staff.get_by_label("Snooze").select_option(label="An hour")
        expect(staff.get_by_role("button", name="Wake")).to_be_visible()
        look(staff, "console-snoozed")
        customer.get_by_label("Add to this conversation").fill(
            "One more thing: does it cost anything?"
        )
        customer.get_by_role("button", name="Send message").click()
        expect(staff.get_by_role("button", name="Wake")).to_have_count(0)


def test_a_session_that_ends_asks_over_the_page_and_keeps_what_was_written(
    system: System, browser: Browser
) -> None:
    with window(browser, system) as customer:
        send_form(customer, "Sunniva Berg")
        expect(customer.get_by_text("Forgot password").first).to_be_visible(timeout=60_000)
        customer.get_by_role("button", name="Ask for a person").click()
        expect(customer.get_by_text("A person will take this up")).to_be_visible()
    with window(browser, system) as page:
        sign_in(page, "ines")
        assert page.evaluate("document.cookie") == ""
        assert "key-of-ines" not in page.evaluate(
            "JSON.stringify({...sessionStorage, ...localStorage})"
        )
        open_conversation(page, "Sunniva Berg")
        page.get_by_role("button", name="Take", exact=True).click()
        page.get_by_label(re.compile("^Reply by")).fill("We are looking into it.")
        ended = page.request.delete("/api/v1/staff/session")
        assert ended.status == 204
        dialog = page.get_by_role("dialog", name="Staff console")
        expect(dialog).to_be_visible()
        look(page, "console-session-ended")
        dialog.get_by_label("Staff key").fill(STAFF["ines"])
        dialog.get_by_role("button", name="Sign in").click()
        expect(dialog).to_have_count(0)
        expect(page.get_by_label(re.compile("^Reply by"))).to_have_value("We are looking into it.")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Staff key")).to_be_visible()
