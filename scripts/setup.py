"""Sets the project up: virtual environment, locked packages and web form. Skips steps that are up to date.

Every package is installed by the hash of its file; SETUP_WITHOUT_HASHES=1 installs the locked versions unchecked.
TORCH_INDEX_URL names the package index of another build of torch. Runs before the environment exists, under any
Python 3, so it imports only the standard library.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CHECKOUT_LINK = VENV / "lib" / "python3.11" / "site-packages" / "checkout.pth"
LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-dev.lock")
BUILD_LOCK = ROOT / "requirements-build.lock"
TORCH_LOCKS = tuple(sorted(ROOT.glob("requirements-torch-*.lock")))
WEB_FORM = ROOT / "web-form"
GIB = 1024**3
FREE_TO_SET_UP_BYTES = 3 * GIB
NODE_MAJOR = 20
LINES_SHOWN_ON_FAILURE = 20
TELL_EVERY_S = 15
WITHOUT_HASHES = "If you trust the index, `SETUP_WITHOUT_HASHES=1 make setup` installs the locked versions unchecked."


if TYPE_CHECKING:
    Step = tuple[str, Callable[[IO[bytes], Path], None]]


class SetupFailed(Exception):
    """A failed set-up; the message is for the user."""


def main() -> int:
    """Set up; return an exit code."""
    log_path = Path(os.environ.get("DATA_DIR") or ".local").resolve() / "logs" / "setup.log"
    try:
        check_python()
        log_path.parent.mkdir(parents=True, exist_ok=True)
        turn = ROOT / ".local" / "setup.lock"
        turn.parent.mkdir(exist_ok=True)
        with open(str(turn), "w") as lock:
            wait_for_turn(lock)
            set_up(log_path)
            link_checkout()
    except SetupFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def check_python() -> None:
    """Raise SetupFailed unless this is Python 3.11."""
    if sys.version_info[:2] != (3, 11):
        found = ".".join(str(part) for part in sys.version_info[:3])
        raise SetupFailed(
            f"Python 3.11 is needed, this is {found}: install it, or name it with "
            "PYTHON=/path/to/python3.11."
        )


def wait_for_turn(lock: IO[str]) -> None:
    """Lock the file, waiting for another set-up of this checkout."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("Another set-up of this checkout is running; waiting for it.", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def set_up(log_path: Path) -> None:
    """Run the steps that are due, logging their output."""
    steps = [*python_steps(), *web_form_steps()]
    if not steps:
        return
    free = shutil.disk_usage(str(ROOT)).free
    if free < FREE_TO_SET_UP_BYTES:
        raise SetupFailed(
            f"Only {free / GIB:.1f} GiB are free on the disk of {ROOT}; "
            f"the set-up needs {FREE_TO_SET_UP_BYTES // GIB} GiB."
        )
    print(f"Setting up; the log is {log_path}", flush=True)
    with open(str(log_path), "wb", opener=open_private) as log:
        for number, (what, act) in enumerate(steps, 1):
            title = f"[{number}/{len(steps)}] {what}"
            with Waiting(title):
                act(log, log_path)


def open_private(path: str, flags: int) -> int:
    """Open a file that only its owner reads; serve_app.private_file needs a Python that only the set-up brings."""
    handle = os.open(path, flags, 0o600)
    os.fchmod(handle, 0o600)
    return handle


def link_checkout() -> None:
    """Make our packages importable from any folder.

    Ray's commands (`serve deploy`, `serve status`) import what config.yaml names without looking into the current
    folder.
    """
    if not CHECKOUT_LINK.exists() or CHECKOUT_LINK.read_text() != f"{ROOT}\n":
        CHECKOUT_LINK.write_text(f"{ROOT}\n")


