"""The guide for a new channel names what is there, and every place that lists all channels."""

from __future__ import annotations

import re
from pathlib import Path

from agent.tool_texts import _CHANNEL_NAMES
from database.seed import CHANNEL_CONFIGS
from database.stores.customers import _KINDS
from domain.channels import Channel
from pipeline.alerts import _NAMES
from pipeline.digest_text import _CHANNELS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "how-to" / "adding-a-channel.md").read_text(encoding="utf-8")


def test_every_file_that_the_guide_names_is_there() -> None:
    named = set(re.findall(r"`([\w./-]+/[\w./-]*)`", GUIDE))
    own = {one for one in named if one.startswith("channels/chat/")}
    assert own
    assert len(named - own) > 20
    assert [one for one in sorted(named - own) if not (ROOT / one).exists()] == []


def test_every_name_that_the_guide_gives_is_in_the_file_it_gives() -> None:
    for path, names in {
        "domain/channels.py": ["class Channel(", "class ChannelConfig"],
        "domain/identifiers.py": ["def identify_email", "def identify_phone"],
        "pipeline/delivery_status.py": ["async def record_status"],
        "pipeline/mailbox.py": ["class Mailbox("],
        "domain/ports.py": ["class Sender("],
        "agent/phrases.py": ["_OPENINGS"],
        "deployments/ingress.py": ["def _checks", "ApiContext("],
        "tests/integration/api.py": ["def make_context"],
        "kuberay/base/secrets.example.yaml": ["TWILIO_AUTH_TOKEN"],
        "compose.yaml": ["TWILIO_AUTH_TOKEN"],
        ".env.example": ["TWILIO_AUTH_TOKEN"],
        "Makefile": ["api-reference:"],
        "web-form/src/words.ts": ["CHANNEL"],
    }.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        assert [name for name in names if name not in text] == [], path


def test_every_channel_has_its_seed_its_addresses_and_its_names() -> None:
    every = set(Channel)
    assert {one.channel for one in CHANNEL_CONFIGS} == every
    assert set(_KINDS) == every
    assert set(_CHANNEL_NAMES) == every
    assert set(_NAMES) == every
    assert set(_CHANNELS) == every
    words = (ROOT / "web-form" / "src" / "words.ts").read_text(encoding="utf-8")
    in_the_pages = re.search(r"CHANNEL: [^=]+= \{(.*?)\}", words, re.DOTALL)
    assert in_the_pages is not None
    assert set(re.findall(r"(\w+):", in_the_pages[1])) == every
