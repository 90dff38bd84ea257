"""Tests the environment, read once: what is missing is said at once, secrets are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.settings import Settings, read_settings
from domain.channels import Channel
from domain.errors import ConfigurationError
from domain.principals import Role

COMPLETE = {
    "DATABASE_URL": "postgresql://db/fte",
    "KAFKA_BOOTSTRAP_SERVERS": "broker:9092",
    "STAFF_API_KEYS": "grace:one key of sixteen, henry : two:parts of one key ,",
    "TICKET_TOKEN_SECRET": "sixteen letters!",
}
GMAIL = {
    "GMAIL_ADDRESS": "support@techcorp.example",
    "GMAIL_CLIENT_ID": "id",
    "GMAIL_CLIENT_SECRET": "hush",
    "GMAIL_REFRESH_TOKEN": "hush",
    "GMAIL_PUBSUB_TOPIC": "projects/p/topics/t",
    "GMAIL_PUBSUB_AUDIENCE": "https://support.example",
    "GMAIL_PUBSUB_SERVICE_ACCOUNT": "push@p.example",
}
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "new, old",
    "TWILIO_WHATSAPP_FROM": "+14155550100",
    "PUBLIC_BASE_URL": "https://support.example/",
}


@pytest.fixture(autouse=True)
def _an_empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def read(monkeypatch: pytest.MonkeyPatch, *parts: dict[str, str]) -> Settings:
    for part in parts:
        for name, value in part.items():
            monkeypatch.setenv(name, value)
    return read_settings()


def test_all_that_is_missing_is_said_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch, {"ENABLED_CHANNELS": "web_form,email,whatsapp", "TICKET_TOKEN_SECRET": "short"}
    )
    with pytest.raises(ConfigurationError) as refusal:
        settings.require_complete()
    for name in {*COMPLETE, *GMAIL, *TWILIO} - {"STAFF_API_KEYS"}:
        assert name in str(refusal.value)


def test_an_identity_provider_names_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not read(monkeypatch, COMPLETE).has_identity_provider
    settings = read(monkeypatch, COMPLETE, {"OIDC_ISSUER": "https://id.acme.example/"})
    assert settings.missing() == ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"]
    assert settings.has_identity_provider


@pytest.mark.parametrize(
    "issuer", ["http://id.acme.example", "id.acme.example", "https://", "ftp://id.acme.example"]
)
def test_an_identity_provider_is_spoken_to_by_https_or_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, issuer: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"OIDC_ISSUER.*https"):
        read(monkeypatch, COMPLETE, {"OIDC_ISSUER": issuer})
    read(monkeypatch, COMPLETE, {"OIDC_ISSUER": "http://127.0.0.1:9400"})


def test_values_of_the_role_claim_are_named_by_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    roles = "CN=Leads = admin, support=agent"
    settings = read(monkeypatch, COMPLETE, {"OIDC_ROLES": roles})
    assert settings.oidc_role_names == {"cn=leads": Role.ADMIN, "support": Role.AGENT}
    with pytest.raises(ConfigurationError, match="support=boss: write value=role"):
        read(monkeypatch, COMPLETE, {"OIDC_ROLES": "support=boss"})


def test_any_mailbox_in_place_of_gmail_names_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, COMPLETE, {"MAIL_ADDRESS": "support@acme.example"})
    assert settings.missing() == [
        "MAIL_IMAP_URL",
        "MAIL_SMTP_URL",
        "MAIL_PASSWORD or MAIL_OAUTH_TOKEN_COMMAND",
    ]
    with_token = {
        "MAIL_IMAP_URL": "imaps://imap.acme.example",
        "MAIL_SMTP_URL": "smtp://smtp.acme.example",
        "MAIL_OAUTH_TOKEN_COMMAND": "print-token --fresh",
    }
    complete = read(monkeypatch, with_token)
    assert complete.missing() == []
    assert complete.channels == {Channel.WEB_FORM, Channel.EMAIL}


def test_a_channel_that_is_not_named_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, COMPLETE, {"ENABLED_CHANNELS": "web_form"})
    settings.require_complete()
    assert settings.channels == {Channel.WEB_FORM}


def test_everything_set_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch, COMPLETE, GMAIL, TWILIO, {"ENABLED_CHANNELS": " email , whatsapp "}
    )
    settings.require_complete()
    assert settings.channels == {Channel.EMAIL, Channel.WHATSAPP}


@pytest.mark.parametrize(
    ("given", "channels"),
    [
        ({}, {"web_form"}),
        ({"GMAIL_CLIENT_ID": "id"}, {"web_form", "email"}),
        ({"TWILIO_AUTH_TOKEN": "hush"}, {"web_form", "whatsapp"}),
    ],
)
def test_unnamed_channels_are_the_form_and_those_with_a_setting_of_their_own(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], channels: set[str]
) -> None:
    settings = read(monkeypatch, COMPLETE, given)
    assert settings.channels == channels
    assert bool(settings.missing()) is (len(channels) > 1)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"ENABLED_CHANNELS": "web_form,fax"}, ["ENABLED_CHANNELS", "fax"]),
        ({"API_PORT": "eighty", "DASHBOARD_PORT": "0"}, ["API_PORT", "DASHBOARD_PORT"]),
        ({"LOG_LEVEL": "LOUD"}, ["LOG_LEVEL", "'DEBUG'", "'CRITICAL'"]),
    ],
)
def test_what_can_not_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], names: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        read(monkeypatch, given)
    assert all(name in str(refusal.value) for name in names)


def test_keys_and_tokens_are_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, COMPLETE, TWILIO)
    keys = {name: key.get_secret_value() for name, key in settings.staff_keys.items()}
    assert keys == {"grace": "one key of sixteen", "henry": "two:parts of one key"}
    assert [token.get_secret_value() for token in settings.twilio_auth_tokens] == ["new", "old"]


@pytest.mark.parametrize("keys", ["bob:b", "grace:one key of sixteen,bob:fifteen letters"])
def test_a_staff_key_that_can_be_guessed_refuses_the_start_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        read(monkeypatch, COMPLETE, {"STAFF_API_KEYS": keys})
    for words in ("STAFF_API_KEYS", "bob", "16 characters", "openssl rand"):
        assert words in str(refusal.value)
    assert "fifteen letters" not in str(refusal.value)
    assert "grace" not in str(refusal.value)


@pytest.mark.parametrize(("given", "level"), [({}, None), ({"LOG_LEVEL": "debug"}, "DEBUG")])
def test_a_log_level_is_read_whatever_its_case(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], level: str | None
) -> None:
    assert read(monkeypatch, given).log_level == level


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, COMPLETE, GMAIL, TWILIO)
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        for secret in ("one key", "hush", "sixteen letters", "new, old"):
            assert secret not in shown


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("API_PORT=1111\nOPENAI_MODEL=from-file\nUNKNOWN=1\n")
    settings = read(monkeypatch, {"API_PORT": "2222"})
    assert (settings.port, settings.openai_model) == (2222, "from-file")
    assert settings.base_url == "http://127.0.0.1:2222"
    assert read(monkeypatch, {"HTTP_PORT": "3333"}).port == 3333
    assert read(monkeypatch, TWILIO).base_url == "https://support.example"


def test_another_process_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, COMPLETE, GMAIL, TWILIO)
    environment = settings.as_environment()
    again = read(monkeypatch, environment)
    assert again.model_dump(exclude={"data_dir", "web_pages"}) == settings.model_dump(
        exclude={"data_dir", "web_pages"}
    )
    assert again.data_dir == settings.data_dir.absolute()


@pytest.mark.parametrize(
    ("given", "has_model"),
    [({}, False), ({"OPENAI_API_KEY": "k"}, True), ({"OPENAI_BASE_URL": "http://x"}, True)],
)
def test_a_model_is_there_with_a_key_or_an_address(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], has_model: bool
) -> None:
    assert read(monkeypatch, given).has_model is has_model


def test_the_example_names_every_setting_and_no_other() -> None:
    example = Path(__file__).parents[2] / ".env.example"
    named = [line.partition("=") for line in example.read_text().splitlines() if "=" in line]
    named = [parts for parts in named if not parts[0].startswith("#")]
    assert {name for name, _, _ in named} == {name.upper() for name in Settings.model_fields}
    assert not any(value for _, _, value in named), "an example carries no values"


@pytest.mark.parametrize(
    ("given", "believed"),
    [
        ({}, ""),
        ({"PUBLIC_BASE_URL": "http://127.0.0.1:8000"}, ""),
        ({"PUBLIC_BASE_URL": "https://support.example"}, "10.0.0.0/8"),
        ({"TRUSTED_PROXIES": "203.0.113.1"}, "203.0.113.1"),
        ({"PUBLIC_BASE_URL": "https://support.example", "TRUSTED_PROXIES": "203.0.113.1"}, "203.0.113.1"),
    ],
)  # fmt: skip
def test_where_a_proxy_ends_tls_its_address_is_nobodys(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], believed: str
) -> None:
    proxies = read(monkeypatch, given).proxies
    assert believed in proxies
    assert bool(proxies) is bool(believed)
