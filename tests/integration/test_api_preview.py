"""Tests that staff and customers see a reply in its channel's form."""

from __future__ import annotations

import pytest

from domain.channels import Channel
from tests.integration.api import BASE, GRACE, NOBODY, Api
from tests.integration.correspondence import a_message, answer, store

pytestmark = pytest.mark.postgres
REPLY = "Press **Export**:\n\n1. Open it\n2. Save"


async def test_a_reply_is_shown_as_its_channel_will_send_it(api: Api) -> None:
    shown = {}
    for channel in (Channel.EMAIL, Channel.WHATSAPP):
        message = await store(api.context.open_uow, a_message(channel=channel))
        path = f"{BASE}/staff/conversations/{message.conversation_id}/preview"
        response = await api.client.post(path, headers=GRACE, json={"content": REPLY})
        assert response.status_code == 200
        shown[channel] = response.json()
    assert shown[Channel.WHATSAPP] == {
        "parts": ["Press *Export*:\n\n1. Open it\n2. Save"],
        "html": None,
    }
    assert "<strong>Export</strong>" in shown[Channel.EMAIL]["html"]
    assert shown[Channel.EMAIL]["parts"] == ["Press Export:\n\n1. Open it\n2. Save"]


async def test_a_preview_needs_a_conversation(api: Api) -> None:
    path = f"{BASE}/staff/conversations/{NOBODY}/preview"
    assert (await api.client.post(path, headers=GRACE, json={"content": "x"})).status_code == 404


async def test_the_customers_page_gets_our_replies_as_html_and_their_own_words_as_text(
    api: Api,
) -> None:
    path, token = await api.open_ticket(message="Is **this** bold? <b>No</b>")
    conversation = await api.conversation_of(path)
    async with api.context.open_uow() as uow:
        (asked,) = await uow.messages.of_conversation(conversation)
    await answer(api.context.open_uow, asked)
    own, ours = (await api.client.get(path, headers=token)).json()["responses"]
    assert own["html"] is None
    assert ours["html"] == "<p>Open Settings, then Export.</p>"
