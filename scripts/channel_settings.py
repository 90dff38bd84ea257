"""Writes the channels' settings into the files that hand settings on: .env.example, compose.yaml, a Secret's example.

PYTHONPATH=. python scripts/channel_settings.py
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from channels.registry import transports
from deployments.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
ENV_EXAMPLE = ROOT / ".env.example"
COMPOSE = ROOT / "compose.yaml"
SECRETS = ROOT / "kuberay" / "base" / "secrets.example.yaml"
_BLOCK = re.compile(
    r"(?P<head>(?P<indent> *)# Of the channels, written by `make config-reference`\.\n)"
    r".*?(?P<end> *# End of the channels' settings\.\n)",
    re.DOTALL,
)


def written_files() -> Mapping[Path, str]:
    """Return each file's text with the settings of all registered channels.

    Raises:
        ValueError: A file has lost the comments between which the settings stand.
    """
    fields = channel_settings()
    secrets = [name for name, field in fields.items() if field.annotation is SecretStr]
    return {
        ENV_EXAMPLE: _fill(ENV_EXAMPLE, _described(fields)),
        COMPOSE: _fill(COMPOSE, (f"{name}: ${{{name}:-}}" for name in fields)),
        SECRETS: _fill(SECRETS, (f'{name}: ""' for name in secrets)),
    }


def channel_settings() -> dict[str, FieldInfo]:
    """Return the channels' own settings by their names in the environment."""
    own = {name for _, transport in transports() for name in transport.setting_names}
    return {name.upper(): field for name, field in Settings.model_fields.items() if name in own}


def _described(fields: Mapping[str, FieldInfo]) -> Iterator[str]:
    for name, field in fields.items():
        yield from textwrap.wrap(
            field.description or "", 110, initial_indent="# ", subsequent_indent="# "
        )
        yield f"{name}="


def _fill(path: Path, lines: Iterator[str]) -> str:
    text = path.read_text(encoding="utf-8")
    block = _BLOCK.search(text)
    if block is None:
        raise ValueError(f"{path} has no block for the channels' settings")
    written = "".join(f"{block['indent']}{line}\n" for line in lines)
    return text[: block.end("head")] + written + text[block.start("end") :]


if __name__ == "__main__":
    for file, content in written_files().items():
        file.write_text(content, encoding="utf-8")
        print(f"written: {file.relative_to(ROOT)}")
