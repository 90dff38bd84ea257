"""Runs any model of sentence-transformers in fp32 on a CPU.

Texts are batched by length, so that short ones are not padded to the longest. All calls block; a
stage makes them in its own thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from embeddings.sources import PACKAGED_MODEL, find_torch_model

Vectors = npt.NDArray[np.float32]
Encodings = npt.NDArray[np.float32]

DEFAULT_MAX_BATCH_TOKENS = 256
MAX_SEQUENCE_TOKENS = 256


def plan_batches(lengths: Sequence[int], max_batch_tokens: int) -> Iterator[list[int]]:
    """Yield groups of indices, longest first, whose padded size stays within the token budget.

    A text that alone exceeds the budget gets a batch of its own.
    """
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    batch: list[int] = []
    width = 0
    for index in order:
        if batch and width * (len(batch) + 1) > max_batch_tokens:
            yield batch
            batch = []
        if not batch:
            width = max(1, lengths[index])
        batch.append(index)
    if batch:
        yield batch


def _read_in_batches(
    texts: Sequence[str],
    lengths: Sequence[int],
    dimension: int,
    max_batch_tokens: int,
    encode: Callable[[list[int]], Encodings],
) -> Encodings:
    encodings = np.zeros((len(texts), 2 * dimension), dtype=np.float32)
    for batch in plan_batches(lengths, max_batch_tokens):
        encodings[batch] = encode(batch)
    norms = np.linalg.norm(encodings[:, :dimension], axis=1, keepdims=True)
    encodings[:, :dimension] /= np.maximum(norms, 1e-12)
    return encodings


class SentenceTransformerEmbedder:
    """Any sentence-transformers model name or folder; by default the packaged all-MiniLM-L6-v2."""

    def __init__(
        self,
        model_name: str = PACKAGED_MODEL,
        max_batch_tokens: int = DEFAULT_MAX_BATCH_TOKENS,
        threads: int = 0,
    ) -> None:
        """Load the model; `threads` of 0 keeps torch's own number, which is global to the process.

        Raises ValueError at once for a model that does not exist.
        """
        source = find_torch_model(model_name)
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        from embeddings.pooling import MidLayerPooling

        disable_progress_bar()
        if threads > 0:
            torch.set_num_threads(threads)
        self._model = SentenceTransformer(
            source.name, device="cpu", local_files_only=source.is_here
        )
        self._model.append(MidLayerPooling(self._model[0]))
        self._max_batch_tokens = max_batch_tokens
        self.model_id = model_name
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise ValueError(f"{model_name} does not state the dimension of its vectors")
        self.dimension: int = dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return unit-length float32 vectors [n, dimension], in the order of `texts`."""
        return self.encode(texts)[:, : self.dimension]

    def encode(self, texts: Sequence[str]) -> Encodings:
        """Return `embed`'s vectors, each followed by the mean of its tokens after half of the layers.

        That half is zero for a model without layers, or whose tokens are wider than its vectors.
        """
        if not texts:
            return np.zeros((0, 2 * self.dimension), dtype=np.float32)
        # Counting takes under a hundredth of the model's time, and estimates would leave more padding.
        tokens = self._model.tokenizer(list(texts), truncation=True, max_length=MAX_SEQUENCE_TOKENS)
        lengths = [len(ids) for ids in tokens["input_ids"]]

        def encode(batch: list[int]) -> Encodings:
            encoded = cast(
                list[dict[str, npt.NDArray[np.float32]]],
                self._model.encode(
                    [texts[index] for index in batch],
                    output_value=None,
                    batch_size=len(batch),
                    show_progress_bar=False,
                ),
            )
            return np.stack(
                [
                    np.concatenate([output["sentence_embedding"], output["mid_layer"]])
                    for output in encoded
                ]
            )

        return _read_in_batches(texts, lengths, self.dimension, self._max_batch_tokens, encode)
