"""Tests that no HTTP client of the product was added without a thought for what a server may answer to it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENT = re.compile(
    r"\b(?:httpx2?\.(?:Async)?Client\(|httpx2?\.(?:stream|get|post|put|request)\(|DefaultAsyncHttpxClient\("
    r"|requests\.(?:get|post|put|request|Session)\(|httplib2\.Http\b|urlopen\(|urllib3\.|aiohttp\.ClientSession\("
    r"|TwilioHttpClient\b|PyJWKClient\b|\bOAuth\(\)|HfApi\()"
)
NOT_THE_PRODUCT = ("tests/", "benchmarks/", "standins/", "evals/", "scripts/")

BOUNDED = {
    "agent/model_client.py": "limiting_hooks",
    "deployments/identity_provider.py": "limiting_hooks",
    "deployments/going_live.py": "limiting_hooks",
    "documents/website/client.py": "page_bytes, unpacked in small parts",
    "notices/posting.py": "the body is not read",
    "channels/gmail/limited_http.py": "MAX_ANSWER_BYTES",
    "channels/gmail/api.py": "LimitedHttp; httplib2.Http() is handed to a service whose description is on disk",
    "channels/gmail/push.py": "_MAX_KEYS_BYTES, seconds in total",
    "channels/whatsapp/client.py": "MAX_ANSWER_BYTES, never unpacked",
}
"""By what the answers of each client are bounded."""
OPERATORS_OWN = {
    "serve_app/demo.py": "a command's calls of this system",
    "serve_app/deploy.py": "a command's calls of Ray's own dashboard",
    "serve_app/run.py": "a command's calls of this system",
    "embeddings/sources.py": "a model that the operator names",
}
"""What only the operator's commands call, at addresses that the operator gives."""


def test_every_client_is_known_with_what_bounds_its_answers() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    product = [path for path in listed.stdout.split() if not path.startswith(NOT_THE_PRODUCT)]
    found = {path for path in product if CLIENT.search((ROOT / path).read_text("utf-8"))}
    assert found == {*BOUNDED, *OPERATORS_OWN}
