"""Lists what to check before going live: settings, public address, model, channels, profile and articles."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial

import httpx
from pydantic import SecretStr

from channels.mailboxes import settings_of, transport_of
from channels.registry import chosen
from channels.spec import Transport, plain
from deployments.identity_provider import IdentityProvider
from deployments.notification_checks import RouteChecks
from deployments.settings import Settings, find_mailbox_secret
from domain.channels import Channel
from domain.errors import StoreUnavailable, SupportError
from domain.records import MailboxRow
from domain.stores import OpenUnitOfWork
from pipeline.going_live import (
    Check,
    Checked,
    Finding,
    Sample,
    company_checks,
    run_checks,
)
from sandbox.limited_answers import limiting_hooks

Doctor = Callable[[], Awaitable[Sequence[Checked]]]
"""Runs every check anew."""

CHECK_LIMIT = timedelta(seconds=12)
_PUBLIC = "/api/v1/company/public"
_LEAST_CHARACTERS = 16
_LEAST_DIFFERENT = 8
"""A secret with fewer different characters was typed, not drawn."""
_MAKE_SECRET = "`openssl rand -base64 24` makes one"  # noqa: S105 - no secret

MODEL = "Model"
"""The check of the language model."""


def make_doctor(
    settings: Settings,
    open_uow: OpenUnitOfWork,
    sample: Sample,
    probe_model: Callable[[], Awaitable[Finding]],
    open_client: Callable[[], httpx.AsyncClient] | None = None,
    limit: timedelta = CHECK_LIMIT,
) -> Doctor:
    """Return the checks of one system as a call.

    Args:
        settings: The system's own, with everything that was generated.
        open_uow: Opens its database.
        sample: The sample company, which may not be seen outside a demo.
        probe_model: Tells whether the language model answers, where its key is held.
        open_client: Makes the client that calls the system at its public address.
        limit: How long each check may take; they run at once.
    """
    routes = RouteChecks(settings, open_uow)

    async def examine() -> Sequence[Checked]:
        async with (open_client or _client)() as client:
            checks = [
                *company_checks(open_uow, sample, is_demo=bool(settings.sample_company)),
                Check("Public address", partial(_public_address, settings, open_uow, client)),
                Check("Staff keys", partial(_staff_keys, settings, open_uow)),
                *_sign_in_checks(settings),
                Check("Ticket secret", partial(_ticket_secret, settings)),
                Check("Trusted proxies", partial(_trusted_proxies, settings)),
                Check(MODEL, probe_model),
                *_channel_checks(settings, open_uow, client),
                *await _mailbox_checks(settings, open_uow),
                *await routes.checks(),
            ]
            return await run_checks(checks, limit)

    return examine


def _client() -> httpx.AsyncClient:
    within_s = CHECK_LIMIT.total_seconds() - 2
    return httpx.AsyncClient(timeout=within_s, event_hooks=limiting_hooks())


async def _public_address(
    settings: Settings, open_uow: OpenUnitOfWork, client: httpx.AsyncClient
) -> Finding:
    base = settings.base_url
    problems = []
    if not settings.public_base_url:
        problems.append("Set PUBLIC_BASE_URL to the https address that customers see.")
    elif not base.startswith("https://"):
        problems.append("PUBLIC_BASE_URL is not https: put a TLS proxy before the system.")
    async with open_uow() as uow:
        stored = await uow.company.current()
    try:
        answer = await client.get(base + _PUBLIC, headers={"Cache-Control": "no-cache"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        what = (
            f"{base} can't be reached from here ({type(error).__name__}): check that the system runs, DNS, the"
            " certificate and the proxy."
        )
        return Finding(base, [*problems, what])
    if answer.status_code != 200:
        problems.append(
            f"{base}{_PUBLIC} answered {answer.status_code}, not 200: the address does not lead to this system."
        )
    elif not _is_own(answer, stored.company.name, stored.version):
        problems.append(
            f"{base} shows another company profile than version {stored.version} of {stored.company.name}: it"
            " leads to another system, or a cache keeps the answer for longer than 5 s."
        )
    return Finding(base, problems)


def _is_own(answer: httpx.Response, name: str, version: int) -> bool:
    try:
        shown = answer.json()
    except ValueError:
        return False
    tag = answer.headers.get("etag", "").removeprefix("W/").strip('"')
    return isinstance(shown, dict) and shown.get("name") == name and tag == str(version)


async def _staff_keys(settings: Settings, open_uow: OpenUnitOfWork) -> Finding:
    keys = settings.staff_keys
    weak = [name for name, key in keys.items() if _is_weak(key)]
    async with open_uow() as uow:
        accounts = await uow.staff_accounts.list()
    seen = f"{len(keys)} in STAFF_API_KEYS, {len(accounts)} accounts"
    problems = []
    if weak:
        problems.append(f"The key of {', '.join(weak)} can be guessed: {_MAKE_SECRET}.")
    if not (keys or accounts or settings.has_identity_provider):
        problems.append(
            "Nobody can sign in: `python -m serve_app staff add NAME --role admin` prints a key."
        )
    return Finding(seen, problems)


def _sign_in_checks(settings: Settings) -> Iterator[Check]:
    if settings.has_identity_provider:
        yield Check("Staff sign-in", partial(_staff_sign_in, settings))


async def _staff_sign_in(settings: Settings) -> Finding:
    return Finding(settings.oidc_issuer, await IdentityProvider(settings).problems())


async def _ticket_secret(settings: Settings) -> Finding:
    if _is_weak(settings.ticket_token_secret):
        what = f"TICKET_TOKEN_SECRET is empty or can be guessed: {_MAKE_SECRET}. Earlier links become void."
        return Finding("signs the links to tickets", [what])
    return Finding("signs the links to tickets")


def _is_weak(secret: SecretStr) -> bool:
    text = secret.get_secret_value()
    return len(text) < _LEAST_CHARACTERS or len(set(text)) < _LEAST_DIFFERENT


async def _trusted_proxies(settings: Settings) -> Finding:
    named = [part.strip() for part in settings.trusted_proxies.split(",") if part.strip()]
    problems = []
    if not named and settings.proxies:
        problems.append(
            "Set TRUSTED_PROXIES to the addresses of your TLS proxy: as long as it is empty, whoever is in a private"
            " network can pretend to be any caller."
        )
    elif not named:
        problems.append(
            "Set TRUSTED_PROXIES to the addresses of your TLS proxy: without it everyone behind the proxy counts as"
            " one caller, and one of them can use up all requests."
        )
    elif any(ipaddress.ip_network(part).prefixlen == 0 for part in named):
        problems.append(
            "TRUSTED_PROXIES believes everybody's X-Forwarded-For: name the proxy's own addresses."
        )
    return Finding(settings.proxies or "none", problems)


def _channel_checks(
    settings: Settings, open_uow: OpenUnitOfWork, client: httpx.AsyncClient
) -> Iterator[Check]:
    for channel in Channel:
        if channel not in settings.channels:
            continue
        transport, label = chosen(channel, settings), channel.facts.label
        if check := transport.check_connection:
            asked = partial(check, settings)
            yield Check(f"{label}: provider", partial(_find, _provider(settings, transport), asked))
        if check_templates := transport.check_templates:
            approved = partial(check_templates, settings, open_uow)
            seen = "those in use have to be approved"
            yield Check(f"{label}: templates", partial(_find, seen, approved))
        if check_intake := transport.check_intake:
            paths = ", ".join(f"/api/v1/webhooks{webhook.path}" for webhook in transport.webhooks)
            called = partial(check_intake, settings, client, open_uow)
            yield Check(f"{label}: messages come in", partial(_find, paths, called))


async def _mailbox_checks(settings: Settings, open_uow: OpenUnitOfWork) -> list[Check]:
    """Return the check of each mailbox that is a row: both logins, or that its secret is missing."""

    async def ask(row: MailboxRow) -> Finding:
        channel, transport = transport_of(row.kind)
        if channel not in settings.channels or transport.check_connection is None:
            return Finding("not read", [f"The channel {channel.facts.label} is off."])
        try:
            of_row = settings_of(row, settings, find_mailbox_secret)
        except SupportError as error:
            return Finding(row.kind, [f"{error}."])
        return Finding(row.kind, await transport.check_connection(of_row))

    try:
        async with open_uow() as uow:
            rows = await uow.mailboxes.list()
    except StoreUnavailable:
        return []  # The checks of the profile tell of it.
    return [Check(f"Mailbox {row.address}", partial(ask, row)) for row in rows]


async def _find(seen: str, problems: Callable[[], Awaitable[Sequence[str]]]) -> Finding:
    return Finding(seen, await problems())


def _provider(settings: Settings, transport: Transport) -> str:
    """Name who is asked: a stand-in may pass every check, and still no customer is reached."""
    who = transport.component or "the provider"
    is_local = any(
        str(plain(getattr(settings, name))).startswith("http://127.0.0.1")
        for name in transport.setting_names
        if name.endswith("_api_base_url")
    )
    return f"a server of this machine in the place of {who}" if is_local else who
