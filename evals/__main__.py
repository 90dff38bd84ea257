# ruff: noqa: E501
"""`python -m evals` measures every set that is present, prints a table and writes evals/results."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from evals import replay
from evals.datasets import CARRIED_DATA, DataFolder, data_root
from evals.measure_acts import measure_acts
from evals.measure_centres import measure_centres
from evals.measure_conversations import measure_conversations
from evals.measure_danger import measure_danger
from evals.measure_identifiers import measure_identifiers
from evals.measure_mail import measure_mail
from evals.measure_mime import measure_mime
from evals.measure_retrieval import measure_retrieval
from evals.measure_safety import measure_injection
from evals.measure_texts import legal_check, measure_guardrails, measure_sentiment
from evals.metrics import Figure
from evals.plots import draw_plots

RESULTS = Path(__file__).parent / "results"
SETS = (
    "guardrail_derived", "sentiment_airline", "sentiment_amazonhelp", "sentiment_tweeteval",
    "sentiment_sts_manual", "sentiment_vader_gt", "kb_feedbackqa", "kb_covidfaq", "kb_stackfaq",
    "intents_clinc150", "email_discourse_trimmer", "email_crisp", "email_github_zapier", "email_talon",
    "mime_imap_tools", "mime_stalwart", "phone_vectors",
    "pi_deepset", "pi_giskard", "pi_bipia_email", "pi_tensortrust", "pi_notinject_benign",
)  # fmt: skip

MEASURES: Mapping[str, Callable[[DataFolder], Iterable[Figure]]] = {
    "guardrails": lambda data: [*measure_guardrails(data), *legal_check()],
    "danger": measure_danger,
    "acts": measure_acts,
    "sentiment": measure_sentiment,
    "retrieval": measure_retrieval,
    "mail": measure_mail,
    "mime": measure_mime,
    "identifiers": measure_identifiers,
    "injection": measure_injection,
    "conversations": measure_conversations,
    "centres": measure_centres,
}
NAMES = {
    **{part: (part,) for part in MEASURES},
    "retrieval": ("retrieval", "abstention"),
}
"""The prefixes of the names of a part's figures."""


def results_file(root: Path) -> Path:
    """Return the file of a data folder, since EVAL_DATA gives other figures than the carried sets."""
    return RESULTS / ("carried.json" if root == CARRIED_DATA else "full.json")


def find_regressions(
    figures: Sequence[Figure], committed: dict[str, dict[str, float]]
) -> list[str]:
    """Describe the figures that are worse than the committed interval."""
    worse = []
    for figure in figures:
        before = committed.get(figure.name)
        if before is None:
            continue
        fell = (
            figure.value > before["high"]
            if figure.lower_is_better
            else figure.value < before["low"]
        )
        if fell:
            worse.append(
                f"{figure.name}: {figure.value:.3f}, was {before['value']:.3f} ({before['low']:.3f}-{before['high']:.3f})"
            )
    return worse


def absent_sets(data: DataFolder) -> list[str]:
    """Return the sets that a figure needs and the folder lacks."""
    return [name for name in SETS if not (data.root / name).is_dir()]


def print_table(figures: Sequence[Figure]) -> None:
    print(f"{'figure':58} {'value':>7} {'95 %':>15} {'baseline':>9} {'bar':>16} {'rows':>6}")
    for figure in figures:
        baseline = "" if figure.baseline is None else f"{figure.baseline:.3f}"
        interval = f"{figure.low:.3f}-{figure.high:.3f}"
        print(
            f"{figure.name:58} {figure.value:7.3f} {interval:>15} {baseline:>9} {figure.bar:>16} {figure.rows:6}"
        )


def keep_others(path: Path, parts: Sequence[str]) -> list[dict[str, object]]:
    """Return the committed figures of the parts that are not measured now."""
    if not path.is_file():
        return []
    return [
        row
        for row in json.loads(path.read_text(encoding="utf-8"))
        if not any(str(row["name"]).startswith(NAMES[part]) for part in parts)
    ]


def main() -> int:
    if sys.argv[1:2] == ["replay"]:
        return replay.main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="fail when a figure fell below its committed interval"
    )
    parser.add_argument(
        "--only", nargs="+", choices=tuple(MEASURES), help="these parts; by default all of them"
    )
    arguments = parser.parse_args()
    parts = arguments.only or list(MEASURES)
    root = data_root()
    data = DataFolder(root)
    figures: list[Figure] = []
    for part in parts:
        started = time.monotonic()
        figures += MEASURES[part](data)
        print(f"{part}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    print_table(figures)
    for name in absent_sets(data):
        print(f"skipped, not in {root.name if root != CARRIED_DATA else 'evals/data'}: {name}")
    path = results_file(root)
    if arguments.check:
        if not path.is_file():
            print(f"there are no figures to compare with: {path.name} is missing")
            return 1
        committed = {row["name"]: row for row in json.loads(path.read_text(encoding="utf-8"))}
        worse = find_regressions(figures, committed)
        print("\n".join(worse) or "no figure fell beyond its interval")
        return 1 if worse else 0
    RESULTS.mkdir(exist_ok=True)
    rows = [*keep_others(path, parts), *(asdict(figure) for figure in figures)]
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    draw_plots(data, RESULTS / path.stem, parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
