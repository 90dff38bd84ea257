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


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("***now***", "*_now_*"),
        ("___now___ and *soon*", "*_now_* and _soon_"),
        ("~~old~~ new", "~old~ new"),
        ("```\n**x** = __init__\n* a\n# c\n```", "```\n**x** = __init__\n* a\n# c\n```"),
        ("~~~python\n  a = 1\n~~~", "```\n  a = 1\n```"),
        ("Type `**x**` here", "Type `**x**` here"),
        ("the method __init__ fails", "the method __init__ fails"),
        ("if __name__ == '__main__':", "if __name__ == '__main__':"),
        ('[guide](https://x.example/a "Guide")', "guide (https://x.example/a)"),
        ("<https://x.example/a>", "https://x.example/a"),
        ("![shot](https://x.example/p.png)", "shot (https://x.example/p.png)"),
        ("| A | B |\n|---|---|\n| 1 | 2 |", "- 1 – B: 2"),
        ("5 \\* 3 and 1\\. x", "5 * 3 and 1. x"),
        ("on/**off**", "on/*off*"),
        ("un**believ**able", "unbelievable"),
        ("a **b\nc** d", "a *b*\n*c* d"),
        ("- a\n  - b\n    - c\n- d", "- a\n  - b\n    - c\n- d"),
        ("Steps:\n1. one\n2. two\nDone.", "Steps:\n1. one\n2. two\n\nDone."),
        ("> said\n> so\n\nYes.", "> said\n> so\n\nYes."),
        ("- - -\n\nend", "———\n\nend"),
        ("https://x/a*b*c and *d*", "https://x/a*b*c and _d_"),
        ("<b>no tag</b> & more", "<b>no tag</b> & more"),
    ],
)
def test_what_people_and_models_write_is_shown_with_whatsapps_signs(
    markdown: str, shown: str
) -> None:
    assert to_whatsapp_markup(markdown) == shown
