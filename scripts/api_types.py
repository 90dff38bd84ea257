"""Writes web-form/src/api/schema.d.ts, the types of the API's calls, from the API's own OpenAPI document.

PYTHONPATH=. python scripts/api_types.py
"""

from __future__ import annotations

import json
import subprocess

from scripts.api_reference import openapi
from scripts.setup import WEB_FORM

TARGET = WEB_FORM / "src" / "api" / "schema.d.ts"
GENERATOR = WEB_FORM / "node_modules" / ".bin" / "openapi-typescript"


def write_types() -> str:
    """Returns the declarations that the generator makes of the current document.

    Raises:
        FileNotFoundError: The web form's packages are not installed (`make setup`).
        subprocess.CalledProcessError: The generator refuses the document.
    """
    document = json.dumps(openapi(), sort_keys=True)
    done = subprocess.run(  # noqa: S603
        [str(GENERATOR)], input=document, cwd=WEB_FORM, capture_output=True, text=True, check=True
    )
    return done.stdout


if __name__ == "__main__":
    TARGET.write_text(write_types(), encoding="utf-8")
    print(f"written: {TARGET.relative_to(WEB_FORM.parent)}")
