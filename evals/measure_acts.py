"""Measures the dialogue acts on messages written apart from the fit, by act and language, beside the rules' reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from agent.message_kinds import Kind
from agent.signals import reports_failure
from agent.small_talk import small_talk
from domain.acts import SEARCHING, ActReading, DialogueAct
from domain.languages import Language
from domain.sensitive import has_secret
from domain.words import flatten
from evals.datasets import DataFolder, read_rows
from evals.encoders import embedder, load_acts
from evals.fitting.acts import read_examples
from evals.help_centres.centre import CENTRES
from evals.metrics import Figure, share
from pipeline.acts import certain_act

LABELLED = CENTRES / "acts.jsonl"


def read_by_rules(text: str, language: Language) -> DialogueAct:
    """Return the act by the rules that there were before the model: phrases, in a fixed order."""
    if has_secret(text):
        return DialogueAct.SECRET_SHARED
    if reports_failure(text):
        return DialogueAct.DID_NOT_WORK
    match small_talk(text, language):
        case Kind.GREETING:
            return DialogueAct.GREETING
        case Kind.THANKS:
            return DialogueAct.THANKS
    certain = certain_act(text)
    return certain.act if certain is not None else DialogueAct.QUESTION


def measure_acts(_data: DataFolder) -> Iterator[Figure]:
    """Yield the shares read right, in all, by language and by act, and of searches that a reading would prevent.

    Messages that stand among the examples ("hola") are left out.
    """
    known = {flatten(example.text) for example in read_examples()}
    rows = [row for row in read_rows(LABELLED) if flatten(str(row["text"])) not in known]
    texts = [str(row["text"]) for row in rows]
    read = load_acts().read_many(texts, embedder().encode(texts))
    readings = [certain_act(text) or reading for text, reading in zip(texts, read, strict=True)]
    acts = [reading.act for reading in readings]
    wanted = np.array([str(row["act"]) for row in rows])
    languages = np.array([str(row["language"]) for row in rows])
    right = np.array(acts) == wanted
    ruled = [read_by_rules(str(row["text"]), Language(str(row["language"]))) for row in rows]
    by_rules = np.array(ruled) == wanted
    yield share("acts right", right, "", float(by_rules.mean()))
    for language in sorted(set(languages)):
        own = languages == language
        yield share(f"acts right, {language}", right[own], "", float(by_rules[own].mean()))
    for act in DialogueAct:
        own = wanted == act
        yield share(f"acts right, {act}", right[own], "", float(by_rules[own].mean()))
    yield _ended_without_search(readings, wanted)


def _ended_without_search(readings: Sequence[ActReading], wanted: np.ndarray) -> Figure:
    """Return the share of questions, follow-ups and the like that would be ended without a search."""
    searching = np.array([DialogueAct(act) in SEARCHING for act in wanted])
    ended = np.array([reading.act not in SEARCHING and reading.is_sure for reading in readings])
    return share("acts questions ended unsearched", ended[searching], "<= 0.02", None, True)
