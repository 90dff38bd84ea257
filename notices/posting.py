"""Posts JSON to an address of the company profile: no redirect, no private address, within limits of time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import httpx

from domain.errors import Malformed, ProviderRejected, ProviderUnavailable, SendUnsure
from domain.private_hosts import PrivateHosts
from domain.whole_numbers import whole_number
from sandbox.addresses import CheckedAddresses

CONNECT_WITHIN = timedelta(seconds=5)
ANSWER_WITHIN = timedelta(seconds=10)
"""Slack and most receivers answer within a second; the answer's body is not read."""
_GONE = 410
_LONGEST_PAUSE_S = 7200


class JsonPoster:
    """Posts on a connection of its own each time: one that is shared by hosts of one address proves only one name."""

    def __init__(self, private: PrivateHosts, answer_within: timedelta = ANSWER_WITHIN) -> None:
        self._within_s = answer_within.total_seconds()
        self._http = httpx.AsyncClient(
            transport=CheckedAddresses(
                private, httpx.Limits(max_connections=None, max_keepalive_connections=0)
            ),
            follow_redirects=False,
            timeout=httpx.Timeout(self._within_s, connect=CONNECT_WITHIN.total_seconds()),
            trust_env=False,
            headers={"User-Agent": "CustomerSuccess/1.0", "Content-Type": "application/json"},
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post, and return once the receiver has taken it.

        Raises:
            ProviderUnavailable: Not taken.
            SendUnsure: No answer, so perhaps taken.
            ProviderRejected: The receiver is gone for good.
            Malformed: The address is private, or no address.
        """
        try:
            async with (
                asyncio.timeout(self._within_s + CONNECT_WITHIN.total_seconds()),
                self._http.stream("POST", url, content=body, headers=headers) as response,
            ):
                status, pause = response.status_code, response.headers.get("retry-after", "")
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
            raise Malformed("its address can't be read") from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ProviderUnavailable(f"no connection ({type(error).__name__})") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise SendUnsure(f"no answer ({type(error).__name__})") from error
        _check(status, pause)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _check(status: int, retry_after: str) -> None:
    if 200 <= status < 300:
        return
    if status == _GONE:
        raise ProviderRejected("the receiver answers 410: it wants no more", str(status))
    if 300 <= status < 400:
        raise ProviderUnavailable(f"the receiver answers {status}: redirects are not followed")
    pause = whole_number(retry_after) or 0
    asked_for = timedelta(seconds=min(pause, _LONGEST_PAUSE_S)) if pause else None
    raise ProviderUnavailable(f"the receiver answers {status}", asked_for)
