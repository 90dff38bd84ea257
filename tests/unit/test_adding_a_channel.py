"""Checks that the guide for a new channel names what is there, and the rest of the system names no channel's parts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from channels.registry import SPECS, channel_configs, register, transports
from channels.spec import ChannelSettings
from domain.channels import Channel
from domain.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "how-to" / "adding-a-channel.md").read_text(encoding="utf-8")


def test_every_file_that_the_guide_names_is_there() -> None:
    named = set(re.findall(r"`([\w./-]+/[\w./-]*)`", GUIDE))
    named = {path for path in named if not path.startswith("channels/chat/")}
    assert len(named) > 10
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_name_that_the_guide_gives_is_a_field_or_a_class() -> None:
    sources = "".join(
        (ROOT / path).read_text(encoding="utf-8")
        for path in (
            *(
                "channels/spec.py",
                "domain/channels.py",
                "domain/errors.py",
                "domain/identifiers.py",
            ),
            *("domain/messages.py", "domain/ports.py", "pipeline/delivery_status.py"),
            "pipeline/receive.py",
        )
    )
    named = set(re.findall(r"`([A-Z]\w+[a-z]|[a-z]+_[a-z_]+)`", GUIDE)) - {
        "channel_configs",
        "SecretStr",
    }
    assert len(named) > 15
    assert [name for name in sorted(named) if not re.search(rf"\b{name}\b", sources)] == []


def test_every_channel_has_its_configuration_and_its_facts() -> None:
    assert [config.channel for config in channel_configs()] == list(Channel) == list(SPECS)
    for channel in Channel:
        assert SPECS[channel].facts is channel.facts
        assert channel.facts.reply_kinds


def test_a_required_setting_exists_and_the_first_is_the_transports_own() -> None:
    for _, transport in transports():
        groups = [(names,) if isinstance(names, str) else names for names in transport.required]
        named = {name for names in groups for name in names}
        assert named <= transport.setting_names | ChannelSettings.model_fields.keys()
        assert not groups or groups[0][0] in transport.setting_names


def test_two_channels_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError):
        register(SPECS[Channel.EMAIL])


def test_a_name_that_is_not_registered_is_no_channel() -> None:
    with pytest.raises(ValueError, match="must be one of web_form, email, whatsapp"):
        Channel("fax")
    with pytest.raises(AttributeError):
        _ = Channel.FAX


PRODUCT = ("agent", "database", "deployments", "mcp_server", "messaging", "pipeline", "serve_app")


@pytest.mark.parametrize("name", ["EMAIL", "WHATSAPP"])
def test_no_rule_of_the_system_asks_for_a_channel_by_its_name(name: str) -> None:
    asked = re.compile(
        rf"(is|==|in|is not) Channel\.{name}\b|case Channel\.{name}\b|Channel\.{name}:"
    )
    found = [
        str(path.relative_to(ROOT))
        for package in PRODUCT
        for path in (ROOT / package).rglob("*.py")
        if asked.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
