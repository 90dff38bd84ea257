"""Lets editors name help sites to crawl, and shows what the crawls did."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Query

from deployments.api.bodies import Done
from deployments.api.context import ApiContext, Context, Editor, Viewer
from deployments.api.errors import STAFF_ERRORS, ErrorBody, FieldErrorBody
from deployments.api.source_schemas import HelpSiteView, NewSource, Sources
from domain.crawls import KnowledgeSource
from domain.errors import Malformed, NotFound
from pipeline.crawl import add_source, page_address, remove_source

router = APIRouter(
    prefix="/knowledge/sources",
    tags=["knowledge"],
    responses={400: {"model": FieldErrorBody}, **STAFF_ERRORS, 404: {"model": ErrorBody}},
)


@router.get("", response_model=Sources)
async def read_sources(context: Context, _caller: Viewer) -> Sources:
    """List the help sites with what their last crawls did."""
    async with context.open_uow() as uow:
        found = await uow.sources.all()
    return Sources(sources=[_view(source) for source in found])


@router.post("", status_code=201, response_model=HelpSiteView)
async def put_source(body: NewSource, context: Context, caller: Editor) -> HelpSiteView:
    """Add a help site, or change the settings of a known one; it is crawled at once and then every so many hours."""
    if urlsplit(body.url).username is not None:
        raise Malformed("a password", {"url": "must hold no name and no password"})
    source = await add_source(
        context.open_uow, body.url, body.include, body.exclude, body.every_hours, caller.name
    )
    return _view(source)


@router.delete("", response_model=Done)
async def delete_source_by_address(
    context: Context, caller: Editor, url: Annotated[str, Query(max_length=2000)]
) -> Done:
    """Remove a help site by its address, with every article that came from it."""
    await remove_source(context.open_uow, await _by_address(context, url), caller.name)
    return Done()


@router.delete("/{source_id}", response_model=Done)
async def delete_source(source_id: UUID, context: Context, caller: Editor) -> Done:
    """Remove a help site, with every article that came from it."""
    await remove_source(context.open_uow, source_id, caller.name)
    return Done()


@router.post("/{source_id}/crawl", status_code=202, response_model=Done)
async def crawl_now(source_id: UUID, context: Context, caller: Editor) -> Done:
    """Crawl the site now, or again after the crawl under way."""
    async with context.open_uow() as uow:
        await uow.sources.request(source_id)
        await uow.audit.add(caller.name, "request_crawl", "knowledge_source", str(source_id))
        await uow.commit()
    return Done()


async def _by_address(context: ApiContext, url: str) -> UUID:
    try:
        address = page_address(url)
    except ValueError as error:
        raise Malformed("no address", {"url": "must be an address"}) from error
    async with context.open_uow() as uow:
        for source in await uow.sources.all():
            if source.url == address:
                return source.id
    raise NotFound("no such source")


def _view(source: KnowledgeSource) -> HelpSiteView:
    return HelpSiteView.model_validate(source)
