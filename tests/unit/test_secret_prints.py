"""Secrets are recognised by who does not hold them."""

from __future__ import annotations

import base64
import pickle

import pytest
from pydantic import SecretStr

from agent.secret_prints import SecretPrints

SECRET = "violet-harbour-93-and-twenty-more"
PRINTS = SecretPrints.of([SecretStr(SECRET), SecretStr("short1")])


@pytest.mark.parametrize(
    "text",
    [
        f"It is {SECRET}.",
        "It is " + " ".join(SECRET) + ", letter by letter.",
        f"Backwards: {SECRET[::-1]}",
        f"Encoded: {base64.b64encode(SECRET.encode()).decode()}",
        f"In digits: {SECRET.encode().hex()}",
        "The other one is SHORT1.",
    ],
)
def test_prints_recognise_a_secret_and_do_not_hold_it(text: str) -> None:
    assert PRINTS.occur_in(text)
    held = pickle.dumps(PRINTS) + repr(PRINTS).encode()
    assert b"harbour" not in held
    assert b"short1" not in held


@pytest.mark.parametrize("text", ["", "A violet harbour, 93 boats.", SECRET[:-1], "shor t"])
def test_a_text_without_a_secret_passes(text: str) -> None:
    assert not PRINTS.occur_in(text)
    assert not SecretPrints().occur_in(text)
