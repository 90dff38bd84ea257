"""Signs staff in at a real OpenID Connect provider, oidc-provider-mock as it is and the identity stand-in around it."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import asyncpg
import httpx
import oidc_provider_mock
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from pydantic import SecretStr

from deployments.api.session_cookie import SessionCookie
from deployments.identity_provider import IdentityProvider
from deployments.settings import Settings
from standins.identity import create_app
from standins.serving import serve
from tests.integration.api import BASE, GRACE, Api

# The provider's package calls what its own library announced to remove; both are pinned.
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]
HERE = "http://testserver"
LOGIN = f"{BASE}/staff/oidc/login"
Json = dict[str, Any]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_words: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def plain_provider() -> Iterator[str]:
    """The package's own server, with nothing of ours around it."""
    users = [
        oidc_provider_mock.User(
            sub="anna", claims={"name": "Anna", "email": "anna@acme.example", "role": "agent"}
        )
    ]
    server = make_server("127.0.0.1", 0, oidc_provider_mock.app(user_claims=users), handler_class=_Quiet)  # fmt: skip
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with serve(create_app({"anna": "agent", "ada": "admin"})) as url:
        yield url


def settings_for(issuer: str, **more: str) -> Settings:
    return Settings(
        _env_file=None,
        public_base_url=HERE,
        oidc_issuer=issuer,
        oidc_client_id="console",
        oidc_client_secret=SecretStr("hush"),
        **more,
    )


def signing_in_at(api: Api, issuer: str, **more: str) -> Api:
    provider = IdentityProvider(settings_for(issuer, **more))
    return api.changed(provider=provider, cookie=SessionCookie(HERE))


async def start(api: Api, then: str = "") -> str:
    """Return the provider's address to which the console sends the browser."""
    answer = await api.client.get(LOGIN, params={"then": then} if then else {})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