class Waiting:
    """Shows a step and its duration so far, updated in place on a terminal and by occasional lines elsewhere."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._ended.set()
        self._thread.join()
        mark = "✓" if kind is None else "✗"
        start = "\r\033[K" if sys.stdout.isatty() else ""
        print(f"{start}  {mark} {self._title} ({self._elapsed()})", flush=True)

    def _tell(self) -> None:
        live = sys.stdout.isatty()
        if not live:
            print(f"  … {self._title}", flush=True)
        while not self._ended.wait(0.2 if live else TELL_EVERY_S):
            if live:
                line = f"\r\033[K  … {self._title} ({self._elapsed()})"
                sys.stdout.write(line)
                sys.stdout.flush()
            else:
                print(f"  … {self._title} ({self._elapsed()} so far)", flush=True)

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._began:.0f} s"


def run(command: list[str | Path], log: IO[bytes], log_path: Path, cwd: Path = ROOT) -> None:
    """Run a command with its output in the log; raise SetupFailed with the log's end if it fails."""
    log.write("\n$ {}\n".format(" ".join(str(part) for part in command)).encode())
    log.flush()
    done = subprocess.run(  # noqa: S603
        [str(part) for part in command],
        cwd=str(cwd),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env={**os.environ, "NEXT_TELEMETRY_DISABLED": "1"},
        check=False,
    )
    if done.returncode:
        lines = log_path.read_text(errors="replace").splitlines()[-LINES_SHOWN_ON_FAILURE:]
        raise SetupFailed(
            "`{}` failed with {}. The end of {}:\n{}".format(
                " ".join(str(part) for part in command[:4]),
                done.returncode,
                log_path,
                "\n".join("  " + line for line in lines),
            )
        )


def digest(*paths: Path, also: str = "") -> str:
    """Return a digest of the contents of files and folders."""
    total = hashlib.sha256(also.encode())
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            total.update(str(file.relative_to(ROOT)).encode())
            total.update(file.read_bytes())
    return total.hexdigest()


def is_stamped(stamp: Path, value: str) -> bool:
    """Tell whether the stamp file holds `value`."""
    return stamp.exists() and stamp.read_text() == value


def python_steps() -> list[Step]:
    """Return the steps that are due for the virtual environment."""
    is_checked = not os.environ.get("SETUP_WITHOUT_HASHES")
    index = os.environ.get("TORCH_INDEX_URL", "")
    wanted = digest(*LOCKS, BUILD_LOCK, *TORCH_LOCKS, also=sys.version)
    stamp = VENV / ".set-up"
    if is_stamped(stamp, wanted) and PYTHON.exists():
        return []
    pip: list[str | Path] = [PYTHON, "-m", "pip"]
    pip_install = [*pip, "install", "--disable-pip-version-check", "--no-input"]
    torch = next(
        line.split()[0]
        for line in TORCH_LOCKS[0].read_text().splitlines()
        if line.startswith("torch==")
    )

    def install(log: IO[bytes], log_path: Path, locks: Sequence[Path], *options: str) -> None:
        sources = locks if is_checked else [without_hashes(lock) for lock in locks]
        checking = ["--require-hashes"] if is_checked else []
        files = [part for source in sources for part in ("-r", source)]
        try:
            run([*pip_install, *checking, *options, *files], log, log_path)
        except SetupFailed as failure:
            raise explained(failure, log_path) from None

    def make(log: IO[bytes], log_path: Path) -> None:
        run([sys.executable, "-m", "venv", VENV], log, log_path)
        install(log, log_path, [BUILD_LOCK])

    def install_torch(log: IO[bytes], log_path: Path) -> None:
        if installed_torch() == torch:
            return
        options = ["--index-url", index] if index else []
        if not is_checked:
            run([*pip_install, *options, torch], log, log_path)
            return
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            looking = ["--dry-run", "--ignore-installed", "--no-deps", "--report", report]
            run([*pip_install, *looking, *options, torch], log, log_path)
            (offered,) = json.loads(report.read_text())["install"]
        install(log, log_path, [torch_lock(offered)], "--no-deps", *options)

    def install_rest(log: IO[bytes], log_path: Path) -> None:
        # What builds a source archive is installed by its hash already.
        install(log, log_path, LOCKS, "--no-build-isolation")
        stamp.write_text(wanted)

    return [
        ("virtual environment", make),
        (f"{torch} (the largest package)", install_torch),
        ("the other packages", install_rest),
    ]


