"""Runs a BERT encoder with mean pooling, such as all-MiniLM-L6-v2, with matrix products in eight bits.

Weights are rounded once, with a scale for each output; activations at each call, with a scale and an offset for
each token (the vector-wise scheme of Dettmers et al., 2022), so that large values blur only their own token. Texts
are concatenated, without padding. docs/decisions/0005-eight-bit-embeddings.md has the measurements.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from embeddings.sources import MAX_BATCH_TOKENS, PACKAGED_MODEL, find_bert_model

Vectors = npt.NDArray[np.float32]
Encodings = npt.NDArray[np.float32]


class _Linear:
    """Maps x [tokens, in] to x @ weight.T + bias [tokens, out], of one or more layers with the same input.

    `beside` [tokens, out], if given, is added.
    """

    def __init__(self, weights: Mapping[str, Tensor], *names: str) -> None:
        weight = torch.cat([weights[f"{name}.weight"] for name in names])
        self._bias = torch.cat([weights[f"{name}.bias"] for name in names])
        self._scale = torch.maximum(weight.amax(1), -weight.amin(1)).div_(_weight_levels())
        self._weight = weight.div_(self._scale[:, None]).round_().to(torch.int8).t()
        self._sums = self._weight.sum(0) * self._scale

    def __call__(self, x: Tensor, beside: Tensor | None = None) -> Tensor:
        # FBGEMM packs each token: its values as 0 to 255, then its scale and least value as floats.
        packed = torch.ops.quantized.embedding_bag_byte_prepack(x)
        ranges = packed.view(torch.float32)
        scale, middle = ranges[:, -2:-1], torch.add(ranges[:, -1], ranges[:, -2], alpha=128)
        # Flipping the highest bit subtracts 128: the product needs signed values.
        whole = torch._int_mm(packed[:, :-8].bitwise_xor(128).view(torch.int8), self._weight)
        # Converted in place: a second copy would evict the first from the cache.
        product = whole.view(torch.float32).copy_(whole).mul_(self._scale)
        if beside is None:
            torch.addcmul(self._bias, product, scale, out=product)
        else:
            torch.addcmul(beside, product, scale, out=product).add_(self._bias)
        return product.addr_(middle, self._sums)


@cache
def _weight_levels() -> int:
    """Return how far from zero a rounded weight may be on this processor.

    x86 without VNNI adds pairs of products in sixteen bits, no further than 32,767.
    """
    most = torch.full((32, 64), 127, dtype=torch.int8)
    return 127 if int(torch._int_mm(most, most.t())[0, 0]) == 127 * 127 * 64 else 63


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
        self, weights: Mapping[str, Tensor], name: str, heads: int, epsilon: float
    ) -> None:
        of = f"{name}.attention"
        self._heads = heads
        self._read = _Linear(weights, *(f"{of}.self.{part}" for part in ("query", "key", "value")))
        self._mix = _Linear(weights, f"{of}.output.dense")
        self._mix_norm = _Norm(weights, f"{of}.output.LayerNorm", epsilon)
        self._widen = _Linear(weights, f"{name}.intermediate.dense")
        self._narrow = _Linear(weights, f"{name}.output.dense")
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


class Int8Embedder:
    """An encoder; `model_name` is the packaged model or a folder in the format of sentence-transformers."""

    def __init__(
        self,
        model_name: str = PACKAGED_MODEL,
        max_batch_tokens: int = MAX_BATCH_TOKENS,
        threads: int = 0,
    ) -> None:
        """Load the weights; `threads` of 0 keeps torch's own number, which is global to the process.

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
        self._layers = [
            _Layer(weights, f"encoder.layer.{number}", shape["num_attention_heads"], epsilon)
            for number in range(shape["num_hidden_layers"])
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
