"""Text to vectors: the embedding models, chunking by structure and the ranking of passages."""