def installed_torch() -> str:
    """Return the installed torch as a pin without its build, empty if there is none."""
    tell = "from importlib.metadata import version; print('torch==' + version('torch').partition('+')[0])"
    done = subprocess.run([str(PYTHON), "-c", tell], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip()


def torch_lock(offered: dict[str, Any]) -> Path:
    """Return the lock that holds the hash of the file which the index offers."""
    sha256 = offered["download_info"]["archive_info"]["hashes"]["sha256"]
    for lock in TORCH_LOCKS:
        if sha256 in lock.read_text():
            return lock
    known = ", ".join(lock.stem.rpartition("-")[2] for lock in TORCH_LOCKS)
    raise SetupFailed(
        f"The package index offers a file of torch {offered['metadata']['version']} whose hash no lock file holds"
        f" (known builds: {known}). {WITHOUT_HASHES}"
    )


def without_hashes(lock: Path) -> Path:
    """Write a lock's pins without their hashes; return the file."""
    pins = re.findall(r"^([^\s#-].*?) \\$", lock.read_text(), re.MULTILINE)
    plain = VENV / f"{lock.stem}.txt"
    plain.write_text("\n".join(pins) + "\n")
    return plain


def explained(failure: SetupFailed, log_path: Path) -> SetupFailed:
    """Return a failure that says first what a missing or other hash means, where that is the cause."""
    text = log_path.read_text(errors="replace")
    odd = re.search(r"^\s+(\S+)[^\n]*:\n\s+Expected sha256", text, re.MULTILINE)
    if odd is None and "--require-hashes mode" not in text:
        return failure
    what = odd[1].partition("==")[0] if odd else "a package"
    return SetupFailed(
        f"The package index offers a file of {what} whose hash is not in the lock files: it was replaced, or nobody"
        f" has locked this platform yet. {WITHOUT_HASHES}\n{failure}"
    )


def web_form_steps() -> list[Step]:
    """Return the steps that are due for the web form."""
    if not (WEB_FORM / "package.json").exists():
        return []
    lock = WEB_FORM / "package-lock.json"
    packages = digest(lock)
    packages_stamp = WEB_FORM / "node_modules" / ".set-up"
    settings = [WEB_FORM / "package.json", WEB_FORM / "tsconfig.json", lock]
    sources = [WEB_FORM / "src", *settings, *WEB_FORM.glob("*.mjs")]
    built = digest(*(path for path in [*sources, WEB_FORM / "public"] if path.exists()))
    # Not inside the export, because all its files are served.
    built_stamp = WEB_FORM / "node_modules" / ".built"

    def install(log: IO[bytes], log_path: Path) -> None:
        run(["npm", "ci", "--no-audit", "--no-fund"], log, log_path, WEB_FORM)
        packages_stamp.write_text(packages)

    def build(log: IO[bytes], log_path: Path) -> None:
        run(["npm", "run", "build"], log, log_path, WEB_FORM)
        built_stamp.write_text(built)

    steps: list[Step] = []
    if not is_stamped(packages_stamp, packages):
        steps.append(("packages of the web form", install))
    if steps or not is_stamped(built_stamp, built) or not (WEB_FORM / "out").exists():
        steps.append(("building the web form", build))
    if steps:
        check_node()
    return steps


def check_node() -> None:
    """Raise SetupFailed without a recent Node and npm."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise SetupFailed(f"Node {NODE_MAJOR} with npm is needed on PATH.")
    version = subprocess.check_output(["node", "--version"], text=True).strip()  # noqa: S607
    if int(version.lstrip("v").split(".")[0]) < NODE_MAJOR:
        raise SetupFailed(f"Node {NODE_MAJOR} or newer is needed, this is {version}.")


if __name__ == "__main__":
    sys.exit(main())
