"""Scores guardrails: {id, text} to {id, escalate, reasons: [{reason, score}]}."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.turn_text import prepare
from evals.encoders import embedder, load_guardrails
from evals.tasks.task import Options, Row


def run(rows: Sequence[Row], options: Options) -> Iterator[Row]:
    guardrails = load_guardrails(options.weights)
    texts = [prepare(str(row["text"])).text for row in rows]
    hits_of = guardrails.check_many(texts, embedder().embed(texts))
    for row, hits in zip(rows, hits_of, strict=True):
        reasons = [{"reason": hit.reason.value, "score": round(hit.score, 4)} for hit in hits]
        yield {"id": row["id"], "escalate": bool(hits), "reasons": reasons}
