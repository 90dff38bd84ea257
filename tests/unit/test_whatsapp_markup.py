"""Tests Markdown in WhatsApp's own signs."""

from __future__ import annotations

import pytest

from channels.whatsapp.markup import to_whatsapp_markup


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("Press **Export** now.", "Press *Export* now."),
        ("__Note__", "*Note*"),
        ("## How to **export**\nText", "*How to export*\nText"),
        ("See [the guide](https://x.example/a_b).", "See the guide (https://x.example/a_b)."),
        ("[https://x.example](https://x.example)", "https://x.example"),
        ("* one\n* two", "- one\n- two"),
        ("2 * 3 * 4 and a_b_c and snake__case", "2 * 3 * 4 and a_b_c and snake__case"),
        ("https://x.example/a__b__c?d=**", "https://x.example/a__b__c?d=**"),
        ("# 1 of 2", "*1 of 2*"),
        ("#hashtag stays", "#hashtag stays"),
    ],
)
def test_markdown_becomes_what_whatsapp_shows(markdown: str, shown: str) -> None:
    assert to_whatsapp_markup(markdown) == shown
