"""`python -m evals.conversations` plays the scenarios and prints every run that failed."""

from __future__ import annotations

import argparse
import sys

from deployments.agent_settings import make_endpoint
from deployments.settings import read_settings
from domain.errors import ConfigurationError
from evals.__main__ import print_table
from evals.conversations.dialogues import HELD, TUNED, read_dialogues
from evals.conversations.scenario import read_scenarios
from evals.conversations.suite import run_suite
from evals.measure_conversations import passed_at_once, passed_each_time, turns_right
from evals.settings import agent_config


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.conversations", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="ID", help="these scenarios alone")
    parser.add_argument(
        "--with-model",
        action="store_true",
        help="answer with the model of OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL",
    )
    parser.add_argument(
        "--dialogues", choices=(TUNED, HELD), help="these dialogues in place of the scenarios"
    )
    parser.add_argument("--show", action="store_true", help="also what the customer saw")
    arguments = parser.parse_args()
    scenarios = [
        scenario
        for scenario in (
            read_dialogues(arguments.dialogues) if arguments.dialogues else read_scenarios()
        )
        if not arguments.only or scenario.id in arguments.only
    ]
    if not scenarios:
        parser.error("there is no such scenario")
    endpoint = None
    if arguments.with_model:
        endpoint = make_endpoint(read_settings(), agent_config())
        if endpoint is None:
            raise ConfigurationError("set OPENAI_API_KEY or OPENAI_BASE_URL")
    runs = run_suite(scenarios, endpoint)
    for run in runs:
        if run.faults or arguments.show:
            said = [
                " / ".join(step.wordings[run.wording])
                for step in run.scenario.steps
                if step.wordings
            ]
            print(f"{run.scenario.id} wording {run.wording + 1}: {' > '.join(said)}")
            print("".join(f"    {fault}\n" for fault in run.faults), end="")
            if arguments.show:
                print("".join(f"    > {text}\n" for text in run.heard))
    print(
        f"{len(scenarios)} scenarios, {len(runs)} runs:"
        f" pass^1 {passed_at_once(runs).mean():.3f}, pass^4 {passed_each_time(runs).mean():.3f}"
    )
    if arguments.dialogues:
        print_table(list(turns_right(runs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
