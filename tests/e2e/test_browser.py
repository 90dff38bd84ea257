"""Tests the page as a customer meets it, in a real browser."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.e2e.conftest import System

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cluster,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.parametrize("system", ["embedded"], indirect=True),
]


def test_a_customer_sends_the_form_and_reads_the_answer_on_the_ticket_page(system: System) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 390, "height": 844})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console", lambda line: problems.append(line.text) if line.type == "error" else None
        )
        page.goto(system.run.base_url)
        page.get_by_label("Your name").fill("Bea Browser")
        page.get_by_label("E-mail address").fill("bea@example.com")
        page.get_by_label("Topic").select_option("technical")
        page.get_by_label("Subject").fill("My password")
        page.get_by_label("Message", exact=False).first.fill("Hello, how do I reset my password?")
        page.get_by_role("button", name="Send request").click()
        expect(page.get_by_text("TKT-").first).to_be_visible(timeout=30_000)
        page.get_by_role("link", name="Open the conversation").click()
        expect(page.get_by_text("Forgot password").first).to_be_visible(timeout=60_000)
        browser.close()
    assert problems == []
