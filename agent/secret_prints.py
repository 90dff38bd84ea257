"""Recognises our secrets in a text by their digests, so that the stage that calls a model holds none."""

from __future__ import annotations

import base64
import codecs
import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import SecretStr

from domain.words import fold

MIN_SECRET_CHARS = 6
"""Shorter spellings of a secret are words of any text."""
_LONGEST_WINDOW = 20
"""Characters of a spelling that are looked up first, so that each place is tried at few lengths."""
_NO_LETTER = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class SecretPrints:
    """Salted digests of the secrets' spellings; they confirm a guess and reveal nothing else."""

    _salt: bytes = b""
    _prints: dict[int, dict[bytes, frozenset[tuple[int, bytes]]]] = field(
        default_factory=dict, repr=False
    )
    """By the length and digest of a spelling's beginning: the length and digest of the whole."""

    @classmethod
    def of(cls, secrets: Iterable[SecretStr]) -> SecretPrints:
        """Make the digests."""
        salt = os.urandom(16)
        found: dict[int, dict[bytes, set[tuple[int, bytes]]]] = defaultdict(
            lambda: defaultdict(set)
        )
        for secret in secrets:
            for spelling in _spellings(secret.get_secret_value()):
                window = spelling[:_LONGEST_WINDOW]
                whole = (len(spelling), _digest(salt, spelling))
                found[len(window)][_digest(salt, window)].add(whole)
        prints = {
            length: {window: frozenset(wholes) for window, wholes in windows.items()}
            for length, windows in found.items()
        }
        return cls(salt, prints)

    def occur_in(self, text: str) -> bool:
        """Return whether the text holds a secret, also backwards or encoded."""
        squeezed = _squeeze(text)
        for length, windows in self._prints.items():
            for start in range(len(squeezed) - length + 1):
                wholes = windows.get(_digest(self._salt, squeezed[start : start + length]), ())
                for size, digest in wholes:
                    if _digest(self._salt, squeezed[start : start + size]) == digest:
                        return True
        return False


def _digest(salt: bytes, text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), key=salt, digest_size=16).digest()


def _squeeze(text: str) -> str:
    return _NO_LETTER.sub("", fold(text))


def _spellings(secret: str) -> frozenset[str]:
    """Return the usual disguises of a secret, squeezed to letters and digits."""
    raw = secret.encode()
    plain = _squeeze(secret)
    forms = {
        plain,
        plain[::-1],
        raw.hex(),
        _squeeze(base64.b64encode(raw).decode().rstrip("=")),
        _squeeze(base64.b32encode(raw).decode().rstrip("=")),
        _squeeze(codecs.encode(secret, "rot13")),
    }
    return frozenset(form for form in forms if len(form) >= MIN_SECRET_CHARS)
