"""Writes what the pages know of the API: the types of its calls (schema.d.ts) and the channels' names (channels.ts).

PYTHONPATH=. python scripts/api_types.py
"""

from __future__ import annotations

import json
import subprocess

from domain.channels import Channel
from scripts.api_reference import openapi
from scripts.setup import WEB_FORM

TARGET = WEB_FORM / "src" / "api" / "schema.d.ts"
CHANNELS = WEB_FORM / "src" / "api" / "channels.ts"
GENERATOR = WEB_FORM / "node_modules" / ".bin" / "openapi-typescript"


def write_types() -> str:
    """Return the declarations that the generator makes from the current document.

    Raises:
        FileNotFoundError: The web form's packages are not installed (`make setup`).
        subprocess.CalledProcessError: The generator refuses the document.
    """
    document = json.dumps(openapi(), sort_keys=True)
    done = subprocess.run(  # noqa: S603
        [str(GENERATOR)], input=document, cwd=WEB_FORM, capture_output=True, text=True, check=True
    )
    return done.stdout


def write_channels() -> str:
    """Returns the module that names each registered channel to staff and customers."""
    names = ", ".join(f"{channel}: '{channel.facts.label}'" for channel in Channel)
    return (
        "/** Written by `make api-types` from the registry of channels. */\n"
        "import type { Channel } from './types';\n\n"
        f"export const CHANNEL: Readonly<Record<Channel, string>> = {{ {names} }};\n"
    )


if __name__ == "__main__":
    for path, text in ((CHANNELS, write_channels()), (TARGET, write_types())):
        path.write_text(text, encoding="utf-8")
        print(f"written: {path.relative_to(WEB_FORM.parent)}")
