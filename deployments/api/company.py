"""Serves the company profile: to administrators whole, to the pages what they show."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from agent.prompts import INSTRUCTIONS
from company.document import json_schema, parse, parse_yaml, to_plain, to_yaml
from deployments.api.company_schemas import (
    CheckedCompany,
    CompanyForm,
    CompanyProfile,
    CompanyPublic,
    CompanyVersions,
    CompanyVersionView,
    ReplayAsk,
    ReplayedTurnView,
    ReplayView,
    SavedCompany,
    SpecimenView,
    TextForm,
    TopicMatch,
    TopicTry,
)
from deployments.api.context import Admin, Context
from deployments.api.errors import (
    STAFF_ERRORS,
    ConflictBody,
    ErrorBody,
    FieldErrorBody,
    error_response,
)
from deployments.api.if_match import IfMatch, version_of
from domain.catalogue import placeholders, shipped
from domain.company import PROMPT_PLACEHOLDERS, Company, StoredCompany
from domain.errors import InvalidProfile
from domain.languages import Language
from domain.masked_targets import masked, unmasked
from pipeline.company import change_company, record_replay, restore_company, specimens
from pipeline.try_topic import try_topic

router = APIRouter(prefix="/company", tags=["company"], responses={400: {"model": FieldErrorBody}})

Version = Annotated[int, Path(ge=1, le=2_147_483_647)]
_SHOWN_CHARS = 500
_FRESH_S = 5
"""Seconds for which a page may show an older profile."""


@router.get(
    "/public",
    response_model=CompanyPublic,
    responses={304: {"description": "Unchanged since the version of If-None-Match"}},
)
async def read_public(context: Context, request: Request, response: Response) -> Any:
    """Return what the pages show of the company. Cacheable; a change is seen within five seconds."""
    async with context.open_uow() as uow:
        stored = await uow.company.current()
    tag = f'"{stored.version}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={_FRESH_S}"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    addresses = {
        channel.value: intake.reached_at
        for channel, intake in context.intakes.items()
        if intake.reached_at
    }
    return _public(stored.company, addresses)


@router.get("", response_model=CompanyProfile, responses=STAFF_ERRORS)
async def read_company(context: Context, _caller: Admin, response: Response) -> CompanyProfile:
    """Return the profile in force, with its version in the body and as ETag.

    Secrets of notifications are masked; saved as they are, they stay what they were.
    """
    async with context.open_uow() as uow:
        stored = await uow.company.current()
    response.headers["ETag"] = f'"{stored.version}"'
    return _profile(stored)


@router.put(
    "",
    response_model=SavedCompany,
    responses={
        **STAFF_ERRORS,
        409: {"model": ConflictBody},
        422: {"model": FieldErrorBody, "description": "The profile is not valid"},
    },
)
async def write_company(
    context: Context,
    caller: Admin,
    document: Annotated[dict[str, Any], Body()],
    if_match: IfMatch,
) -> Any:
    """Store a new version of the profile; it is in force at once."""
    replaces = version_of(if_match, "GET /company")
    async with context.open_uow() as uow:
        stored = await uow.company.current()
    try:
        company = unmasked(parse(document), stored.company)
    except InvalidProfile as error:
        return _refusal(error)
    version = await change_company(context.open_uow, company, replaces=replaces, author=caller.name)
    return JSONResponse({"version": version}, headers={"ETag": f'"{version}"'})


@router.get("/form", response_model=CompanyForm, responses=STAFF_ERRORS)
async def read_form(_caller: Admin) -> CompanyForm:
    """Return what a form for the profile is made of: its JSON Schema, and the texts and the prompt as shipped."""
    by_language = {language: shipped(language) for language in Language}
    return CompanyForm(
        json_schema=json_schema(),
        texts=[
            TextForm(
                key=key,
                placeholders=sorted(names),
                shipped={code: texts[key] for code, texts in by_language.items() if key in texts},
            )
            for key, names in sorted(placeholders().items())
        ],
        prompt=INSTRUCTIONS,
        prompt_placeholders=sorted(PROMPT_PLACEHOLDERS),
    )


@router.post(
    "/check",
    response_model=CheckedCompany,
    responses={**STAFF_ERRORS, 422: {"model": FieldErrorBody}},
)
async def check_company(
    context: Context, _caller: Admin, document: Annotated[dict[str, Any] | str, Body()]
) -> Any:
    """Check a profile, as JSON or as a string of YAML, and show what customers would read; stores nothing."""
    try:
        company = parse_yaml(document) if isinstance(document, str) else parse(document)
    except InvalidProfile as error:
        return _refusal(error)
    async with context.open_uow() as uow:
        stored = await uow.company.current()
        forms = [await uow.channel_configs.get(channel) for channel in context.intakes]
    shown = masked(company)
    return CheckedCompany(
        version=stored.version,
        profile=to_plain(shown),
        yaml=to_yaml(shown),
        specimens=[
            SpecimenView(
                channel=specimen.channel,
                language=specimen.language,
                sender=context.intakes[specimen.channel].reached_at or "",
                greeting=specimen.greeting,
                answer=specimen.answer,
                hand_over=specimen.hand_over,
            )
            for specimen in specimens(company, forms)
        ],
    )


@router.post(
    "/topics/try",
    response_model=TopicTry,
    responses={**STAFF_ERRORS, 422: {"model": FieldErrorBody}},
)
async def try_company_topic(
    context: Context, _caller: Admin, topic: Annotated[dict[str, Any], Body(embed=True)]
) -> Any:
    """Say which of the last 500 messages of customers a topic would match, without storing it."""
    try:
        company = parse({"name": "-", "topics": [topic]})
    except InvalidProfile as error:
        fields = {name.removeprefix("topics.0."): why for name, why in error.fields.items()}
        return error_response(422, "The topic is not valid.", fields=fields)
    tried = await try_topic(context.open_uow, context.encoder, context.topics, company.topics[0])
    return TopicTry(
        read=tried.read,
        share=tried.share,
        matches=[
            TopicMatch(
                conversation_id=message.conversation_id,
                text=message.content[:_SHOWN_CHARS],
                score=hit.score,
                because=hit.evidence,
            )
            for message, hit in tried.matches
        ],
    )


@router.post(
    "/replay",
    response_model=ReplayView,
    responses={**STAFF_ERRORS, 422: {"model": FieldErrorBody}},
)
async def replay_company(context: Context, caller: Admin, ask: ReplayAsk) -> Any:
    """Answer stored turns anew with a profile, and show what differs; stores a line in the audit log alone.

    Limited in turns, time and tokens by the agent stage's configuration. A model's tokens cost money; what customers
    wrote goes to that model once more.
    """
    try:
        company = parse(ask.profile)
    except InvalidProfile as error:
        return _refusal(error)
    replayed = await context.replay(company, ask.turns, ask.skip)
    await record_replay(context.open_uow, replayed, author=caller.name)
    return ReplayView(
        model=replayed.model,
        turns=[
            ReplayedTurnView.model_validate(turn, from_attributes=True) for turn in replayed.turns
        ],
        left_out=replayed.left_out,
        failed=replayed.failed,
        usd=replayed.usd,
    )


@router.get("/versions", response_model=CompanyVersions, responses=STAFF_ERRORS)
async def read_versions(
    context: Context, _caller: Admin, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> CompanyVersions:
    """List who saved which version, the newest first."""
    async with context.open_uow() as uow:
        found = await uow.company.versions(limit)
    return CompanyVersions(
        versions=[
            CompanyVersionView.model_validate(version, from_attributes=True) for version in found
        ]
    )


@router.get(
    "/versions/{version}",
    response_model=CompanyProfile,
    responses={**STAFF_ERRORS, 404: {"model": ErrorBody}},
)
async def read_version(context: Context, _caller: Admin, version: Version) -> CompanyProfile:
    """Return an earlier version."""
    async with context.open_uow() as uow:
        stored = await uow.company.get(version)
    return _profile(stored)


@router.post(
    "/versions/{version}/restore",
    response_model=SavedCompany,
    responses={
        **STAFF_ERRORS,
        404: {"model": ErrorBody},
        409: {"model": ConflictBody},
    },
)
async def restore_version(context: Context, caller: Admin, version: Version) -> SavedCompany:
    """Store an earlier version as the newest one."""
    restored = await restore_company(context.open_uow, version, author=caller.name)
    return SavedCompany(version=restored)


def _refusal(error: InvalidProfile) -> JSONResponse:
    return error_response(422, "The company profile is not valid.", fields=error.fields)


def _profile(stored: StoredCompany) -> CompanyProfile:
    shown = masked(stored.company)
    return CompanyProfile(version=stored.version, profile=to_plain(shown), yaml=to_yaml(shown))


def _public(company: Company, addresses: dict[str, str]) -> CompanyPublic:
    return CompanyPublic(
        name=company.name,
        product=company.product_name,
        support_name=company.signed,
        colour=company.brand.colour,
        logo=company.brand.logo,
        languages=list(company.languages),
        timezone=company.hours.timezone,
        hours={day: list(spans) for day, spans in company.hours.week.items()},
        holidays=list(company.hours.holidays),
        addresses=addresses,
        phone=company.contact.phone,
        help_site=company.contact.help_site,
        privacy_url=company.contact.privacy_url,
    )
