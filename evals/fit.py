"""`python -m evals.fit TASK` fits the shipped weights to the encoders of config.yaml, from EVAL_DATA."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

from agent.acts.model import WEIGHTS_DIRECTORY as ACT_WEIGHTS
from agent.guardrails.guard import WEIGHTS_DIRECTORY as GUARDRAIL_WEIGHTS
from evals.datasets import DataFolder, data_root
from evals.encoders import embedder, triage_encoder
from evals.fitting.acts import fit_acts, read_examples
from evals.fitting.centres import fit_centres
from evals.fitting.danger import fit_danger
from evals.fitting.demands import fit_demands
from evals.fitting.guardrail_rows import guardrail_rows
from evals.fitting.guardrails import fit_guardrails
from evals.fitting.other_languages import fit_other_languages, language_rows
from evals.fitting.retrieval import fit_retrieval, fit_words
from evals.fitting.sentiment import fit_sentiment
from evals.fitting.sentiment_rows import sentiment_rows
from sentiment.model import WEIGHTS_DIRECTORY as SENTIMENT_WEIGHTS


def version_of(texts: Sequence[str]) -> str:
    """Return a short name of the rows, the same for the same rows."""
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:10]
    return f"{len(texts)}-{digest}"


def fit(task: str, data: DataFolder, without: str | None, output: Path | None) -> Path:
    """Fit a task's weights, store them and return the file's path."""
    if task == "retrieval":
        return fit_retrieval(data, output)
    if task == "centres":
        return fit_centres(output)
    if task == "acts":
        examples = list(read_examples())
        version = version_of([f"{example.name} {example.text}" for example in examples])
        return fit_acts(examples, embedder(), triage_encoder(), version).save(output or ACT_WEIGHTS)
    if task == "other_languages":
        rows = language_rows("fit")
        texts = [str(row["text"]) for row in rows]
        others = fit_other_languages(
            rows, embedder().encode(texts), triage_encoder(), version_of(texts)
        )
        return others.save(output or SENTIMENT_WEIGHTS)
    if task == "words":
        return fit_words(data, output)
    if task == "demands":
        return fit_demands(embedder(), triage_encoder()).save(output or GUARDRAIL_WEIGHTS)
    if task == "danger":
        return fit_danger(embedder(), triage_encoder()).save(output or GUARDRAIL_WEIGHTS)
    if task == "guardrails":
        guardrail_set = guardrail_rows(data, without)
        texts = [row.text for row in guardrail_set]
        classifier = fit_guardrails(
            guardrail_set, embedder().embed(texts), triage_encoder(), version_of(texts)
        )
        return classifier.save(output or GUARDRAIL_WEIGHTS)
    sentiment_set = sentiment_rows(data, without)
    texts = [row.text for row in sentiment_set]
    model = fit_sentiment(
        sentiment_set, embedder().encode(texts), triage_encoder(), version_of(texts)
    )
    return model.save(output or SENTIMENT_WEIGHTS)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.fit", description=__doc__)
    parser.add_argument(
        "task",
        choices=(
            "acts",
            "danger",
            "guardrails",
            "demands",
            "sentiment",
            "other_languages",
            "retrieval",
            "centres",
            "words",
        ),
    )
    parser.add_argument("--without", metavar="SOURCE", help="leave one source out, to test on it")
    parser.add_argument(
        "--output", type=Path, help="folder for the weights; by default the shipped ones"
    )
    arguments = parser.parse_args()
    path = fit(arguments.task, DataFolder(data_root()), arguments.without, arguments.output)
    print(f"wrote {path} ({path.stat().st_size / 1024:.0f} KiB)")


if __name__ == "__main__":
    main()
