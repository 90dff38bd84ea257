"""Makes a small model of sentence-transformers with random weights, for tests that need another encoder."""

from __future__ import annotations

from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import BertConfig, BertModel, BertTokenizerFast

from embeddings.sources import packaged_model_path


def make_tiny_encoder(folder: Path, dimension: int) -> str:
    """A BERT of two layers with mean pooling, saved in `folder`; its name for config.yaml."""
    torch.manual_seed(dimension)
    tokenizer = BertTokenizerFast.from_pretrained(packaged_model_path())
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=dimension,
        num_hidden_layers=2,
        num_attention_heads=12,
        intermediate_size=dimension,
        max_position_embeddings=256,
    )
    bare = folder / "bare"
    BertModel(config).save_pretrained(bare)
    tokenizer.save_pretrained(bare)
    words = Transformer(str(bare), max_seq_length=256)
    made = folder / f"tiny-{dimension}"
    SentenceTransformer(modules=[words, Pooling(dimension, "mean")], device="cpu").save(str(made))
    return str(made)
