"""The identity stand-in against authlib's client: sign-in with PKCE, roles, userinfo, sign-out, failures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import httpx2
import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.middleware.sessions import SessionMiddleware

from standins.identity import create_app
from standins.serving import serve

# The provider's package calls what its own library announced to remove; both are pinned.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

ROLES = {"anna": "agent", "ada": "admin"}
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with serve(create_app(ROLES)) as url:
        yield url


@pytest.fixture
def control(issuer: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=issuer) as client:
        yield client
        client.delete("/_fail")


@pytest.fixture(scope="module")
def console(issuer: str) -> Iterator[str]:
    """A page that signs in with authlib's own integration, which checks the ID token and its nonce."""
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key="test")
    oauth = OAuth()
    oauth.register(
        "idp",
        client_id="console",
        client_secret="any",
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
    )

    @app.get("/login", response_model=None)
    async def login(request: Request) -> Any:
        return await oauth.idp.authorize_redirect(request, str(request.url_for("callback")))

    @app.get("/callback", response_model=None)
    async def callback(request: Request) -> Response:
        token = await oauth.idp.authorize_access_token(request)
        return JSONResponse(
            {"claims": token["userinfo"], "info": await oauth.idp.userinfo(token=token)}
        )

    with serve(app) as url:
        yield url


def sign_in(console: str, name: str) -> dict[str, Any]:
    """The console's view of a user who chose a name on the provider's page."""
    with httpx.Client() as browser:
        page = browser.get(f"{console}/login").headers["location"]
        shown = browser.get(page)
        assert name in shown.text
        assert 'type="password"' not in shown.text
        chosen = browser.post(page, data={"sub": name})
        return dict(browser.get(chosen.headers["location"]).json())


@pytest.mark.parametrize(("name", "role"), ROLES.items())
def test_a_named_user_signs_in_without_a_password_and_brings_a_role(
    console: str, control: httpx.Client, name: str, role: str
) -> None:
    seen = sign_in(console, name)
    assert seen["claims"]["sub"] == seen["info"]["sub"] == name
    assert seen["claims"]["role"] == seen["info"]["role"] == role
    assert seen["claims"]["email"] == f"{name}@staff.example"
    assert control.get("/_sent").json()[-1]["claims"]["sub"] == name
    assert control.get("/_requests").json()[-1]["path"] == "/userinfo"


def test_a_users_role_can_be_changed_while_it_runs(console: str, control: httpx.Client) -> None:
    control.put("/users/ada", json={"role": "viewer"}).raise_for_status()
    assert sign_in(console, "ada")["claims"]["role"] == "viewer"


def authorize(issuer: str, client: OAuth2Client, **options: str) -> str:
    """The address to which the provider sends a signed-in user back."""
    page, _ = client.create_authorization_url(f"{issuer}/oauth2/authorize", **options)
    answer = httpx.post(page, data={"sub": "anna"})
    return str(answer.headers.get("location", ""))


@pytest.fixture
def client() -> Iterator[OAuth2Client]:
    with OAuth2Client(
        "console",
        "any",
        scope="openid",
        redirect_uri="http://127.0.0.1/callback",
        code_challenge_method="S256",
    ) as made:
        yield made


@pytest.mark.parametrize("verifier", [None, VERIFIER[::-1]])
def test_a_code_without_its_verifier_gives_no_token(
    issuer: str, client: OAuth2Client, verifier: str | None
) -> None:
    back = authorize(issuer, client, code_verifier=VERIFIER)
    options = {} if verifier is None else {"code_verifier": verifier}
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.fetch_token(f"{issuer}/oauth2/token", authorization_response=back, **options)


def test_a_code_works_once(issuer: str, client: OAuth2Client) -> None:
    back = authorize(issuer, client, code_verifier=VERIFIER)
    request = {"authorization_response": back, "code_verifier": VERIFIER}
    assert client.fetch_token(f"{issuer}/oauth2/token", **request)["id_token"]
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.fetch_token(f"{issuer}/oauth2/token", **request)


def test_discovery_names_what_there_is(control: httpx.Client, issuer: str) -> None:
    described = control.get("/.well-known/openid-configuration").json()
    assert described["issuer"] == issuer
    assert described["code_challenge_methods_supported"] == ["S256"]
    assert control.get(described["jwks_uri"]).json()["keys"][0]["kty"] == "RSA"


def test_signing_out_leads_back(control: httpx.Client) -> None:
    ends = control.get("/.well-known/openid-configuration").json()["end_session_endpoint"]
    query = {"post_logout_redirect_uri": "http://127.0.0.1/bye", "state": "s"}
    assert "http://127.0.0.1/bye?state=s" in httpx.get(ends, params=query).text
    back = httpx.post(f"{ends}/confirm", data={"redirect_uri": "http://127.0.0.1/bye?state=s"})
    assert back.headers["location"] == "http://127.0.0.1/bye?state=s"


def test_a_failure_on_demand_is_the_clients_own_error(
    issuer: str, client: OAuth2Client, control: httpx.Client
) -> None:
    back = authorize(issuer, client, code_verifier=VERIFIER)
    request = {"authorization_response": back, "code_verifier": VERIFIER}
    control.post("/_fail", json={"status": 503})
    with pytest.raises(httpx2.HTTPStatusError):
        client.fetch_token(f"{issuer}/oauth2/token", **request)
    control.post("/_fail", json={"status": 0})
    with pytest.raises(httpx2.TransportError):
        client.fetch_token(f"{issuer}/oauth2/token", **request)
    assert client.fetch_token(f"{issuer}/oauth2/token", **request)["id_token"]


def test_a_refusal_of_the_user_comes_back_as_one(issuer: str, client: OAuth2Client) -> None:
    page, _ = client.create_authorization_url(f"{issuer}/oauth2/authorize", code_verifier=VERIFIER)
    back = httpx.post(page, data={"action": "deny"}).headers["location"]
    assert parse_qs(urlsplit(back).query)["error"] == ["access_denied"]
