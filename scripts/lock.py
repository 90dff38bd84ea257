"""Writes requirements.lock: the installed versions of all packages that pyproject.toml needs, recursively.

With --check it writes nothing and fails if the lock differs from the installed packages.
"""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Made by `make lock` from pyproject.toml. Every package, its exact version.\n"


def close_over(wanted: list[Requirement]) -> dict[str, str]:
    """Return the version of every needed package, without the +local part that depends on the index."""
    versions: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(need, extra) for need in wanted for extra in ("", *need.extras)]
    while waiting:
        need, extra = waiting.pop()
        name = canonicalize_name(need.name)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            found = distribution(name)
        except PackageNotFoundError:
            raise SystemExit(f"{name} is needed but not installed") from None
        versions[name] = found.version.partition("+")[0]
        for text in found.requires or []:
            child = Requirement(text)
            if child.marker is None or child.marker.evaluate({"extra": extra}):
                waiting += [(child, inner) for inner in ("", *child.extras)]
    return versions


def main() -> None:
    """Write or check the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *extras["evals"], *extras["dev"]]
    loose = [text for text in texts if "==" not in text]
    if loose:
        raise SystemExit(f"pyproject.toml does not pin: {', '.join(loose)}")
    versions = close_over([Requirement(text) for text in texts])
    lock = ROOT / "requirements.lock"
    text = HEADER + "".join(f"{name}=={version}\n" for name, version in sorted(versions.items()))
    if "--check" not in sys.argv[1:]:
        lock.write_text(text)
    elif (known := lock.read_text()) != text:
        odd = sorted(set(known.splitlines()) ^ set(text.splitlines()))
        raise SystemExit(f"requirements.lock differs from the installed packages: {', '.join(odd)}")


if __name__ == "__main__":
    main()
