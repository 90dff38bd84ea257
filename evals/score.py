"""`python -m evals.score TASK --input FILE --output FILE` runs the product's own code over JSON lines."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from evals.datasets import read_rows
from evals.tasks import TASK_NAMES, load_task
from evals.tasks.task import Options


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.score", description=__doc__)
    parser.add_argument("task", choices=TASK_NAMES)
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, help="documents that retrieval searches")
    parser.add_argument(
        "--weights", type=Path, help="folder that evals.fit wrote, in place of the shipped weights"
    )
    arguments = parser.parse_args()
    rows = read_rows(arguments.input)
    results = load_task(arguments.task)(rows, Options(arguments.weights, arguments.corpus))
    with arguments.output.open("w", encoding="utf-8") as output:
        for result in results:
            output.write(json.dumps(result, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
