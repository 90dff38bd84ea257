"""Pools a model's middle layer, beside the sentence's vector."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import override


class MidLayerPooling(torch.nn.Module):
    """Adds `mid_layer`, the mean of the tokens after half of the layers, to the features."""

    def __init__(self, transformer: torch.nn.Module) -> None:
        """Let `transformer`, the model's first module, return the output of each layer."""
        super().__init__()
        config = getattr(getattr(transformer, "model", None), "config", None)
        if config is not None:
            config.output_hidden_states = True

    @override
    def forward(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        vectors = features["sentence_embedding"]
        layers = features.get("all_layer_embeddings", ())
        half = layers[(len(layers) - 1) // 2] if layers else vectors[:, None, :0]
        if half.shape[-1] == vectors.shape[-1]:
            mask = features["attention_mask"][:, :, None].to(half.dtype)
            features["mid_layer"] = (half * mask).sum(1) / mask.sum(1).clamp_min(1)
        else:
            features["mid_layer"] = torch.zeros_like(vectors)
        return features
