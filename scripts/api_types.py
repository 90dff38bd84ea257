"""Writes what the pages know of the API: the types of its calls (schema.d.ts) and its names (names.ts).

PYTHONPATH=. python scripts/api_types.py
"""

from __future__ import annotations

import json
import subprocess

from domain.channels import Channel
from domain.tickets import EscalationReason
from scripts.api_reference import openapi
from scripts.setup import WEB_FORM

TARGET = WEB_FORM / "src" / "api" / "schema.d.ts"
NAMES = WEB_FORM / "src" / "api" / "names.ts"
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


def write_names() -> str:
    """Return the module that names channels and reasons of hand-overs, from their records."""
    reasons = [(reason.value, reason.record) for reason in EscalationReason]
    labels = {value: record.label[0].upper() + record.label[1:] for value, record in reasons}
    tables = (
        (
            "Channels.",
            "CHANNEL",
            "Channel",
            {channel.value: channel.facts.label for channel in Channel},
        ),
        (
            "Why a person takes over, said to the customer.",
            "HANDOVER",
            "EscalationReason",
            {value: record.page_text for value, record in reasons},
        ),
        ("The same reasons, said to staff.", "REASON", "EscalationReason", labels),
    )
    parts = [
        "/** Written by `make api-types` from the records of channels and reasons. */",
        "import type { Channel, EscalationReason } from './types';",
    ]
    for meaning, name, keys, words in tables:
        rows = "".join(f"  {key}: {_literal(text)},\n" for key, text in words.items())
        parts.append(
            f"\n/** {meaning} */\nexport const {name}: Readonly<Record<{keys}, string>> = {{\n{rows}}};"
        )
    return "\n".join(parts) + "\n"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


if __name__ == "__main__":
    for path, text in ((NAMES, write_names()), (TARGET, write_types())):
        path.write_text(text, encoding="utf-8")
        print(f"written: {path.relative_to(WEB_FORM.parent)}")
