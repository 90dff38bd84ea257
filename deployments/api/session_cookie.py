"""Carries the console's session in a cookie that no script reads and no other site can use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

from fastapi import Request, Response

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The cookies of the console; `base_url` is the public address, whose origin is ours."""

    base_url: str

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach us by HTTPS."""
        return self.base_url.startswith("https://")

    @property
    def name(self) -> str:
        """Name of the session's cookie."""
        return self.named("staff_session")

    def named(self, name: str) -> str:
        """Return a cookie's name; over HTTPS with the prefix that keeps a neighbouring host from setting it."""
        return f"__Host-{name}" if self.is_secure else name

    def read(self, request: Request) -> str | None:
        """Return the session's token, if the request carries one."""
        return request.cookies.get(self.name) or None

    def keep(self, response: Response, token: str, lasts: timedelta) -> None:
        """Hand the session to the browser. Strict: no link or form of another site carries it."""
        self.put(response, "staff_session", token, lasts, "strict")

    def forget(self, response: Response) -> None:
        """Take the session from the browser."""
        self.put(response, "staff_session", "", timedelta(0), "strict")

    def put(
        self,
        response: Response,
        name: str,
        value: str,
        lasts: timedelta,
        same_site: Literal["strict", "lax"],
    ) -> None:
        """Set a cookie for the whole host, which scripts can't read."""
        response.set_cookie(
            self.named(name),
            value,
            max_age=int(lasts.total_seconds()),
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite=same_site,
        )

    def is_from_elsewhere(self, request: Request) -> bool:
        """Tell whether a page of another site made the browser send this change.

        Every browser names the origin of such a request; a caller that is no browser names none, and nobody can
        make it send our cookie.
        """
        if request.method in _READS:
            return False
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin")
        if origin is not None and origin.rstrip("/") == self._origin:
            return False
        if site is not None:
            return site not in ("same-origin", "none")
        return origin is not None and urlsplit(origin).netloc != request.headers.get("host")

    @property
    def _origin(self) -> str:
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"
