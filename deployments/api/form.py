"""Accepts submissions of the web form and suggests articles while the customer types."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request

from agent.plain_text import plain_text
from channels.web_form.channel import SupportForm, to_inbound
from deployments.api.context import Context
from deployments.api.errors import ChallengeBody, ErrorBody, FieldErrorBody
from deployments.api.form_intake import Forms
from deployments.api.limits import network_of
from deployments.api.ticket_schemas import FormAccepted, Suggestion, Suggestions
from domain.channels import Channel
from domain.errors import NotFound
from domain.tickets import TicketStatus

router = APIRouter(tags=["web form"])

_EXCERPT_CHARACTERS = 240
_WITH_MAIL = (
    "Thank you, we have your message. The answer appears on your ticket's page. If you close it, an e-mail tells you"
    " when there is an answer."
)
_WITHOUT_MAIL = (
    "Thank you, we have your message. The answer appears on your ticket's page. No e-mail is sent: keep the page's"
    " link, which is the only way back to it."
)
_SUGGESTIONS = 3
_OF_THE_TICKET = {
    "ticket_id": "$response.body#/ticket_id",
    "header.X-Ticket-Token": "$response.body#/access_token",
}
_LINKS = {
    name: {"operationId": f"{name}_api_v1_tickets__ticket_id__{call}", "parameters": _OF_THE_TICKET}
    for name, call in (
        ("read_ticket", "get"),
        ("write_again", "messages_post"),
        ("ask_a_person", "human_post"),
        ("say_if_it_helped", "feedback_post"),
    )
}
"""What may be called next, as OpenAPI writes it."""


@router.post(
    "/support/form",
    status_code=201,
    response_model=FormAccepted,
    responses={
        201: {"links": _LINKS},
        400: {"model": FieldErrorBody},
        404: {"model": ErrorBody, "description": "The web form is not enabled"},
        413: {"model": ErrorBody},
        428: {
            "model": ChallengeBody,
            "description": "The company's profile asks for a proof of work (`form.challenge`), and the request brings"
            " none that is valid; nothing was stored. Solve the challenge and send the same request again",
        },
        429: {
            "model": ErrorBody,
            "description": "Too many forms from this address or its network; nothing was stored. Try again"
            " after Retry-After",
        },
        503: {"model": ErrorBody},
    },
)
async def submit_form(
    form: SupportForm,
    request: Request,
    context: Context,
    forms: Forms,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    challenge_solution: Annotated[str | None, Header(max_length=200)] = None,
) -> FormAccepted:
    """Store a customer's message and open a ticket for it.

    A repeat with the same `Idempotency-Key` and the same content returns the first answer.
    `Challenge-Solution` answers a 428 (docs/how-to/stop-a-flood.md).
    """
    if Channel.WEB_FORM not in context.intakes:
        raise NotFound("the web form is off")
    address = context.sender_address(request)
    context.forms.take(address)
    await context.challenge.require(challenge_solution, idempotency_key, await request.body())
    inbound = to_inbound(form, idempotency_key)
    # By network as well: whoever types somebody's address uses up nothing of what its owner may send.
    context.per_customer.take(f"{network_of(address)} {inbound.sender.value}")
    filed = await forms.take(inbound)
    return FormAccepted(
        ticket_id=filed.ticket_number,
        status=TicketStatus.OPEN,  # also for a repeat, which gets the first answer
        message=_WITH_MAIL if Channel.EMAIL in context.intakes else _WITHOUT_MAIL,
        created_at=filed.created_at,
        access_token=context.tokens.token(filed.ticket_number),
    )


@router.get(
    "/knowledge/suggestions",
    response_model=Suggestions,
    responses={
        400: {"model": FieldErrorBody},
        429: {"model": ErrorBody},
        503: {"model": ErrorBody},
    },
)
async def suggest_articles(
    request: Request, context: Context, q: Annotated[str, Query(min_length=3, max_length=1000)]
) -> Suggestions:
    """Suggest knowledge articles that may answer the question before it is sent."""
    context.per_address.take(context.sender_address(request))
    result = await context.search.search(q)
    articles: dict[str, Suggestion] = {}
    for passage in result.passages if result.is_answerable else ():
        excerpt = plain_text(passage.text).strip()
        if len(excerpt) > _EXCERPT_CHARACTERS:
            excerpt = excerpt[:_EXCERPT_CHARACTERS].rsplit(" ", 1)[0] + " …"
        suggestion = Suggestion(
            article_id=passage.article_id, title=plain_text(passage.title), excerpt=excerpt
        )
        articles.setdefault(str(passage.article_id), suggestion)
    return Suggestions(suggestions=list(articles.values())[:_SUGGESTIONS])
