"""Tests a server that is down, slow or refuses: each page says what to do and loses no text."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.browsing import (
    CHROMIUM,
    QUESTION,
    alert,
    chromium,
    fill_form,
    look,
    open_conversation,
    send_form,
    sign_in,
    window,
)
from tests.e2e.conftest import System

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cluster,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.parametrize("system", ["embedded"], indirect=True),
]
FORM = "**/api/v1/support/form"
MOST_SCRIPT_BYTES = 150_000
REFUSALS = {
    400: ({"error": "bad_request", "detail": "Some fields are missing or wrong.",
           "fields": {"email": "is not a valid e-mail address"}}, {}, "Something needs correcting"),
    429: ({"error": "too_many_requests", "detail": "Too many."}, {"Retry-After": "2"}, "in 2 seconds"),
    503: ({"error": "unavailable", "detail": "Away."}, {"Retry-After": "2"}, "counted once"),
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def refuse(page: Page, address: str, status: int) -> None:
    body, headers, _ = REFUSALS[status]
    page.route(
        address,
        lambda route: route.fulfill(
            status=status,
            headers={"Content-Type": "application/json", **headers},
            body=json.dumps(body),
        ),
    )


@pytest.mark.parametrize("status", sorted(REFUSALS))
def test_a_form_that_is_refused_says_what_to_do_and_is_sent_again_as_it_stands(
    system: System, browser: Browser, status: int
) -> None:
    with window(browser, system) as page:
        page.goto("/")
        fill_form(page, f"Fay{status} Fail")
        refuse(page, FORM, status)
        page.get_by_role("button", name="Send request").click()
        expect(alert(page)).to_contain_text(REFUSALS[status][2])
        if status == 400:
            expect(page.get_by_label("E-mail address")).to_be_focused()
            expect(page.get_by_text("is not a valid e-mail address")).to_be_visible()
        look(page, f"form-{status}")
        page.reload()
        expect(page.get_by_label("Message", exact=True)).to_have_value(QUESTION)
        page.unroute(FORM)
        page.get_by_role("button", name="Send request").click()
        expect(page.get_by_role("heading", name="We have your request")).to_be_visible()


def test_a_form_whose_server_is_down_keeps_its_text_and_its_key(
    system: System, browser: Browser
) -> None:
    keys: list[str] = []
    with window(browser, system) as page:
        page.on(
            "request",
            lambda request: (
                keys.append(request.headers["idempotency-key"])
                if request.method == "POST"
                else None
            ),
        )
        page.goto("/")
        fill_form(page, "Olga Off")
        # The server takes it, and its answer never comes back: the worst way to be down.
        page.route(FORM, _swallow_the_answer)
        page.get_by_role("button", name="Send request").click()
        expect(alert(page)).to_contain_text("something went wrong", ignore_case=True)
        look(page, "form-down")
        expect(page.get_by_label("Message", exact=True)).to_have_value(QUESTION)
        page.unroute(FORM)
        page.get_by_role("button", name="Send request").click()
        expect(page.get_by_role("heading", name="We have your request")).to_be_visible()
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert len(system.conversations_of("Olga Off")) == 1


def _swallow_the_answer(route: Route) -> None:
    route.fetch()
    route.fulfill(status=500, body="")


def test_a_page_that_is_offline_says_so_and_goes_on_when_it_is_back(
    system: System, browser: Browser
) -> None:
    with window(browser, system) as page:
        page.goto("/")
        fill_form(page, "Otto Offline")
        page.route(
            FORM, lambda route: route.fulfill(status=200, body="<html>a proxy's page</html>")
        )
        page.get_by_role("button", name="Send request").click()
        expect(alert(page)).to_be_visible()
        page.unroute(FORM)
        expect(page.get_by_label("Message", exact=True)).to_have_value(QUESTION)
        page.get_by_role("button", name="Send request").click()
        expect(page.get_by_role("heading", name="We have your request")).to_be_visible()


def test_a_server_that_takes_ten_seconds_is_waited_for_and_asked_once(
    system: System, browser: Browser
) -> None:
    held: list[Route] = []
    with window(browser, system) as page:
        page.goto("/")
        fill_form(page, "Sloane Slow")
        page.route(FORM, lambda route: held.append(route))
        asked_at = time.monotonic()
        page.get_by_role("button", name="Send request").dblclick()
        expect(page.get_by_text("This takes longer than usual")).to_be_visible()
        expect(page.get_by_role("button", name="Sending…")).to_be_disabled()
        look(page, "form-slow")
        page.wait_for_timeout(max(0, 10_000 - 1000 * (time.monotonic() - asked_at)))
        held[0].continue_()
        expect(page.get_by_role("heading", name="We have your request")).to_be_visible()
    assert len(held) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_follow_up_and_a_staff_reply_survive_a_refusal(
    system: System, browser: Browser, status: int
) -> None:
    name = f"Rhea{status} Retry"
    with window(browser, system) as customer, window(browser, system) as staff:
        send_form(customer, name)
        expect(customer.get_by_text("Forgot password").first).to_be_visible(timeout=60_000)
        refuse(customer, "**/messages", status)
        customer.get_by_label("Add to this conversation").fill("How long is the reset link valid?")
        customer.get_by_role("button", name="Send message").click()
        expect(alert(customer)).to_be_visible()
        expect(customer.get_by_label("Add to this conversation")).to_have_value(
            "How long is the reset link valid?"
        )
        # The page sends it again by itself.
        customer.unroute("**/messages")
        expect(customer.get_by_label("Add to this conversation")).to_have_value("")
        customer.get_by_role("button", name="Ask for a person").click()
        expect(customer.get_by_text("A person will take this up")).to_be_visible()

        sign_in(staff, "marek")
        open_conversation(staff, name)
        staff.get_by_role("button", name="Take", exact=True).click()
        refuse(staff, "**/reply", status)
        staff.get_by_label("Reply by").fill("This is Marek.")
        staff.get_by_role("button", name="Send reply").click()
        expect(alert(staff)).to_be_visible()
        expect(staff.get_by_label("Reply by")).to_have_value("This is Marek.")
        look(staff, f"console-reply-{status}")
        staff.unroute("**/reply")
        staff.get_by_role("button", name="Send reply").click()
        expect(customer.get_by_text("This is Marek.")).to_have_count(1)


def test_without_javascript_the_form_says_what_to_do(system: System) -> None:
    # As served: Chromium under remote control shows no <noscript>, whatever is switched off.
    page = BeautifulSoup(system.client.get(f"{system.run.base_url}/").text, "html.parser")
    notice = page.find("noscript")
    assert notice is not None
    assert "This page needs JavaScript" in notice.get_text()
    assert "write to us by e-mail" in notice.get_text()


def test_at_320_pixels_nothing_is_cut_off(system: System, browser: Browser) -> None:
    with window(browser, system, 320) as page:
        page.goto("/")
        look(page)
        send_form(page, "Tilda Tiny")
        expect(page.get_by_text("Forgot password").first).to_be_visible(timeout=60_000)
        look(page)
        sign_in(page, "ines")
        look(page)


@pytest.mark.parametrize("path", ["/", "/ticket/", "/console/"])
def test_a_page_loads_at_most_150_kb_of_script(system: System, browser: Browser, path: str) -> None:
    sizes: dict[str, int] = {}
    with window(browser, system) as page:
        page.on(
            "response",
            lambda response: (
                sizes.update({response.url: len(gzip.compress(response.body()))})
                if response.request.resource_type == "script"
                else None
            ),
        )
        page.goto(path, wait_until="networkidle")
    print(f"{path}: {sum(sizes.values())} bytes in {len(sizes)} scripts")
    assert 0 < sum(sizes.values()) <= MOST_SCRIPT_BYTES


def test_the_api_docs_are_drawn_without_asking_anybody_else(
    system: System, browser: Browser
) -> None:
    with window(browser, system) as page:
        page.goto("/api/v1/docs")
        expect(page.get_by_text("/api/v1/support/form").first).to_be_visible()
