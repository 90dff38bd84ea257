"""Tests what is checked before going live: the use case over stand-ins, a real database and the real API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from deployments.configs.agent import AgentConfig
from deployments.going_live import make_doctor
from deployments.model_probe import probe_model
from deployments.settings import Settings
from domain.company import NO_COMPANY, Company, NotificationRoute, NotificationTarget, Retention
from domain.ports import Vectors
from domain.stores import OpenUnitOfWork
from pipeline.company import change_company
from pipeline.going_live import Check, Checked, Finding, Sample, run_checks
from pipeline.index import Passages, index_articles
from standins import gmail, model, twilio
from standins.serving import serve
from tests.integration.api import AUTH_TOKEN, BASE, GRACE, MAILBOX, PUBLIC_URL, Api

pytestmark = pytest.mark.postgres

SAMPLE = Sample("TechCorp", "product-docs.md")
BRIGHTWELL = Company(
    name="Brightwell Energy",
    support_name="Brightwell Support",
    country="GB",
    retention=Retention(messages="730d", raw_mail="90d", media="365d"),
    notifications=(
        NotificationRoute(
            name="desk",
            on=("handover", "waiting_for_person"),
            to=NotificationTarget(kind="mail", address="desk@brightwell.example"),
        ),
    ),
)


class FixedVectors:
    """Embeds every text alike; no search is made."""

    async def embed_with(self, model_id: str, texts: Sequence[str]) -> Vectors:
        return np.tile(np.eye(1, 384, dtype=np.float32), (len(texts), 1))


@dataclass
class System:
    """A system that is ready for customers, in whose parts a test then changes one."""

    api: Api
    settings: Settings
    open_uow: OpenUnitOfWork

    async def examine(self, **settings: object) -> dict[str, Checked]:
        """What was checked, by name."""
        changed = self.settings.model_copy(update=settings)
        doctor = make_doctor(
            changed,
            self.open_uow,
            SAMPLE,
            partial(probe_model, changed, AgentConfig()),
            lambda: httpx.AsyncClient(transport=httpx.ASGITransport(self.api.app)),
        )
        return {checked.name: checked for checked in await doctor()}

    async def set_profile(self, company: Company) -> None:
        async with self.open_uow() as uow:
            stored = await uow.company.current()
        await change_company(self.open_uow, company, replaces=stored.version, author="tests")

    async def index(self, source: str, *titles: str) -> None:
        articles = [Passages(title, "", ((title, title),)) for title in titles]
        await index_articles(self.open_uow, FixedVectors(), source, articles, "int8:tests")


@pytest.fixture
async def system(api: Api, open_uow: OpenUnitOfWork) -> AsyncIterator[System]:
    account = twilio.create_app(
        auth_token=AUTH_TOKEN,
        from_number="+14155550100",
        webhook_url=f"{PUBLIC_URL}/api/v1/webhooks/whatsapp",
    )
    with (
        serve(gmail.create_app(MAILBOX)) as google,
        serve(account) as at_twilio,
        serve(model.create_app()) as openai,
    ):
        settings = Settings(
            _env_file=None,
            public_base_url=PUBLIC_URL,
            trusted_proxies="10.0.0.0/8",
            staff_api_keys=SecretStr("ann:k3RvQ9sLw2XyT7bN"),
            ticket_token_secret=SecretStr("u8Hd5KqPz1MfW4cJ"),
            sample_company=False,
            enabled_channels="web_form,email,whatsapp",
            openai_base_url=f"{openai}/v1",
            openai_api_key=SecretStr("any"),
            gmail_address=MAILBOX,
            gmail_client_id="id",
            gmail_client_secret=SecretStr("secret"),
            gmail_refresh_token=SecretStr("r"),
            gmail_api_base_url=google,
            gmail_token_uri=f"{google}/token",
            gmail_pubsub_topic="projects/p/topics/gmail",
            gmail_pubsub_audience=f"{PUBLIC_URL}/api/v1/webhooks/gmail",
            gmail_pubsub_service_account="push@project.iam.gserviceaccount.com",
            gmail_pubsub_certs_url=f"{google}/certs",
            twilio_account_sid=twilio.DEFAULT_ACCOUNT_SID,
            twilio_auth_token=SecretStr(AUTH_TOKEN),
            twilio_whatsapp_from="+14155550100",
            twilio_api_base_url=at_twilio,
        )
        made = System(api, settings, open_uow)
        await made.set_profile(BRIGHTWELL)
        await made.index("handbook", "Read your meter")
        async with open_uow() as uow:
            await uow.mailboxes.lock(MAILBOX)
            await uow.mailboxes.save_watch(MAILBOX, datetime.now(UTC) + timedelta(days=7))
            await uow.commit()
        yield made


def wrong(found: dict[str, Checked]) -> dict[str, Sequence[str]]:
    return {name: checked.problems for name, checked in found.items() if not checked.is_well}


async def test_a_system_that_is_ready_has_nothing_left_to_do(system: System) -> None:
    found = await system.examine()
    assert wrong(found) == {}
    assert {"WhatsApp: provider", "WhatsApp: messages come in", "Model"} <= set(found)


async def test_another_address_than_twilios_shows_before_the_first_customer_meets_403(
    system: System,
) -> None:
    found = wrong(await system.examine(public_base_url="https://other.example"))
    [at_twilio] = found["WhatsApp: provider"]
    assert f"callback_url is {PUBLIC_URL}/api/v1/webhooks/whatsapp, not https://other" in at_twilio
    [signed] = found["WhatsApp: messages come in"]
    assert "refuses a call that we signed (403)" in signed
    assert any("GMAIL_PUBSUB_AUDIENCE" in said for said in found["E-mail: messages come in"])
    assert set(found) == {
        "WhatsApp: provider", "WhatsApp: messages come in", "E-mail: messages come in",
    }  # fmt: skip


async def test_without_an_article_and_a_profile_it_says_how_to_import_them(system: System) -> None:
    await system.index("handbook")
    await system.set_profile(NO_COMPANY)
    found = wrong(await system.examine())
    assert set(found) == {
        "Company profile", "Customers in danger", "Retention", "Articles", "Notifications",
    }  # fmt: skip
    assert "company import FILE" in found["Company profile"][0]
    assert "knowledge import FOLDER" in found["Articles"][0]


async def test_the_sample_company_is_a_demo_and_no_business(system: System) -> None:
    await system.index(SAMPLE.source, "Reset your password")
    await system.set_profile(Company(name=SAMPLE.name, support_name="Support"))
    found = wrong(await system.examine())
    assert "leave-demo" in found["Company profile"][0]
    assert "leave-demo" in found["Sample articles"][0]
    assert not {"Company profile", "Sample articles"} & set(
        wrong(await system.examine(sample_company=True))
    )


async def test_each_setting_that_would_fail_customers_is_named(system: System) -> None:
    found = wrong(
        await system.examine(
            public_base_url="",
            trusted_proxies="",
            staff_api_keys=SecretStr("ann:aaaaaaaaaaaaaaaa"),
            ticket_token_secret=SecretStr("short"),
            openai_base_url="http://127.0.0.1:9/v1",
            enabled_channels="web_form",
        )
    )
    assert set(found) == {
        "Public address", "Trusted proxies", "Staff keys", "Ticket secret", "Model", "Notifications: desk",
    }  # fmt: skip
    assert "ann" in found["Staff keys"][0]
    assert "can't be reached" in found["Model"][0]


async def test_a_model_that_the_server_does_not_have_is_named(system: System) -> None:
    await asyncio.to_thread(
        lambda: httpx.post(
            f"{system.settings.openai_base_url.removesuffix('/v1')}/_fail",
            json={"status": 401, "times": 1},
        ).raise_for_status()
    )
    [problem] = wrong(await system.examine())["Model"]
    assert "OPENAI_API_KEY" in problem


async def test_a_check_that_hangs_or_raises_stops_no_other() -> None:
    async def hang() -> Finding:
        await asyncio.Event().wait()
        return Finding("never")

    async def fail() -> Finding:
        raise RuntimeError("a secret of the provider's")

    async def pass_() -> Finding:
        return Finding("fine")

    checks = [Check("hangs", hang), Check("fails", fail), Check("passes", pass_)]
    hung, failed, passed = await run_checks(checks, timedelta(milliseconds=20))
    assert (hung.is_well, failed.is_well, passed.is_well) == (False, False, True)
    assert "within 0.02 s" in hung.problems[0]
    assert "RuntimeError" in failed.problems[0]
    assert "secret" not in failed.problems[0]


async def test_administrators_get_the_same_list_by_the_api(system: System) -> None:
    async def two() -> Sequence[Checked]:
        return [Checked("Model", "none", ()), Checked("Articles", "none", ("Import some.",))]

    answer = await system.api.changed(doctor=two).client.get(f"{BASE}/doctor", headers=GRACE)
    assert answer.json() == {
        "is_ready": False,
        "checks": [
            {"name": "Model", "is_well": True, "seen": "none", "problems": []},
            {"name": "Articles", "is_well": False, "seen": "none", "problems": ["Import some."]},
        ],
    }
