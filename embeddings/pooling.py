"""The last module of a sentence-transformers model: beside the sentence's vector, how it sounds half way through."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import override


class MidLayerPooling(torch.nn.Module):
    """Adds `tone`, the mean of the tokens after half of the layers, to what the modules before it found."""

    def __init__(self, transformer: torch.nn.Module) -> None:
        """Lets `transformer`, the model's first module, keep what each of its layers makes of the tokens."""
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
            features["tone"] = (half * mask).sum(1) / mask.sum(1).clamp_min(1)
        else:
            features["tone"] = torch.zeros_like(vectors)
        return features
