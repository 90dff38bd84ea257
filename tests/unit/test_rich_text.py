"""Tests one reading of Markdown for every channel: HTML, plain text, and what staff are shown beforehand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.registry import channel_configs, preview
from channels.rich_text import to_html, to_plain
from domain.channels import Channel

CONFIGS = {config.channel: config for config in channel_configs()}
REPLY = (
    "Hello,\n\n**Press** [Export](https://x.example/a).\n\n1. Open `a_b`\n2. Save\n\n```\n x\n```"
)


def test_plain_text_has_the_words_and_addresses_and_no_signs() -> None:
    assert to_plain(REPLY) == (
        "Hello,\n\nPress Export (https://x.example/a).\n\n1. Open a_b\n2. Save\n\n x"
    )


def test_html_has_lists_links_and_code() -> None:
    page = to_html(REPLY)
    assert "<strong>Press</strong> <a href=" in page
    assert "<ol>\n<li>Open <code>a_b</code></li>\n<li>Save</li>\n</ol>" in page
    assert "<pre><code> x\n</code></pre>" in page


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "![x](https://tracker.example/p.png)",
        '[x](https://a.example/"onmouseover="alert(1))',
        "```<img src=x onerror=alert(1)>\n```",
        "<svg/onload=alert(1)>",
    ],
)
def test_no_text_becomes_a_tag_of_its_own(text: str) -> None:
    page = to_html(text)
    assert not any(tag in page for tag in ("<script", "<img", "<svg", 'href="java', 'href="data'))
    assert '"onmouseover' not in page


@given(st.text(alphabet="ab *_~`>#-1.\n|[]()<>&\\é日", max_size=120))
def test_every_text_has_a_form_on_every_channel(text: str) -> None:
    for config in CONFIGS.values():
        shown = "".join(preview(text, config).parts)
        assert shown.count("日") == text.count("日")


def test_text_without_signs_stays_as_it_is() -> None:
    text = "Kind regards,\nTechCorp Support\n\nTicket TKT-AB12CD34\n2 * 3 = 6, a_b, C:\\Users"
    assert to_plain(text) == text
    assert preview(text, CONFIGS[Channel.WHATSAPP]).parts == (text,)
    assert preview(text, CONFIGS[Channel.EMAIL]).parts == (text,)


def test_staff_see_each_message_that_a_long_reply_is_sent_in() -> None:
    reply = "\n\n".join(f"**Step {number}** " + "word " * 60 for number in range(12))
    parts = preview(reply, CONFIGS[Channel.WHATSAPP]).parts
    assert len(parts) > 1
    assert all(len(part) <= 1600 and "**" not in part for part in parts)
    assert preview(reply, CONFIGS[Channel.EMAIL]).html == to_html(reply)
