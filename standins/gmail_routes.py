"""Serves the calls of the Gmail API that we use, on the stand-in's mailbox."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from standins.failures import Dropped
from standins.gmail_mailbox import Change, Json, Stored, describe, recipients_of
from standins.google import Google, GoogleError, Sent

Item = TypeVar("Item")
WATCH_LIFETIME = timedelta(days=7)


def gmail_routes(google: Google) -> APIRouter:
    """Make the router over the stand-in's state."""
    router = APIRouter()
    mailbox = google.mailbox

    async def enter(request: Request, operation: str, about: str | None = None) -> None:
        user = request.path_params["userId"]
        if not google.tokens.accepts(request.headers.get("authorization")):
            raise GoogleError(401, "Request had invalid authentication credentials.")
        if user not in ("me", mailbox.address):
            raise GoogleError(403, f"Delegation denied for {mailbox.address}")
        await google.fail_on_demand(operation, about)

    def find(message_id: str) -> Stored:
        if message_id not in mailbox.messages:
            raise GoogleError(404, "Requested entity was not found.")
        return mailbox.messages[message_id]

    @router.get("/profile")
    async def get_profile(request: Request) -> Json:
        await enter(request, "profile")
        threads = {stored.thread_id for stored in mailbox.messages.values()}
        return {
            "emailAddress": mailbox.address,
            "messagesTotal": len(mailbox.messages),
            "threadsTotal": len(threads),
            "historyId": str(mailbox.history_id),
        }

    @router.post("/watch")
    async def watch(request: Request) -> Json:
        await enter(request, "watch")
        body = await _read_json(request)
        topic = str(body.get("topicName", ""))
        if not topic.startswith("projects/") or "/topics/" not in topic:
            raise GoogleError(400, f"Invalid topicName does not match projects/*/topics/*: {topic}")
        name = topic.rpartition("/")[2]
        test = f"Error sending test message to Cloud PubSub {topic} :"
        if name == "closed":
            denied = f"{test} User not authorized to perform this action."
            raise GoogleError(403, denied, reason="forbidden")
        if name == "missing":
            raise GoogleError(404, f"{test} Resource not found (resource={name}).")
        google.watch_expires_at = datetime.now(UTC) + WATCH_LIFETIME
        google.watched_labels = frozenset(_strings(body, "labelIds"))
        expiration = int(google.watch_expires_at.timestamp() * 1000)
        return {"historyId": str(mailbox.history_id), "expiration": str(expiration)}

    @router.post("/stop", status_code=204)
    async def stop(request: Request) -> None:
        await enter(request, "watch")
        google.watch_expires_at = None

    @router.get("/history")
    async def list_history(
        request: Request,
        start: Annotated[int, Query(alias="startHistoryId")],
        kinds: Annotated[list[str], Query(alias="historyTypes")] = [],  # noqa: B006
        label: Annotated[str | None, Query(alias="labelId")] = None,
        token: Annotated[str | None, Query(alias="pageToken")] = None,
        limit: Annotated[int, Query(alias="maxResults")] = 100,
    ) -> Json:
        await enter(request, "history")
        changes = mailbox.changes_since(start, set(kinds), label)
        if changes is None:
            raise GoogleError(404, "Requested entity was not found.")
        page, after = _page(changes, token, min(limit, google.page_limit))
        answer: Json = {"historyId": str(mailbox.history_id)}
        if page:
            answer["history"] = [_describe_change(change) for change in page]
        return {**answer, "nextPageToken": after} if after else answer

    @router.get("/messages")
    async def list_messages(
        request: Request,
        query: Annotated[str, Query(alias="q")] = "",
        labels: Annotated[list[str], Query(alias="labelIds")] = [],  # noqa: B006
        with_spam: Annotated[bool, Query(alias="includeSpamTrash")] = False,
        token: Annotated[str | None, Query(alias="pageToken")] = None,
        limit: Annotated[int, Query(alias="maxResults")] = 100,
    ) -> Json:
        await enter(request, "list")
        found = mailbox.search(query, labels, with_spam)
        page, after = _page(found, token, min(limit, google.page_limit))
        answer: Json = {"resultSizeEstimate": len(found)}
        if page:
            answer["messages"] = [
                {"id": stored.id, "threadId": stored.thread_id} for stored in page
            ]
        return {**answer, "nextPageToken": after} if after else answer

    @router.get("/messages/{id}")
    async def get_message(
        request: Request,
        id: str,
        form: Annotated[
            Literal["minimal", "full", "raw", "metadata"], Query(alias="format")
        ] = "full",
        headers: Annotated[list[str], Query(alias="metadataHeaders")] = [],  # noqa: B006
    ) -> Json:
        await enter(request, "get", id)
        return describe(find(id), form, headers)

    @router.get("/threads/{id}")
    async def get_thread(
        request: Request,
        id: str,
        form: Annotated[Literal["minimal", "full", "metadata"], Query(alias="format")] = "full",
        headers: Annotated[list[str], Query(alias="metadataHeaders")] = [],  # noqa: B006
    ) -> Json:
        await enter(request, "thread", id)
        messages = mailbox.thread(id)
        if not messages:
            raise GoogleError(404, "Requested entity was not found.")
        listed = [describe(message, form, headers) for message in messages]
        return {"id": id, "historyId": str(messages[-1].history_id), "messages": listed}

    @router.post("/messages/send", response_model=None)
    async def send_message(request: Request) -> Json | Response:
        await enter(request, "nothing that fails before it is known how")
        failure = google.next_failure("send")
        # Read before any wait: the body of a client that has gone can't be read.
        body = await _read_json(request)
        if failure is None:
            return _describe_accepted(_accept(google, body))
        stored = _accept(google, body) if failure.after_accept else None
        await google.held.hold(failure.hang_seconds)
        if failure.late_effect and stored is None:
            stored = _accept(google, body)
        if stored is None and failure.status < 400:
            return Dropped()
        if stored is None or failure.status == 0 or failure.status >= 400:
            raise failure.as_error()
        return _describe_accepted(stored)

    @router.post("/messages/{id}/modify")
    async def modify_message(request: Request, id: str) -> Json:
        await enter(request, "modify")
        body = await _read_json(request)
        add, remove = _strings(body, "addLabelIds"), _strings(body, "removeLabelIds")
        if unknown := [label for label in (*add, *remove) if label not in mailbox.labels]:
            raise GoogleError(400, f"labelId not found: {unknown[0]}")
        stored = find(id)
        mailbox.modify(stored, add, remove)
        return describe(stored, "minimal")

    @router.get("/settings/sendAs")
    async def list_send_as(request: Request) -> Json:
        await enter(request, "aliases")
        own: Json = {
            "sendAsEmail": mailbox.address,
            "displayName": "",
            "isPrimary": True,
            "isDefault": True,
        }
        others: list[Json] = [
            {
                "sendAsEmail": address,
                "treatAsAlias": True,
                "verificationStatus": "accepted" if is_confirmed else "pending",
            }
            for address, is_confirmed in mailbox.aliases.items()
        ]
        return {"sendAs": [own, *others]}

    @router.get("/labels")
    async def list_labels(request: Request) -> Json:
        await enter(request, "labels")
        return {
            "labels": [_describe_label(label_id, name) for label_id, name in mailbox.labels.items()]
        }

    @router.post("/labels")
    async def create_label(request: Request) -> Json:
        await enter(request, "labels")
        name = str((await _read_json(request)).get("name", ""))
        if not name:
            raise GoogleError(400, "Invalid label name")
        if name.lower() in {known.lower() for known in mailbox.labels.values()}:
            raise GoogleError(409, "Label name exists or conflicts")
        return _describe_label(mailbox.add_label(name), name)

    return router


