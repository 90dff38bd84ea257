"""Serves Swagger UI from an installed package, so that browsers load nothing from other hosts."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse

from domain.errors import NotFound

_ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}


def add_docs(app: FastAPI, prefix: str) -> None:
    """Serve `prefix`/docs and its two assets, under a content policy that runs no other script."""
    folder = _assets_folder()
    page, policy = _page(app.title, f"{prefix}/openapi.json", f"{prefix}/docs")

    async def read_docs() -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    async def read_asset(name: str) -> FileResponse:
        if name not in _ASSETS:
            raise NotFound("no such asset")
        return FileResponse(folder / name, media_type=_ASSETS[name])

    app.add_api_route(f"{prefix}/docs", read_docs, include_in_schema=False)
    app.add_api_route(f"{prefix}/docs/{{name}}", read_asset, include_in_schema=False)


def _assets_folder() -> Path:
    """Find the assets without importing the package, whose FastAPI subclass is not used."""
    found = find_spec("fastapi_offline")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the package fastapi_offline is not installed")
    return Path(found.submodule_search_locations[0]) / "static"


def _page(title: str, openapi_url: str, assets: str) -> tuple[str, str]:
    """Return the HTML and its content policy.

    Swagger UI sets style attributes, so the policy must allow inline styles.
    """
    start = (
        f"SwaggerUIBundle({{url: {json.dumps(openapi_url)}, dom_id: '#api', deepLinking: true}});"
    )
    digest = base64.b64encode(hashlib.sha256(start.encode()).digest()).decode("ascii")
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}: API</title><link rel="icon" href="data:,">'
        f'<link rel="stylesheet" href="{assets}/swagger-ui.css"></head>'
        f'<body><div id="api"></div><script src="{assets}/swagger-ui-bundle.js"></script>'
        f"<script>{start}</script></body></html>"
    )
    policy = (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    return html, policy
