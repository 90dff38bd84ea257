"""Makes the TLS contexts for mail servers."""

from __future__ import annotations

import ssl


def make_context(ca_file: str) -> ssl.SSLContext:
    """Return a context that checks the certificate and the host's name; empty trusts the system's authorities."""
    return ssl.create_default_context(cafile=ca_file or None)
