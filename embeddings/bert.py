"""Runs a BERT encoder with mean pooling, such as all-MiniLM-L6-v2, over texts laid end to end, without padding.

Its matrix products are computed in the precision that this processor computes fastest, see `products`.
docs/decisions/0005-eight-bit-embeddings.md and 0020-precision-by-measurement.md have the measurements.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from embeddings.products import MAKERS, MakeProduct, Precision
from embeddings.sources import MAX_BATCH_TOKENS, PACKAGED_MODEL, find_bert_model

Vectors = npt.NDArray[np.float32]
Encodings = npt.NDArray[np.float32]

log = logging.getLogger(__name__)

_PROBE_TEXTS = 4 * [16]
"""The lengths of the texts that a precision is measured on: enough to fill a product, little where it is slow."""
_PROBES = 5


class _Norm:
    def __init__(self, weights: Mapping[str, Tensor], name: str, epsilon: float) -> None:
        self._weight, self._bias = (
            weights[f"{name}.weight"].clone(),
            weights[f"{name}.bias"].clone(),
        )
        self._epsilon = epsilon

    def __call__(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x, self._bias.shape, self._weight, self._bias, self._epsilon)


class _Layer:
    def __init__(
        self,
        weights: Mapping[str, Tensor],
        name: str,
        heads: int,
        epsilon: float,
        product: MakeProduct,
    ) -> None:
        of = f"{name}.attention"
        self._heads = heads
        self._read = product(weights, *(f"{of}.self.{part}" for part in ("query", "key", "value")))
        self._mix = product(weights, f"{of}.output.dense")
        self._mix_norm = _Norm(weights, f"{of}.output.LayerNorm", epsilon)
        self._widen = product(weights, f"{name}.intermediate.dense")
        self._narrow = product(weights, f"{name}.output.dense")
        self._norm = _Norm(weights, f"{name}.output.LayerNorm", epsilon)

    def __call__(self, x: Tensor, lengths: list[int]) -> Tensor:
        x = self._mix_norm(self._mix(self._listen(x, lengths), x))
        return self._norm(self._narrow(torch.ops.aten.gelu_(self._widen(x)), x))

    def _listen(self, x: Tensor, lengths: list[int]) -> Tensor:
        """Return the attention of each token to its own text, [tokens, out]."""
        read = self._read(x).view(1, len(x), 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        heard = [
            functional.scaled_dot_product_attention(query, key, value).transpose(1, 2)
            for query, key, value in torch.split(read, lengths, dim=3)
        ]
        return torch.cat(heard, dim=1)[0].flatten(1)


class BertEmbedder:
    """An encoder; `model_name` is the packaged model or a folder in the format of sentence-transformers."""

    def __init__(
        self,
        model_name: str = PACKAGED_MODEL,
        max_batch_tokens: int = MAX_BATCH_TOKENS,
        threads: int = 0,
        precision: Precision | None = None,
    ) -> None:
        """Load the weights; `threads` of 0 keeps torch's own number, which is global to the process.

        Without a `precision` the fastest one of this processor is found first, which takes under a second.
        Raises ValueError at once for a model that does not exist or is no such encoder.
        """
        from safetensors.torch import load_file

        source = find_bert_model(model_name)
        if threads > 0:
            torch.set_num_threads(threads)
        shape = json.loads(source.config.read_text(encoding="utf-8"))
        # These are views of the file: a tensor that was kept would hold all of it in memory.
        weights = load_file(source.weights)
        epsilon = shape["layer_norm_eps"]
        self._words = weights["embeddings.word_embeddings.weight"].clone()
        self._places = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _Norm(weights, "embeddings.LayerNorm", epsilon)

        def layer(number: int, product: MakeProduct) -> _Layer:
            name = f"encoder.layer.{number}"
            return _Layer(weights, name, shape["num_attention_heads"], epsilon, product)

        self.precision = precision or _fastest(
            {choice: layer(0, make) for choice, make in MAKERS.items()}, shape["hidden_size"]
        )
        self._layers = [
            layer(number, MAKERS[self.precision]) for number in range(shape["num_hidden_layers"])
        ]
        self._tokenizer = Tokenizer.from_file(str(source.tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(source.max_tokens)
        self._max_batch_tokens = max_batch_tokens
        self.model_id = source.model_id
        self.dimension: int = shape["hidden_size"]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return unit-length float32 vectors [n, dimension], in the order of `texts`."""
        return self.encode(texts)[:, : self.dimension]

    def encode(self, texts: Sequence[str]) -> Encodings:
        """Return `embed`'s vectors, each followed by the mean of its tokens after half of the layers."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        encodings = [
            self._encode(batch).numpy() for batch in _batches(tokens, self._max_batch_tokens)
        ]
        return (
            np.concatenate(encodings)
            if encodings
            else np.zeros((0, 2 * self.dimension), np.float32)
        )

    @torch.inference_mode()
    def _encode(self, batch: Sequence[Sequence[int]]) -> Tensor:
        lengths = [len(ids) for ids in batch]
        x = self._words[torch.tensor([token for ids in batch for token in ids])]
        x = self._norm(x + torch.cat([self._places[:length] for length in lengths]))
        half = len(self._layers) // 2
        for layer in self._layers[:half]:
            x = layer(x, lengths)
        pooled = _means(x, lengths)
        for layer in self._layers[half:]:
            x = layer(x, lengths)
        return torch.cat([functional.normalize(_means(x, lengths)), pooled], dim=1)


@torch.inference_mode()
def _fastest(layers: Mapping[Precision, _Layer], width: int) -> Precision:
    """Return the precision whose layer takes the least processor time, which other processes do not change."""
    x = torch.randn(sum(_PROBE_TEXTS), width)
    taken: dict[Precision, float] = {}
    for precision, layer in layers.items():
        layer(x, _PROBE_TEXTS)
        for _ in range(_PROBES):
            started = time.process_time()
            layer(x, _PROBE_TEXTS)
            spent = time.process_time() - started
            taken[precision] = min(spent, taken.get(precision, spent))
            if spent > 2 * min(taken.values()):
                break
    fastest = min(taken, key=lambda precision: taken[precision])
    log.info(
        "matrix products in %s; processor time of a layer: %s",
        fastest,
        ", ".join(f"{precision} {spent * 1e3:.1f} ms" for precision, spent in taken.items()),
    )
    return fastest


def _means(x: Tensor, lengths: list[int]) -> Tensor:
    return torch.stack([text.mean(0) for text in torch.split(x, lengths)])


def _batches(
    tokens: Sequence[Sequence[int]], max_batch_tokens: int
) -> Iterator[list[Sequence[int]]]:
    """Yield texts in their order, as many as fit the budget; a longer text is alone."""
    batch: list[Sequence[int]] = []
    filled = 0
    for ids in tokens:
        if batch and filled + len(ids) > max_batch_tokens:
            yield batch
            batch, filled = [], 0
        batch.append(ids)
        filled += len(ids)
    if batch:
        yield batch
