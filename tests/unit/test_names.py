"""Which names may stand in a greeting or a header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.names import MOST_CHARS, clean_name, usable_name


@pytest.mark.parametrize(
    "name",
    [
        "李", "O", "Ada", "Ada Fox", "Łukasz Żółć", "José María", "O'Brien", "O’Brien", "Anne-Marie",
        "Dr. Ada Lovelace",
        "J. R. R. Tolkien", "Doe, Jane", "Nguyễn Văn A", "محمد علي", "מרים", "Σωκράτης", "Мария Ивановна",
        "ジョン・スミス",
        "김민준", "ไพลิน", "अनन्या", "நிலா", "می\u200cنا", "Gal·la", "Martin Luther King Jr.", "Jane Doe 2",
    ],
)  # fmt: skip
def test_a_name_of_any_script_is_kept(name: str) -> None:
    assert usable_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", "  ", "7", "12", "...", "-", "Account locked go to evil-login.com/reset", "evil.example", "Go to evil.com",
        "evil-login。com", "evil．com", "Urgent visit evil-login.com/reset now", "https://x.y", "a@b",
        "www.evil", "ann@home",
        "Call 0800123", "Call 08", "one two three four five", "Ann \u202eeeL", "Ann\u2066x", "\u200eAnn", "Ann\u200b",
        "Ann\x00",
        "Ann\x1b[31m", "<b>Ann</b>", "{name}", "Ann | Support", "Win!", "50% off", "Ann #1", "$$$", "*bold*", "_Ann_",
        "Ann:", "a/b", "[Ann](x)", "Ann\ufeff", "\u200dAnn", "x" * 61, "evil.1com", "evil..com", "evil .com . x y z",
        "192.168", "Ann\ud800",
    ],
)  # fmt: skip
def test_what_could_be_a_message_an_address_or_hidden_is_no_name(name: str) -> None:
    assert usable_name(name) == ""


def test_blanks_and_line_ends_become_one_space() -> None:
    assert usable_name("  Ada \r\n Fox ") == "Ada Fox"


@given(st.text(max_size=400) | st.text(alphabet="ab.@1 /\u202e\u200c李́", max_size=80))
def test_whatever_is_given_a_usable_name_is_short_and_holds_no_address(name: str) -> None:
    usable = usable_name(name)
    assert len(usable) <= MOST_CHARS
    assert len(usable.split(" ")) <= 4
    assert not set(usable) & set("@/:<>{}[]\u202e\u200b\r\n\t\x00")
    assert usable_name(usable) == usable


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("\u202eevil", "evil"),
        ("Ada\u2066 Fox\u2069", "Ada Fox"),
        ("Ada\x00\x1b[31m\nFox", "Ada[31m Fox"),
        ("  Zoë \t O’Neill ", "Zoë O’Neill"),
        ("李", "李"),
        ("O", "O"),
        ("🌸 Ada", "🌸 Ada"),
        ("\u200f\u200b", ""),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("x" * 500, "x" * 100),
    ],
)
def test_a_senders_name_is_kept_on_one_line_without_hidden_characters(sent: str, kept: str) -> None:
    assert clean_name(sent) == kept