async def choose(page: str, **form: str) -> str:
    """Do at the provider what a person does there; return where it sends the browser."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.post(page, data=form)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"]).removeprefix(HERE)


async def come_back(api: Api, address: str, **headers: str) -> httpx.Response:
    return await api.client.get(address, headers=headers)


@pytest.mark.parametrize("provider", ["plain_provider", "issuer"])
async def test_whom_the_provider_vouches_for_is_signed_in_with_the_role_of_the_claim(
    api: Api, provider: str, request: pytest.FixtureRequest
) -> None:
    api = signing_in_at(api, request.getfixturevalue(provider))
    ways = (await api.client.get(f"{BASE}/staff/sign-in")).json()
    assert ways == {"provider": "127.0.0.1", "url": HERE + LOGIN}
    answer = await come_back(api, await choose(await start(api, "queue/7"), sub="anna"))
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{HERE}/console/#/queue/7"
    told = (await api.client.get(f"{BASE}/staff/session")).json()
    assert (told["name"], told["role"]) == ("Anna", "agent")
    refused = await api.client.get(f"{BASE}/staff/accounts")
    assert refused.status_code == 403
    accounts = (await api.client.get(f"{BASE}/staff/accounts", headers=GRACE)).json()["accounts"]
    assert [(one["name"], one["signs_in_by"]) for one in accounts] == [("Anna", "provider")]


async def test_the_request_carries_pkce_state_and_nonce_and_the_secret_stays_here(
    api: Api, issuer: str
) -> None:
    api = signing_in_at(api, issuer)
    answer = await api.client.get(LOGIN)
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    asked = {name: values[0] for name, values in query.items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{HERE}{BASE}/staff/oidc/callback"
    assert asked["scope"] == "openid profile email"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20
    assert "hush" not in str(answer.headers)
    cookie = answer.headers["set-cookie"].lower()
    for attribute in ("httponly", "samesite=lax", "max-age=600"):
        assert attribute in cookie


async def test_the_role_follows_the_provider_and_the_name_stays(api: Api, issuer: str) -> None:
    api = signing_in_at(api, issuer)
    async with httpx.AsyncClient(base_url=issuer) as control:
        for role, name in (("editor", "Ada"), ("viewer", "Ada Lovelace")):
            await control.put("/users/ada", json={"role": role, "name": name})
            await come_back(api, await choose(await start(api), sub="ada"))
            told = (await api.client.get(f"{BASE}/staff/session")).json()
            assert (told["name"], told["role"]) == ("Ada", role)
    accounts = (await api.client.get(f"{BASE}/staff/accounts", headers=GRACE)).json()["accounts"]
    assert len(accounts) == 1


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml"])
async def test_whom_the_provider_grants_no_role_is_refused(
    api: Api, issuer: str, accept: str, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    api = signing_in_at(api, issuer)
    back = await choose(await start(api), sub="stranger")
    answer = await come_back(api, back, Accept=accept)
    if accept == "*/*":
        assert answer.status_code == 403
        assert answer.json()["error"] == "forbidden"
        assert "no role" in answer.json()["detail"]
    else:
        assert answer.headers["location"] == f"{HERE}/console/?refused=no_role"
    assert (await api.client.get(f"{BASE}/staff/session")).status_code == 401
    assert await owner.fetchval("SELECT count(*) FROM staff_accounts") == 0


async def test_values_of_the_claim_are_named_and_may_be_nested(api: Api, issuer: str) -> None:
    api = signing_in_at(
        api, issuer, oidc_role_claim="realm_access.roles", oidc_roles="support-leads=editor"
    )
    async with httpx.AsyncClient(base_url=issuer) as control:
        claims = {"name": "Lee", "realm_access": {"roles": ["offline", "viewer", "Support-Leads"]}}
        await control.put("/users/lee", json=claims)
    await come_back(api, await choose(await start(api), sub="lee"))
    assert (await api.client.get(f"{BASE}/staff/session")).json()["role"] == "editor"


async def test_a_namesake_gets_a_name_of_their_own(api: Api, issuer: str) -> None:
    api = signing_in_at(api, issuer)
    async with httpx.AsyncClient(base_url=issuer) as control:
        claims = {"name": "Grace", "email": "g@acme.example", "role": "agent"}
        await control.put("/users/g", json=claims)
    await come_back(api, await choose(await start(api), sub="g"))
    told = (await api.client.get(f"{BASE}/staff/session")).json()
    assert told["name"] == "Grace (g@acme.example)"


async def test_a_withdrawn_account_is_refused_until_it_is_let_in_again(
    api: Api, issuer: str
) -> None:
    api = signing_in_at(api, issuer)
    await come_back(api, await choose(await start(api), sub="anna"))
    told = (await api.client.get(f"{BASE}/staff/session")).json()
    path = f"{BASE}/staff/accounts/{told['account_id']}"
    for act, body in (("rotate", None), ("", {"role": "admin"})):
        method = "POST" if act else "PATCH"
        refused = await api.client.request(
            method, f"{path}/{act}".rstrip("/"), json=body, headers=GRACE
        )
        assert refused.status_code == 409, refused.text
        assert "identity provider" in refused.json()["detail"]
    assert (await api.client.delete(path, headers=GRACE)).status_code == 204
    assert (await api.client.get(f"{BASE}/staff/session")).status_code == 401
    answer = await come_back(api, await choose(await start(api), sub="anna"))
    assert answer.status_code == 403
    assert answer.json()["detail"] == "Your account was withdrawn."
    again = await api.client.post(f"{path}/reinstate", headers=GRACE)
    assert again.json()["withdrawn_at"] is None
    answer = await come_back(api, await choose(await start(api), sub="anna"))
    assert answer.status_code == 302
    assert (await api.client.get(f"{BASE}/staff/session")).json()["name"] == "Anna"


async def test_a_callback_that_nobody_here_started_signs_nobody_in(api: Api, issuer: str) -> None:
    api = signing_in_at(api, issuer)
    back = await choose(await start(api), sub="anna")
    for cookie in ("", "staff_oidc=", "staff_oidc=e30="):
        api.client.cookies.clear()
        refused = await come_back(api, back, Cookie=cookie)
        assert refused.status_code == 403
        assert "begin again" in refused.json()["detail"]
    await start(api)  # Another sign-in in the same browser: another state.
    assert (await come_back(api, back)).status_code == 403
    assert (await api.client.get(f"{BASE}/staff/session")).status_code == 401


async def test_a_code_signs_in_once_and_only_with_its_verifier(api: Api, issuer: str) -> None:
    api = signing_in_at(api, issuer)
    back = await choose(await start(api), sub="anna")
    kept = dict(api.client.cookies)
    assert (await come_back(api, back)).status_code == 302
    api.client.cookies.clear()
    replayed = await come_back(api, back, Cookie=f"staff_oidc={kept['staff_oidc']}")
    assert replayed.status_code == 403
    assert (await api.client.get(f"{BASE}/staff/session")).status_code == 401


async def test_who_declines_at_the_provider_comes_back_to_the_sign_in(
    api: Api, issuer: str
) -> None:
    api = signing_in_at(api, issuer)
    back = await choose(await start(api), action="deny")
    answer = await come_back(api, back, Accept="text/html")
    assert answer.headers["location"] == f"{HERE}/console/?refused=denied"


async def test_a_place_after_the_sign_in_is_a_page_of_the_console(api: Api, issuer: str) -> None:
    api = signing_in_at(api, issuer)
    for place in ("//evil.example", "https://evil.example", "queue?x=1"):
        answer = await api.client.get(LOGIN, params={"then": place})
        if answer.status_code == 302:
            back = await choose(str(answer.headers["location"]), sub="anna")
            assert (await come_back(api, back)).headers["location"].startswith(f"{HERE}/console/#/")
        else:
            assert answer.status_code == 400


async def test_a_provider_that_is_away_is_said_and_keys_still_open(api: Api, issuer: str) -> None:
    dead = signing_in_at(api, "http://127.0.0.1:9")
    refused = await dead.client.get(LOGIN)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    shown = await dead.client.get(LOGIN, headers={"Accept": "text/html"})
    assert shown.headers["location"] == f"{HERE}/console/?refused=away"
    assert (await dead.client.get(f"{BASE}/staff/session", headers=GRACE)).status_code == 200
    api = signing_in_at(api, issuer)
    back = await choose(await start(api), sub="anna")
    async with httpx.AsyncClient(base_url=issuer) as control:
        await control.post("/_fail", json={"status": 503})
        assert (await come_back(api, back)).status_code in (403, 503)
        await control.delete("/_fail")


async def test_without_a_provider_its_calls_are_absent(api: Api) -> None:
    for call in ("login", "callback"):
        assert (await api.client.get(f"{BASE}/staff/oidc/{call}")).status_code == 404


async def test_the_doctor_says_what_keeps_staff_out(
    issuer: str, forging: tuple[ForgingProvider, str]
) -> None:
    assert await IdentityProvider(settings_for(issuer)).problems() == []
    [problem] = await IdentityProvider(settings_for("http://127.0.0.1:9")).problems()
    assert "OIDC_ISSUER" in problem
    provider, url = forging
    provider.named = "https://id.acme.example"
    [problem] = await IdentityProvider(settings_for(url)).problems()
    assert "write it the same way" in problem


class ForgingProvider:
    """A provider whose ID token a test forges."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.header: Json = {"alg": "RS256", "kid": "1"}
        self.signing: Any = self.key
        self.changes: Json = {}
        self.nonce = ""
        self.named = ""
        self.algorithms = ["RS256", "HS256", "none"]
        self.told: Json = {"sub": "anna", "role": "admin"}

    def app(self) -> Any:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        async def describe(request: Request) -> Json:
            base = str(request.base_url).rstrip("/")
            self.issuer = base
            return {
                "issuer": self.named or base,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "userinfo_endpoint": f"{base}/userinfo",
                "jwks_uri": f"{base}/keys",
                "id_token_signing_alg_values_supported": self.algorithms,
            }

        @app.get("/keys")
        async def keys() -> Json:
            return dict(KeySet([self.key]).as_dict(private=False))

        @app.get("/userinfo")
        async def userinfo() -> Json:
            return self.told

        @app.post("/token")
        async def token(request: Request) -> Json:
            form = await request.form()
            assert form["code_verifier"]
            claims: Json = {
                "iss": self.issuer,
                "aud": "console",
                "sub": "anna",
                "iat": int(time.time()),
                "exp": int(time.time()) + 300,
                "nonce": self.nonce,
                "role": "agent",
            }
            claims = {k: v for k, v in {**claims, **self.changes}.items() if v is not None}
            if self.header["alg"] == "none":
                parts = (json.dumps(part).encode() for part in (self.header, claims))
                encoded = ".".join(
                    [*(urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""]
                )
                return {"access_token": "a", "token_type": "Bearer", "id_token": encoded}
            encoded = jwt.encode(self.header, claims, self.signing, algorithms=[self.header["alg"]])
            return {"access_token": "a", "token_type": "Bearer", "id_token": encoded}

        return app


@pytest.fixture
def forging() -> Iterator[tuple[ForgingProvider, str]]:
    provider = ForgingProvider()
    with serve(provider.app()) as url:
        yield provider, url


async def finish(api: Api, provider: ForgingProvider, url: str) -> httpx.Response:
    """Come back from the provider with a code; the ID token is what the test made of it."""
    api = signing_in_at(api, url)
    asked = parse_qs(urlsplit(await start(api)).query)
    provider.nonce = asked["nonce"][0]
    assert asked["code_challenge"][0] != create_s256_code_challenge("")
    return await come_back(api, f"{BASE}/staff/oidc/callback?code=c&state={asked['state'][0]}")


OF_ANOTHER_SIGN_IN: list[Json] = [
    {"iss": "https://evil.example"},
    {"iss": None},
    {"aud": "another client", "azp": "console"},
    {"aud": ["another client"]},
    {"aud": None},
    {"azp": "another client"},
    {"nonce": "another"},
    {"nonce": None},
    {"exp": 1_600_000_000},
    {"exp": None},
    {"sub": None},
]


async def test_an_id_token_that_is_not_for_this_sign_in_is_refused(
    api: Api, forging: tuple[ForgingProvider, str]
) -> None:
    provider, url = forging
    for provider.changes in OF_ANOTHER_SIGN_IN:
        refused = await finish(api, provider, url)
        assert refused.status_code == 403, (provider.changes, refused.text)
    provider.changes = {}
    assert (await finish(api, provider, url)).status_code == 302


async def test_an_id_token_that_the_provider_did_not_sign_is_refused(
    api: Api, forging: tuple[ForgingProvider, str]
) -> None:
    provider, url = forging
    forged: list[tuple[Json, Any]] = [
        ({"alg": "RS256", "kid": "1"}, RSAKey.generate_key(2048)),
        ({"alg": "RS256", "kid": "2"}, provider.key),
        # The library that signs here refuses the public key itself as a shared secret.
        ({"alg": "HS256", "kid": "1"}, OctKey.import_key("hush hush hush hush hush hush hush")),
        ({"alg": "HS256"}, OctKey.import_key("hush hush hush hush hush hush hush")),
        ({"alg": "none"}, None),
    ]
    for provider.header, provider.signing in forged:
        refused = await finish(api, provider, url)
        assert refused.status_code == 403, (provider.header, refused.text)


async def test_a_role_that_the_userinfo_endpoint_tells_counts_for_the_same_person(
    api: Api, forging: tuple[ForgingProvider, str]
) -> None:
    provider, url = forging
    provider.changes = {"role": None}
    assert (await finish(api, provider, url)).status_code == 302
    provider.told = {"sub": "another", "role": "admin"}
    assert (await finish(api, provider, url)).status_code == 403