def _accept(google: Google, body: Mapping[str, object]) -> Stored:
    try:
        raw = base64.urlsafe_b64decode(str(body.get("raw", "")) + "==")
    except ValueError as error:
        raise GoogleError(400, "Invalid value for ByteString") from error
    thread_id = body.get("threadId")
    if thread_id is not None and not google.mailbox.thread(str(thread_id)):
        raise GoogleError(404, "Requested entity was not found.")
    stored = google.mailbox.send(raw, None if thread_id is None else str(thread_id))
    if not recipients_of(stored.mail):
        google.mailbox.delete(stored)
        raise GoogleError(400, "Recipient address required")
    google.sent.append(Sent(stored))
    google.notify(1, stored.labels)
    return stored


def _describe_accepted(stored: Stored) -> Json:
    return {"id": stored.id, "threadId": stored.thread_id, "labelIds": sorted(stored.labels)}


def _describe_change(change: Change) -> Json:
    message: Json = {"id": change.message_id, "threadId": change.thread_id}
    listed: Json = {"message": {**message, "labelIds": list(change.labels)}}
    field_name = {
        "messageAdded": "messagesAdded",
        "messageDeleted": "messagesDeleted",
        "labelAdded": "labelsAdded",
        "labelRemoved": "labelsRemoved",
    }[change.kind]
    if change.kind.startswith("label"):
        listed = {"message": message, "labelIds": list(change.labels)}
    return {"id": str(change.id), "messages": [message], field_name: [listed]}


def _describe_label(label_id: str, name: str) -> Json:
    kind = "system" if label_id == name else "user"
    return {"id": label_id, "name": name, "type": kind}


def _page(items: list[Item], token: str | None, limit: int) -> tuple[list[Item], str | None]:
    start = int(token) if token else 0
    end = start + max(limit, 1)
    return items[start:end], str(end) if end < len(items) else None


def _strings(body: Mapping[str, object], name: str) -> list[str]:
    values = body.get(name, [])
    return [str(value) for value in values] if isinstance(values, list) else []


async def _read_json(request: Request) -> Mapping[str, object]:
    try:
        body = await request.json()
    except ValueError as error:
        raise GoogleError(400, "Invalid JSON payload received.") from error
    return body if isinstance(body, dict) else {}
