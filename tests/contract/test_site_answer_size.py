"""Tests help sites and identity providers whose answer would fill the memory, packed or not."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from pydantic import SecretStr

from deployments.identity_provider import IdentityProvider
from deployments.settings import Settings
from documents.website.client import SiteClient
from domain.crawls import CrawlLimits
from domain.errors import Malformed, SignInRefused
from domain.private_hosts import PrivateHosts
from tests.contract.test_model_answer_size import BOMB, CHUNK, serving

LIMITS = CrawlLimits(page_bytes=256 * 1024)
HERE = PrivateHosts.parse("127.0.0.1")
PAGE = b"<p>Select Forgot password?</p>" * 5_000


@pytest.mark.parametrize(
    ("head", "chunk", "times"),
    [
        (b"content-encoding: gzip\r\ncontent-length: %d" % len(BOMB), BOMB, 1),
        (b"content-length: 400000000", b" " * 100_000, 4_000),
        (b"transfer-encoding: chunked", CHUNK, 1_000),
        (b"connection: close", b" " * 100_000, 4_000),
    ],
)
async def test_a_page_beyond_the_limit_is_not_read_to_its_end(
    head: bytes, chunk: bytes, times: int
) -> None:
    client = SiteClient(HERE, LIMITS)
    async with serving(head, chunk, times) as (url, taken):
        tracemalloc.start()
        try:
            with pytest.raises(Malformed, match="larger than 256 KiB"):
                await client.get(url)
            _, most_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        await client.close()
        # The system's own buffers hold some more.
        assert all(count * len(chunk) < 24 * 1024**2 for count in taken)
    assert most_bytes < 8 * LIMITS.page_bytes


async def test_a_packed_page_is_read_whole() -> None:
    packed = gzip.compress(PAGE)
    client = SiteClient(HERE, LIMITS)
    head = b"content-encoding: gzip\r\ncontent-length: %d" % len(packed)
    async with serving(head, packed, 1) as (url, _):
        assert (await client.get(url)).content == PAGE
    await client.close()


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        (b"br", b"\x0b\x02\x80x"),
        (b"zstd", b"\x28\xb5\x2f\xfd"),
        (b"gzip, gzip", gzip.compress(gzip.compress(PAGE))),
        (b"deflate", zlib.compress(PAGE)),
        (b"gzip", b"no gzip"),
        (b"gzip", gzip.compress(PAGE)[:-40]),
    ],
    ids=["brotli", "zstd", "twice", "deflate", "broken", "cut"],
)
async def test_a_page_packed_in_another_way_is_refused(encoding: bytes, content: bytes) -> None:
    client = SiteClient(HERE, LIMITS)
    head = b"content-encoding: %s\r\ncontent-length: %d" % (encoding, len(content))
    async with serving(head, content, 1) as (url, _):
        with pytest.raises(Malformed, match="compress"):
            await client.get(url)
    await client.close()


@pytest.mark.parametrize(
    ("head", "chunk", "times"),
    [
        (b"content-encoding: gzip\r\ncontent-length: %d" % len(BOMB), BOMB, 1),
        (b"content-length: 400000000", b" " * 100_000, 4_000),
        (b"transfer-encoding: chunked", CHUNK, 1_000),
    ],
)
async def test_an_identity_providers_answer_beyond_the_limit_is_not_read_to_its_end(
    head: bytes, chunk: bytes, times: int
) -> None:
    async with serving(head, chunk, times) as (url, taken):
        settings = Settings(
            _env_file=None,
            public_base_url="http://testserver",
            oidc_issuer=url,
            oidc_client_id="console",
            oidc_client_secret=SecretStr("hush"),
        )
        with pytest.raises(SignInRefused):
            await IdentityProvider(settings).start()
        assert all(count * len(chunk) < 24 * 1024**2 for count in taken)
