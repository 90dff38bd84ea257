"""`python -m evals.help_centres [CENTRE …]` prints what became of each centre's questions."""

from __future__ import annotations

import argparse
import asyncio
import sys

from evals.help_centres.ask import ask_centres
from evals.help_centres.grade import Verdict, grade
from evals.help_centres.summary import Counts, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.help_centres", description=__doc__)
    parser.add_argument("centres", nargs="*", help="names of carried centres, or folders")
    parser.add_argument(
        "--show", action="store_true", help="also each question that did not end as it should"
    )
    arguments = parser.parse_args()
    rows: list[tuple[str, Counts]] = []
    totals = {True: Counts(), False: Counts()}
    for centre, asked in asyncio.run(ask_centres(arguments.centres)):
        graded = [(question, grade(question)) for question in asked]
        rows.append((centre.name, Counts().add(graded)))
        totals[centre.is_tuned].add(graded)
        for question, mark in graded if arguments.show else ():
            if mark.verdict is Verdict.RIGHT:
                continue
            row, draft = question.question, question.draft
            print(f"{row.id} {row.kind}, {mark.verdict} ({draft.reason or draft.outcome})")
            print(f"    asked: {' / '.join(row.turns)}".replace("\n", " "))
            print(
                f"    lacks: {list(mark.lacks)}  holds: {list(mark.holds)}  article: {row.article}"
            )
            sure = [
                f"{found.answerable:.2f} {found.passages[0].title}"
                for found in draft.found
                if found.passages
            ]
            print(f"    found: {sure}")
            if draft.escalation is None:
                print("    | " + question.reply.replace("\n", "\n    | "))
    rows += [
        (name, totals[is_tuned])
        for name, is_tuned in (("tuned", True), ("held out", False))
        if totals[is_tuned].wrong
    ]
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
