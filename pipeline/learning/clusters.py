"""Groups texts by their vectors and names each group."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from domain.languages import guess_language
from domain.ports import Vectors
from domain.words import content_stems, content_words, stem

_NAME_WORDS = 3


def cluster(vectors: Vectors, from_cosine: float) -> list[list[int]]:
    """Group texts whose cosine with their group's centre is at least `from_cosine`.

    Returns:
        Indices, the largest group first and each group's centre first. Every text is in exactly one
        group. Deterministic.
    """
    count = len(vectors)
    if count == 0:
        return []
    near = (vectors @ vectors.T) >= from_cosine
    np.fill_diagonal(near, True)
    left = np.ones(count, dtype=bool)
    groups: list[list[int]] = []
    while left.any():
        sizes = np.where(left, (near & left).sum(axis=1), -1)
        centre = int(sizes.argmax())
        members = np.flatnonzero(near[centre] & left)
        left[members] = False
        groups.append([centre, *(int(member) for member in members if member != centre)])
    return groups


def name_groups(texts: Sequence[str], groups: Sequence[Sequence[int]]) -> list[str]:
    """Name each group by words that set it apart from the others, in the order of its central text."""
    language = guess_language(" ".join(texts))
    words_of = [Counter(content_stems(text, language)) for text in texts]
    in_groups: Counter[str] = Counter()
    for group in groups:
        in_groups.update({word for at in group for word in words_of[at]})
    names = []
    for group in groups:
        texts_with: Counter[str] = Counter(word for at in group for word in words_of[at])
        weight = {
            word: count / len(group) * math.log(1 + len(groups) / in_groups[word])
            for word, count in texts_with.items()
        }
        centre = list(dict.fromkeys(content_words(texts[group[0]], language)))
        best = sorted(centre, key=lambda word: -weight[stem(word, language)])[:_NAME_WORDS]
        chosen = [word for word in centre if word in best]
        names.append(" ".join(chosen).capitalize() or "Other")
    return names
