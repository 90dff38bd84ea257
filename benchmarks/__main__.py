"""Runs all benchmarks, or those named by `--only`, and writes a JSON result each (`python -m benchmarks`)."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.measuring import Result

RESULTS = Path(__file__).parent / "results"
NAMES = (
    "form",
    "serving_flags",
    "embedding",
    "sentiment",
    "agent_stage",
    "pipeline",
    "search",
    "desk",
    "start_and_memory",
)


def main() -> int:
    """Run the benchmarks; return 0 if every bar is met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help=f"one or more of: {', '.join(NAMES)}")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--here", action="store_true", help="run one benchmark in this process")
    chosen = parser.parse_args()
    names = [name for name in chosen.only.replace(",", " ").split() if name] or list(NAMES)
    unknown = set(names) - set(NAMES)
    if unknown:
        parser.error(
            f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}"
        )
    if chosen.here:
        return _run(names[0], chosen.output)
    failed = 0
    for name in names:
        # Each in its own process, so that threads, caches and event loops don't affect the next one.
        command = [sys.executable, "-m", "benchmarks", "--here", "--only", name]
        failed += subprocess.call([*command, "--output", str(chosen.output)]) != 0  # noqa: S603
    return 1 if failed else 0


def _run(name: str, folder: Path) -> int:
    result: Result = importlib.import_module(f"benchmarks.{name}").run()
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "benchmark": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": {
            "cpu": _cpu(),
            "cores": os.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
            "load_average": os.getloadavg(),
            "python": platform.python_version(),
        },
        "bars": [{**asdict(bar), "is_met": bar.is_met} for bar in result.bars],
        "measured": dict(result.measured),
    }
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    print(name)
    for bar in result.bars:
        print(f"  {'✓' if bar.is_met else '✗'} {bar.line}", flush=True)
    return 0 if all(bar.is_met for bar in result.bars) else 1


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() or "unknown"


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


if __name__ == "__main__":
    raise SystemExit(main())
