"""Estimates a text's tokens, and cuts texts to a budget."""

from __future__ import annotations


def estimate_tokens(text: str) -> int:
    """Estimate a text's tokens: one for four characters, one for each of a wide script."""
    wide = sum(1 for char in text if ord(char) > 0x2E80)
    return wide + (len(text) - wide + 3) // 4


def cut_to_tokens(text: str, budget: int) -> str:
    """Cut a text to `budget` estimated tokens and mark the cut."""
    if estimate_tokens(text) <= budget:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if estimate_tokens(text[:middle]) <= budget:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + " […]"
