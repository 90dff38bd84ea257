"""The guide for a new channel names what is there, and every place that lists all channels."""

from __future__ import annotations

import re
from pathlib import Path

from agent.tool_texts import _CHANNEL_NAMES
from database.seed import CHANNEL_CONFIGS
from database.stores.customers import _KINDS
from domain.channels import Channel

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "adding-a-channel.md").read_text(encoding="utf-8")


def test_every_file_that_the_guide_names_is_there() -> None:
    named = set(re.findall(r"`([\w./-]+/[\w./-]*)`", GUIDE))
    own = {one for one in named if one.startswith("channels/chat/")}
    assert own
    assert len(named - own) > 20
    assert [one for one in sorted(named - own) if not (ROOT / one).exists()] == []


def test_every_name_that_the_guide_gives_is_in_the_file_it_gives() -> None:
    for path, names in {
        "domain/channels.py": ["class Channel(", "class ChannelConfig"],
        "domain/identifiers.py": ["def identify_email", "def normalise_phone"],
        "pipeline/delivery_status.py": ["async def record_status"],
        "pipeline/mailbox.py": ["class Mailbox("],
        "domain/ports.py": ["class Sender("],
        "agent/phrases.py": ["_OPENINGS"],
        "web-form/src/words.js": ["CHANNEL"],
    }.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        assert [name for name in names if name not in text] == [], path


def test_every_channel_has_its_seed_its_addresses_and_its_name_for_the_model() -> None:
    every = set(Channel)
    assert {one.channel for one in CHANNEL_CONFIGS} == every
    assert set(_KINDS) == every
    assert set(_CHANNEL_NAMES) == every
