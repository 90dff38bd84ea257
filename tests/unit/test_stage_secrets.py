"""Each stage gets the secrets that it uses."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from deployments.settings import Settings, Stage, environment_without_secrets

SECRETS = {
    "database_url": "postgresql://db/x",
    "kafka_sasl_password": "broker's",
    "openai_api_key": "model's",
    "staff_api_keys": "grace:a key of the staff",
    "oidc_client_secret": "of the identity provider",
    "ticket_token_secret": "of the tickets' links",
    "gmail_client_secret": "client's",
    "gmail_refresh_token": "mailbox's",
    "mail_password": "another mailbox's",
    "mail_oauth_token_command": "print-token",
    "twilio_auth_token": "twilio's",
}
MAIL = {"gmail_client_secret", "gmail_refresh_token"}
HELD: dict[Stage, set[str]] = {
    "ingress": {
        "database_url",
        "staff_api_keys",
        "oidc_client_secret",
        "ticket_token_secret",
        "twilio_auth_token",
        *MAIL,
    },
    "relay": {"database_url", "kafka_sasl_password", "ticket_token_secret", *MAIL},
    "agent": {"database_url", "kafka_sasl_password", "openai_api_key"},
    "delivery": {"database_url", "kafka_sasl_password", "twilio_auth_token", *MAIL},
}


@pytest.mark.parametrize("stage", HELD)
def test_a_stage_holds_the_secrets_that_it_uses_and_no_others(stage: Stage) -> None:
    given = {name: SecretStr(text) for name, text in SECRETS.items()}
    settings = Settings(_env_file=None, enabled_channels="web_form,email,whatsapp", **given)
    known = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
    assert known == set(SECRETS), "a new secret needs a stage"
    bound = settings.of_stage(stage)
    held = {name for name in known if getattr(bound, name).get_secret_value()}
    assert held == HELD[stage]
    assert bound.channels == settings.channels


def test_only_stages_that_read_or_send_mail_hold_the_mailboxs_password() -> None:
    settings = Settings(
        _env_file=None, mail_address="support@acme.example", mail_password=SecretStr("hush")
    )
    for stage, is_held in (
        ("ingress", True),
        ("relay", True),
        ("delivery", True),
        ("agent", False),
    ):
        bound = settings.of_stage(stage)  # type: ignore[arg-type]
        assert bool(bound.mail_password.get_secret_value()) == is_held


def test_secrets_are_left_out_of_a_servers_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name.upper(), "secret")
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    environment = environment_without_secrets()
    assert environment["LOG_LEVEL"] == "INFO"
    assert not {name.upper() for name in SECRETS} & set(environment)
