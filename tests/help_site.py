"""Serves a small help site over HTTP, with ETags, robots.txt and a sitemap, and counts what it is asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


def page(title: str, text: str, links: str = "", head: str = "") -> str:
    """A page with furniture around its article."""
    return (
        f"<!doctype html><html lang=en><head><title>{title} | Help</title>{head}</head><body>"
        f"<nav>{links}</nav><main><article><h1>{title}</h1><p>{text}</p></article></main></body></html>"
    )


@dataclass
class HelpSite:
    """What the site says at each path; a status or an address to redirect to may stand in a page's place."""

    pages: dict[str, str | int | tuple[int, str]] = field(default_factory=dict)
    robots: str | int = ""
    has_sitemap: bool = True
    listed: list[str] | None = None
    """Paths in the sitemap; None for all pages."""
    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    full_answers: Counter[str] = field(default_factory=Counter)

    def sitemap(self) -> str:
        listed = list(self.pages) if self.listed is None else self.listed
        entries = "".join(f"<url><loc>{self.url}{path}</loc></url>" for path in listed)
        return (
            '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
            f"{entries}</urlset>"
        )

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path_qs
        self.asked[path] += 1
        if path == "/robots.txt":
            if isinstance(self.robots, int):
                return web.Response(status=self.robots)
            return web.Response(text=self.robots)
        if path == "/sitemap.xml" and self.has_sitemap:
            return web.Response(text=self.sitemap(), content_type="application/xml")
        found = self.pages.get(path, 404)
        if isinstance(found, int):
            return web.Response(status=found)
        if isinstance(found, tuple):
            return web.Response(status=found[0], headers={"Location": found[1]})
        tag = f'"{hashlib.sha256(found.encode()).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        self.full_answers[path] += 1
        return web.Response(text=found, content_type="text/html", headers={"ETag": tag})


@asynccontextmanager
async def serving(site: HelpSite) -> AsyncIterator[HelpSite]:
    """Serve it on a free port of this machine."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", site.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    try:
        host, port = runner.addresses[0][:2]
        site.url = f"http://{host}:{port}"
        yield site
    finally:
        await runner.cleanup()
