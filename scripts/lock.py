"""Writes the lock files: the installed versions of all packages that pyproject.toml needs, each with its hashes.

- requirements.lock: what the product needs, recursively, torch apart.
- requirements-dev.lock: what tests and evaluation need beside it.
- requirements-build.lock: what installs and builds the others.
- requirements-torch-BUILD.lock: torch and what only this build of it needs. `--torch BUILD` writes it from the
  package index that pip is set to; other builds stay as they are.

A hash is of any file of the release that CPython 3.11 can use, on whatever platform, so that a lock made on one
platform installs on the others. Hashes of pins that did not change are kept, so only new pins are asked of the index.
With --check it writes nothing, needs no network, and fails if the locks differ from the installed packages.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.tags import Tag
from packaging.utils import canonicalize_name, parse_wheel_filename
from pypi_simple import PYPI_SIMPLE_ENDPOINT, DistributionPackage, PyPISimple

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Made by `make lock` from pyproject.toml: {}.\n"
PYTHON_MINOR = 11
BUILD_TOOLS = ("pip", "setuptools")
_PIN = re.compile(r"^([a-z0-9.-]+)==([^ ;\\]+)( ; [^\\]+?)? \\$", re.MULTILINE)
_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """A package's exact version, with a marker where only some platforms need it."""

    name: str
    version: str
    marker: str = ""


Hashes = Mapping[tuple[str, str], tuple[str, ...]]
"""The hashes of each (name, version)."""


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


def read_lock(path: Path) -> tuple[list[Pin], Hashes]:
    """Return a lock's pins and their hashes; nothing if the file is missing."""
    text = path.read_text() if path.exists() else ""
    starts = list(_PIN.finditer(text))
    ends = [*(start.start() for start in starts), len(text)][1:]
    pins = [Pin(found[1], found[2], (found[3] or "").removeprefix(" ; ")) for found in starts]
    hashes = {
        (pin.name, pin.version): tuple(_HASH.findall(text[found.end() : end]))
        for pin, found, end in zip(pins, starts, ends, strict=True)
    }
    return pins, hashes


def write_lock(path: Path, what: str, pins: Iterable[Pin], hashes: Hashes) -> None:
    """Write a lock that pip takes with --require-hashes."""
    lines = [HEADER.format(what)]
    for pin in sorted(pins, key=lambda pin: pin.name):
        marker = f" ; {pin.marker}" if pin.marker else ""
        values = " \\\n".join(f"    --hash={value}" for value in hashes[pin.name, pin.version])
        lines.append(f"{pin.name}=={pin.version}{marker} \\\n{values}\n")
    path.write_text("".join(lines))


def ask_index(pins: Iterable[Pin], known: Hashes) -> Hashes:
    """Return the pins' hashes, from the package index for those that are not known.

    Raises:
        SystemExit: The index has no hash for a pin.
    """
    wanted = [pin for pin in pins if not known.get((pin.name, pin.version))]
    if not wanted:
        return known
    with PyPISimple(os.environ.get("PIP_INDEX_URL", PYPI_SIMPLE_ENDPOINT)) as index:

        def ask(pin: Pin) -> tuple[str, ...]:
            files = index.get_project_page(pin.name).packages
            found = {
                f"sha256:{file.digests['sha256']}"
                for file in files
                if file.version == pin.version and "sha256" in file.digests and is_usable(file)
            }
            if not found:
                raise SystemExit(f"the package index has no hash for {pin.name} {pin.version}")
            return tuple(sorted(found))

        with ThreadPoolExecutor(8) as side_by_side:
            answers = side_by_side.map(ask, wanted)
            return {
                **known,
                **{
                    (pin.name, pin.version): found
                    for pin, found in zip(wanted, answers, strict=True)
                },
            }


def is_usable(file: DistributionPackage) -> bool:
    """Tell whether a file is a source archive, or a wheel for our Python on any platform."""
    if file.package_type != "wheel":
        return True
    return any(_suits_python(tag) for tag in parse_wheel_filename(file.filename)[3])


def _suits_python(tag: Tag) -> bool:
    found = re.fullmatch(r"(cp|py)3(\d*)", tag.interpreter)
    if found is None:
        return False
    minor = int(found[2] or 0)
    if found[1] == "py":
        return minor <= PYTHON_MINOR
    return minor == PYTHON_MINOR or (tag.abi == "abi3" and minor <= PYTHON_MINOR)


def lock_torch(build: str, torch: str, shared: set[str]) -> None:
    """Write the lock of the build of torch that pip's index serves, with what only this build needs."""
    path = ROOT / f"requirements-torch-{build}.lock"
    exact = f"torch==={torch}" if build == "default" else f"torch=={torch}"
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--dry-run",
            "--ignore-installed",
            "--quiet",
        ]
        subprocess.run([*command, "--report", str(report), exact], check=True)  # noqa: S603
        installs = json.loads(report.read_text())["install"]
    marker = f'platform_system == "{platform.system()}"'
    before, known = read_lock(path)
    pins, hashes = [], dict(known)
    for install in installs:
        name = canonicalize_name(install["metadata"]["name"])
        pin = Pin(
            name,
            install["metadata"]["version"].partition("+")[0],
            "" if name == "torch" else marker,
        )
        if name in shared - {"torch"}:
            continue
        pins.append(pin)
        if build != "default":
            digest = f"sha256:{install['download_info']['archive_info']['hashes']['sha256']}"
            same = known.get((pin.name, pin.version), ()) if pin in before else ()
            hashes[pin.name, pin.version] = tuple(sorted({*same, digest}))
    write_lock(path, f"the {build} build of torch", pins, ask_index(pins, hashes))


def main() -> None:
    """Write or check the locks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *extras["evals"], *extras["dev"]]
    loose = [text for text in texts if "==" not in text]
    if loose:
        raise SystemExit(f"pyproject.toml does not pin: {', '.join(loose)}")
    product = close_over([Requirement(text) for text in project["dependencies"]])
    everything = close_over([Requirement(text) for text in texts])
    torch = everything["torch"]
    torch_locks = sorted(ROOT.glob("requirements-torch-*.lock"))
    apart = {"torch", *(pin.name for path in torch_locks for pin in read_lock(path)[0])}
    locks = {
        "": ("what the product needs", product),
        "-dev": (
            "what tests and evaluation need beside it",
            {n: v for n, v in everything.items() if n not in product},
        ),
        "-build": ("what installs the others", {name: version(name) for name in BUILD_TOOLS}),
    }
    arguments = sys.argv[1:]
    if arguments[:1] == ["--torch"]:
        lock_torch(arguments[1], torch, set(product))
        return
    for suffix, (what, versions) in locks.items():
        path = ROOT / f"requirements{suffix}.lock"
        pins = [Pin(name, number) for name, number in versions.items() if name not in apart]
        before, known = read_lock(path)
        if "--check" not in arguments:
            write_lock(path, what, pins, ask_index(pins, known))
            continue
        odd = {f"{pin.name}=={pin.version}" for pin in set(before) ^ set(pins)}
        odd |= {f"{name} without a hash" for (name, _), values in known.items() if not values}
        if odd:
            raise SystemExit(
                f"{path.name} differs from the installed packages: {', '.join(sorted(odd))}"
            )
    for path in torch_locks:
        if Pin("torch", torch) not in read_lock(path)[0]:
            raise SystemExit(
                f"{path.name} is of another version than torch {torch}: `scripts/lock.py --torch`"
            )


if __name__ == "__main__":
    main()
