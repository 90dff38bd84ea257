"""Compares the store's search among 100,000 passages with an exact scan, at four selectivities.

The passages cluster around the sample knowledge base's chunks and sentences, as those of a large one would. The filter
is the model id, as while a knowledge base switches to another model.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from uuid import uuid4

import asyncpg
import numpy as np
from pgvector.asyncpg import register_vector

from benchmarks.measuring import Bar, Result, quantile
from benchmarks.servers import local_servers
from benchmarks.texts import mixed, sentences, tickets
from database.pool import Pool
from database.queries import load_queries
from database.session import Connection, Session
from database.stores.knowledge import PostgresKnowledge
from deployments.settings import Settings
from domain.ports import Vectors
from embeddings.bert import BertEmbedder
from pipeline.search import CANDIDATES

PASSAGES = 100_000
QUERIES = 60
WANTED = 5
SHARES = {"0.1 %": 0.001, "1 %": 0.01, "10 %": 0.1, "100 %": 1.0}
"""Shares of the passages in the table that match the filter."""
COSINE = 0.8
"""Between a generated passage and the real one that it is derived from."""
_COLUMNS = [
    *("article_id", "chunk_index", "title", "content", "content_hash", "source", "model_id"),
    *("embedding", "embedded_text"),
]
_SQL = load_queries("knowledge")


def run() -> Result:
    """Run the benchmark."""
    with local_servers() as settings:
        return asyncio.run(_run(settings))


async def _run(settings: Settings) -> Result:
    dsn = settings.database_url.get_secret_value()
    asked = BertEmbedder().embed(tickets()[:QUERIES])
    # Sequential scans only, as without this project's indexes.
    scanning = await asyncpg.connect(
        dsn, server_settings={"jit": "off", "enable_indexscan": "off", "enable_bitmapscan": "off"}
    )
    pool = Pool(dsn, role=settings.database_role, max_size=1)
    bars: list[Bar] = []
    measured: dict[str, object] = {}
    try:
        await register_vector(scanning)
        measured["seconds"] = await _fill(scanning)
        for label, share in SHARES.items():
            if share == 1.0:
                # As after a switch of models: remove the rows of the others.
                await scanning.execute("DELETE FROM knowledge_base WHERE model_id <> '100 %'")
            async with pool.connection() as connection:
                recall, fewest, ours, exact = await _compare(connection, scanning, asked, label)
            bars += [
                Bar(f"recall@{WANTED} at {label}", recall, 0.99),
                Bar(f"fewest hits at {label}", fewest, WANTED),
                Bar(f"p50 at {label}, search / exact scan", ours / exact, 0.3, "lower"),
            ]
            measured[label] = {"p50_s": {"search": ours, "exact scan": exact}}
    finally:
        await pool.close()
        await scanning.close()
    return Result(bars, measured)


async def _fill(connection: Connection) -> dict[str, float]:
    """Insert rows of all selectivities in random order, then build the schema's index; return seconds."""
    rows = await connection.fetch("SELECT embedding FROM knowledge_base")
    chunks = np.stack([row["embedding"].to_numpy() for row in rows])
    real = np.concatenate([chunks, BertEmbedder().embed(sentences())])
    await connection.execute("TRUNCATE knowledge_base CASCADE")
    index = await connection.fetchval(
        "SELECT indexdef FROM pg_indexes WHERE indexname = 'knowledge_base_embedding'"
    )
    await connection.execute("DROP INDEX knowledge_base_embedding")
    started = time.monotonic()
    await connection.copy_records_to_table("knowledge_base", records=_rows(real), columns=_COLUMNS)
    copied = time.monotonic()
    await connection.execute("SET maintenance_work_mem = '512MB'")
    await connection.execute(index)
    indexed = time.monotonic()
    await connection.execute("VACUUM ANALYZE knowledge_base")
    return {"copy": copied - started, "index": indexed - copied}


def _rows(real: Vectors) -> Iterator[tuple[object, ...]]:
    rng = np.random.default_rng(7)
    few = {label: share for label, share in SHARES.items() if share < 1.0}
    total = int(PASSAGES / (1 - sum(few.values())))
    owners = np.repeat(list(few), [int(share * total) for share in few.values()])
    owners = rng.permutation(np.append(owners, np.repeat("100 %", total - len(owners))))
    noise = np.sqrt((1 / COSINE**2 - 1) / real.shape[1])
    texts = mixed(500)
    for start in range(0, total, len(texts)):
        block = owners[start : start + len(texts)]
        around = real[rng.integers(len(real), size=len(block))]
        vectors = around + rng.normal(scale=noise, size=around.shape)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        for owner, vector, text in zip(block, vectors.astype(np.float32), texts, strict=False):
            yield uuid4(), 0, text[:40], text, "", "benchmark", str(owner), vector, text


async def _compare(
    connection: Connection, scanning: Connection, asked: Vectors, model_id: str
) -> tuple[float, int, float, float]:
    """Return recall of the best five, fewest hits, and median seconds of the store's search and of the scan."""
    recalls, hits, ours, exact = [], [], [], []
    for vector in asked:
        started = time.perf_counter()
        rows = await scanning.fetch(_SQL["nearest_exact"], vector, CANDIDATES, model_id)
        scanned = time.perf_counter()
        async with connection.transaction():
            store = PostgresKnowledge(Session(connection))
            found = await store.nearest(vector, CANDIDATES, model_id)
        ours.append(time.perf_counter() - scanned)
        exact.append(scanned - started)
        right = {row["id"] for row in rows[:WANTED]}
        recalls.append(len(right & {passage.chunk_id for passage in found[:WANTED]}) / len(right))
        hits.append(len(found))
    return sum(recalls) / len(recalls), min(hits), quantile(ours, 0.5), quantile(exact, 0.5)
