"""Connects to public addresses and permitted private ones only, so that nobody reaches internal servers through us."""

from __future__ import annotations

import asyncio
import socket

import httpx
from typing_extensions import override

from domain.errors import Malformed
from domain.private_hosts import PrivateHosts


class CheckedAddresses(httpx.AsyncBaseTransport):
    """Resolves a host, and connects to the very address that was checked.

    A name that is resolved again by the connection could lead elsewhere the second time.
    """

    def __init__(
        self,
        private: PrivateHosts,
        limits: httpx.Limits = httpx.Limits(),  # noqa: B008 (never changed)
    ) -> None:
        self._private = private
        self._inner = httpx.AsyncHTTPTransport(retries=0, trust_env=False, limits=limits)

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise httpx.ConnectError(f"{host} is not known", request=request) from error
        addresses = [str(entry[4][0]) for entry in found]
        allowed = [address for address in addresses if self._private.permits(host, address)]
        if not allowed:
            raise Malformed(f"{host} has a private address; ALLOW_PRIVATE_HOSTS can permit it")
        checked = httpx.Request(
            request.method,
            request.url.copy_with(host=allowed[0]),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await self._inner.handle_async_request(checked)

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()
