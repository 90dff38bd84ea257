"""Makes the keys of a local system's ports once and stores them, readable by their owner only."""

from __future__ import annotations

import secrets
from pathlib import Path

from serve_app.private_file import write_private

RAY_TOKEN = "ray.token"  # noqa: S105
STAND_IN_KEY = "standin.key"
BROKER_PASSWORD = "broker.password"  # noqa: S105
FRONT_KEY = "front.key"
_LEAST_CHARS = 32


def local_key(run_dir: Path, name: str) -> str:
    """Return the text of the key file `name`, made up at the first call and where the file is damaged. Idempotent."""
    path = run_dir / name
    if not _is_whole(path):
        make_private_folder(run_dir)
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8")


def _is_whole(path: Path) -> bool:
    try:
        return len(path.read_bytes().decode("ascii").strip()) >= _LEAST_CHARS
    except (FileNotFoundError, UnicodeDecodeError):
        return False


def make_private_folder(folder: Path) -> None:
    """Make the folder and close it, also an older one, to other accounts. Idempotent."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
