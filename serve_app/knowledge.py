"""Indexes Markdown documents as articles of the knowledge base."""

from __future__ import annotations

from deployments.articles import cut_article, relate
from documents.markdown import split_document
from domain.documents import ReadArticle
from domain.ports import KnowledgeEmbedder
from domain.stores import OpenUnitOfWork
from pipeline.index import Indexed, Passages, index_articles


async def index_document(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    source: str,
    markdown: str,
    model_key: str,
) -> Indexed:
    """Bring the index of one Markdown document, known as `source`, up to date; idempotent."""
    return await index_articles(
        open_uow, embedder, source, articles_of(markdown), model_key, relate
    )


def articles_of(markdown: str) -> list[Passages]:
    """Of a document with an article under each `###`."""
    return [
        cut_article(ReadArticle(part.title, part.body, part.category))
        for part in split_document(markdown)
    ]
