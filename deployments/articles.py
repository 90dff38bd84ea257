"""How an article becomes passages and vectors, the same for documents and for what was learned."""

from __future__ import annotations

from dataclasses import replace

from documents.markdown import clean, normalise_headings
from domain.articles import ArticleText
from domain.documents import ReadArticle
from domain.errors import Malformed
from domain.languages import guess_language
from domain.ports import Vectors
from embeddings.chunking import chunk_article
from embeddings.indexing import article_vectors
from pipeline.index import Passages


def cut(title: str, text: str, category: str, url: str | None = None) -> Passages:
    """An article in Markdown, cut into passages along its structure."""
    return cut_article(ReadArticle(title, text, category, url))


def cut_article(article: ReadArticle) -> Passages:
    """Cut an article that was read from a file."""
    chunks = chunk_article(article.title, article.body)
    return Passages(
        article.title,
        article.category,
        tuple((chunk.text, chunk.embedded_text) for chunk in chunks),
        article.url,
        article.expires_at,
        article.language,
        article.is_whole,
        article.is_outdated,
        tuple(chunk.section for chunk in chunks),
        article.body,
    )


def cut_written(text: ArticleText) -> Passages:
    """Cut an article that a person wrote, in the form that files are read in; its body stays as written.

    Raises:
        Malformed: Nothing is left to answer from.
    """
    body = clean(normalise_headings(text.body))
    if not any(sign.isalnum() for sign in body):
        raise Malformed("the article has no text", {"body": "holds no words"})
    read = ReadArticle(
        text.title,
        body,
        text.category,
        text.url,
        text.language or guess_language(f"{text.title}\n{body}").value,
        text.expires_at,
        text.is_whole,
    )
    return replace(cut_article(read), body=text.body)


def relate(vectors: Vectors) -> Vectors:
    """Vectors of one article's passages that also know their article."""
    return article_vectors(vectors, [0] * len(vectors))
