"""Multiplies activations by a layer's weights in eight bits, in bfloat16 or in full precision.

Which of them is fastest differs between processors by an order of magnitude: eight bits where there is VNNI,
bfloat16 where there is AMX, full precision elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Protocol

import torch
from torch import Tensor


class Precision(StrEnum):
    """How the matrix products of an encoder are computed."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    INT8 = "int8"


class Product(Protocol):
    """Maps x [tokens, in] to x @ weight.T + bias [tokens, out], of one or more layers with the same input."""

    def __call__(self, x: Tensor, beside: Tensor | None = None) -> Tensor:
        """Return the product; `beside` [tokens, out], if given, is added."""
        ...


class MakeProduct(Protocol):
    """Makes a product of the named layers."""

    def __call__(self, weights: Mapping[str, Tensor], *names: str) -> Product:
        """Read `NAME.weight` [out, in] and `NAME.bias` of each layer."""
        ...


class FloatProduct:
    """In full precision."""

    def __init__(self, weights: Mapping[str, Tensor], *names: str) -> None:
        self._weight, self._bias = _joined(weights, *names)
        self._weight = self._weight.t().contiguous()

    def __call__(self, x: Tensor, beside: Tensor | None = None) -> Tensor:
        """See `Product`."""
        product = torch.addmm(self._bias, x, self._weight)
        return product if beside is None else product.add_(beside)


class BFloat16Product:
    """With eight bits of fraction, summed in full precision."""

    def __init__(self, weights: Mapping[str, Tensor], *names: str) -> None:
        weight, self._bias = _joined(weights, *names)
        self._weight = weight.bfloat16().t().contiguous()

    def __call__(self, x: Tensor, beside: Tensor | None = None) -> Tensor:
        """See `Product`."""
        product = torch.mm(x.bfloat16(), self._weight).float().add_(self._bias)
        return product if beside is None else product.add_(beside)


class Int8Product:
    """In eight bits.

    Weights are rounded once, with a scale for each output; activations at each call, with a scale and an offset for
    each token (the vector-wise scheme of Dettmers et al., 2022), so that large values blur only their own token.
    """

    def __init__(self, weights: Mapping[str, Tensor], *names: str) -> None:
        weight, self._bias = _joined(weights, *names)
        self._scale = torch.maximum(weight.amax(1), -weight.amin(1)).div_(_weight_levels())
        self._weight = weight.div_(self._scale[:, None]).round_().to(torch.int8).t()
        self._sums = self._weight.sum(0) * self._scale

    def __call__(self, x: Tensor, beside: Tensor | None = None) -> Tensor:
        """See `Product`."""
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


MAKERS: Mapping[Precision, MakeProduct] = {
    Precision.FLOAT32: FloatProduct,
    Precision.BFLOAT16: BFloat16Product,
    Precision.INT8: Int8Product,
}


def _joined(weights: Mapping[str, Tensor], *names: str) -> tuple[Tensor, Tensor]:
    """Return copies: these are views of the model's file, and a tensor that was kept would hold all of it."""
    return (
        torch.cat([weights[f"{name}.weight"] for name in names]),
        torch.cat([weights[f"{name}.bias"] for name in names]),
    )
