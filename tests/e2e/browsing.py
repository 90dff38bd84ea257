"""Drives a real Chromium over the running system, watches for errors and foreign requests, and runs axe-core."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.e2e.conftest import ROOT, STAFF, System

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
WIDE, NARROW = 1280, 390
AXE = ROOT / "web-form" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")
"""A folder to keep pictures of the states in; empty: none are taken."""
FADED = """Promise.allSettled(document.getAnimations()
    .filter((one) => isFinite(one.effect.getComputedTiming().endTime))
    .map((one) => one.finished)).then(() => true)"""
QUESTION = "Hello, how do I reset my password?"
_EXPECTED = re.compile(r"the server responded with a status of (?:4\d\d|50[03])|net::ERR_")
"""What Chromium itself logs of an answer that a test refuses or swallows."""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(browser: Browser, system: System, width: int = WIDE, **options: Any) -> Iterator[Page]:
    """A page in a context of its own. Fails at the end for script errors and requests to others."""
    height = 900 if width >= WIDE else 844
    context = browser.new_context(
        viewport={"width": width, "height": height},
        base_url=system.run.base_url,
        reduced_motion="reduce",
        **options,
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
    problems: list[str] = []
    own = urlsplit(system.run.base_url).netloc
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda line: (
            problems.append(line.text)
            if line.type == "error" and not _EXPECTED.search(line.text)
            else None
        ),
    )
    page.on(
        "request",
        lambda request: (
            problems.append(f"asks {request.url}")
            if urlsplit(request.url).netloc not in ("", own)
            else None
        ),
    )
    try:
        yield page
    finally:
        context.close()
    assert problems == []


def look(page: Page, name: str = "") -> None:
    """No axe violation and nothing wider than the window in the state that is shown now; keeps a picture."""
    # A page that comes alive meanwhile changes colours between two of axe's questions, and a button that was
    # just enabled fades into its own.
    expect(page.locator("[type=submit]:disabled")).to_have_count(0)
    page.evaluate(FADED)
    page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations)"
    )
    told = [
        {"rule": violation["id"], "nodes": [node["html"][:200] for node in violation["nodes"]]}
        for violation in found
    ]
    if SCREENSHOTS and name:
        width = page.viewport_size["width"] if page.viewport_size else 0
        folder = Path(SCREENSHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=width < WIDE)
    assert told == [], f"{name}: {json.dumps(told, indent=1)}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name


def alert(page: Page) -> Locator:
    """What the page tells at once; Next.js keeps an empty alert of its own for routes."""
    return page.locator("[role=alert]:not(#__next-route-announcer__)").first


def fill_form(page: Page, name: str, message: str = QUESTION) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail address").fill(f"{name.split()[0].lower()}@example.com")
    page.get_by_label("Topic").select_option("technical")
    page.get_by_label("Subject").fill("My password")
    page.get_by_label("Message", exact=True).fill(message)


def send_form(page: Page, name: str, message: str = QUESTION) -> None:
    """From the form to the conversation page."""
    page.goto("/")
    fill_form(page, name, message)
    page.get_by_role("button", name="Send request").click()
    expect(page.get_by_role("heading", name="We have your request")).to_be_focused()
    page.get_by_role("link", name="Open the conversation").click()
    expect(page.get_by_role("heading", name="My password")).to_be_visible()


def sign_in(page: Page, staff: str) -> None:
    page.goto("/console/")
    page.get_by_label("Staff key").fill(STAFF[staff])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Queue", exact=True)).to_be_visible()


def open_conversation(page: Page, customer: str) -> None:
    page.get_by_role("link", name=re.compile(customer)).first.click()
    expect(page.get_by_role("heading", name="My password")).to_be_focused()
