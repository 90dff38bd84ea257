"""Tests that every package is locked by its hashes, and that the set-up takes no other file."""

from __future__ import annotations

import re
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from scripts import lock, setup

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob("requirements*.lock"))
MACHINE_LEARNING = {"torch"}
"""Locked by build, since each package index has a build of its own."""


def names(path: Path) -> dict[str, str]:
    return {pin.name: pin.version for pin in lock.read_lock(path)[0]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_every_pin_has_hashes_and_no_lock_names_a_host(path: Path) -> None:
    pins, hashes = lock.read_lock(path)
    text = path.read_text()
    assert pins
    assert len(pins) == sum("==" in line for line in text.splitlines())
    assert all(hashes[pin.name, pin.version] for pin in pins)
    assert not re.search(r"://|--index|--find|\bwww\.", text)


def test_the_locks_hold_what_pyproject_pins() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, wanted in (
        ("requirements.lock", project["dependencies"]),
        ("requirements-dev.lock", [*project["optional-dependencies"]["dev"]]),
    ):
        locked = names(ROOT / name) | (names(ROOT / "requirements.lock"))
        for text in wanted:
            found = re.fullmatch(r"([\w.-]+)(?:\[\w+\])?==(\S+)", text)
            assert found
            package = found[1].lower().replace("_", "-").replace(".", "-")
            if package not in MACHINE_LEARNING:
                assert locked[package] == found[2], package
    pinned = next(text for text in project["dependencies"] if text.startswith("torch=="))
    for path in ROOT.glob("requirements-torch-*.lock"):
        assert f"torch=={names(path)['torch']}" == pinned


def test_no_package_is_locked_twice() -> None:
    product, dev = names(ROOT / "requirements.lock"), names(ROOT / "requirements-dev.lock")
    assert not product.keys() & dev.keys()
    assert not MACHINE_LEARNING & (product.keys() | dev.keys())


def wheel(folder: Path, text: str) -> Path:
    """A package called `demo`, whose one module holds `text`."""
    path = folder / "demo-1.0-py3-none-any.whl"
    about = "demo-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo.py", text)
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return path


def test_a_replaced_file_of_the_same_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    right = setup.hashlib.sha256(wheel(tmp_path, "right = True").read_bytes()).hexdigest()
    locked = tmp_path / "some.lock"
    locked.write_text(f"demo==1.0 \\\n    --hash=sha256:{right}\n")
    log_path = tmp_path / "log"

    def install(to: str) -> None:
        with log_path.open("wb") as log:
            command = [
                sys.executable,
                "-m",
                "pip",
                "install",
                "--isolated",
                "--no-index",
                "--no-deps",
            ]
            places = ["--find-links", tmp_path, "--target", tmp_path / to]
            setup.run([*command, *places, "--require-hashes", "-r", locked], log, log_path)

    install("first")
    assert (tmp_path / "first" / "demo.py").exists()
    wheel(tmp_path, "wrong = True")
    with pytest.raises(setup.SetupFailed) as caught:
        install("second")
    assert not (tmp_path / "second" / "demo.py").exists()
    told = str(setup.explained(caught.value, log_path))
    assert told.startswith(
        "The package index offers a file of demo whose hash is not in the lock files"
    )
    assert "SETUP_WITHOUT_HASHES=1" in told.splitlines()[0]


def test_an_unknown_build_of_torch_is_refused_in_one_sentence() -> None:
    offered = {
        "metadata": {"version": "2.13.0+cu999"},
        "download_info": {"archive_info": {"hashes": {"sha256": "0" * 64}}},
    }
    with pytest.raises(setup.SetupFailed, match="offers a file of torch 2") as caught:
        setup.torch_lock(offered)
    assert "known builds: cpu, default" in str(caught.value)


def test_each_build_of_torch_is_found_by_its_hash() -> None:
    for path in ROOT.glob("requirements-torch-*.lock"):
        (version,) = [pin.version for pin in lock.read_lock(path)[0] if pin.name == "torch"]
        for value in lock.read_lock(path)[1]["torch", version]:
            sha256 = value.removeprefix("sha256:")
            offered = {"download_info": {"archive_info": {"hashes": {"sha256": sha256}}}}
            assert setup.torch_lock(offered) == path


def test_pins_without_hashes_keep_their_markers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "VENV", tmp_path)
    path = ROOT / "requirements-torch-default.lock"
    lines = setup.without_hashes(path).read_text().splitlines()
    assert len(lines) == len(lock.read_lock(path)[0])
    assert "torch==2.13.0" in lines
    assert any(line.startswith("triton==") and "platform_system" in line for line in lines)


def test_the_image_is_made_of_every_package() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert [name for name in packages if f"!{name.rstrip('*')}/" not in ignored] == []
    assert [name for name in project["project"]["license-files"] if f"!{name}" not in ignored] == []
