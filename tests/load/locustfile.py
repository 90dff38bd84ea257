"""Defines Locust's users: the web form, and the providers' stand-ins, which push and post as Google and Twilio do.

Every message that was accepted is a line in ACCEPTED_FILE, for the check afterwards.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import time
from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from locust import HttpUser, constant_throughput, task

from domain.channels import Channel
from tests.chaos.schedule import TEXTS

_ACCEPTED = Path(os.environ["ACCEPTED_FILE"])
_RUN = int(os.environ["LOAD_RUN"])
_NUMBERS = itertools.count(1)
_USERS_A_CHANNEL = 5
_MESSAGES_A_CUSTOMER = 3
_TRIES = 20
_HEADROOM = 1.1
"""Who waits while something restarts falls behind, and the rate is to be held all the same."""
FORMS_A_MINUTE = float(os.environ.get("FORMS_A_MINUTE", "100"))
MAILS_A_MINUTE = float(os.environ.get("MAILS_A_MINUTE", "50"))
STAND_IN_HEADERS = json.loads(os.environ["STAND_IN_HEADERS"])
WHATSAPPS_A_MINUTE = float(os.environ.get("WHATSAPPS_A_MINUTE", "50"))


def _pace(a_minute: float):  # type: ignore[no-untyped-def] # Locust's own function type
    return constant_throughput(_HEADROOM * a_minute / 60 / _USERS_A_CHANNEL)


class Writer(HttpUser):
    """Writes a few messages as one customer, then goes on as another."""

    abstract = True
    fixed_count = _USERS_A_CHANNEL
    channel: ClassVar[Channel]

    def on_start(self) -> None:
        self._become_another()

    @task
    def write(self) -> None:
        token = f"Q{_RUN}X{self.number}X{self.order}Z"
        text = f"{random.choice(TEXTS)} (my note {token})"
        for attempt in range(_TRIES):
            if self.send(token, text):
                line = {
                    "token": token,
                    "channel": self.channel.value,
                    "address": self.address,
                    "order": self.order,
                }
                with _ACCEPTED.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                break
            time.sleep(min(0.5 * 2**attempt, 5))
        self.order += 1
        if self.order == _MESSAGES_A_CUSTOMER:
            self._become_another()

    @abstractmethod
    def send(self, token: str, text: str) -> bool:
        """Whether it was accepted; a repeat with the same token is the same message."""

    def _become_another(self) -> None:
        self.number = next(_NUMBERS)
        self.order = 0
        is_phone = self.channel is Channel.WHATSAPP
        self.address = (
            f"+49153{_RUN % 1000:03d}{self.number:05d}"
            if is_phone
            else f"load{_RUN}.{self.number}@example.com"
        )
        self.name = f"Load {self.number}"


class FormWriter(Writer):
    host = os.environ["BASE_URL"]
    channel = Channel.WEB_FORM
    wait_time = _pace(FORMS_A_MINUTE)

    def send(self, token: str, text: str) -> bool:
        form = {
            "name": self.name,
            "email": self.address,
            "subject": "A question of mine",
            "category": "general",
            "priority": "medium",
            "message": text,
        }
        answer = self.client.post(
            "/api/v1/support/form", json=form, headers={"Idempotency-Key": token}, name="form"
        )
        return answer.status_code == 201


class MailWriter(Writer):
    host = os.environ["GMAIL_URL"]
    channel = Channel.EMAIL
    wait_time = _pace(MAILS_A_MINUTE)

    def send(self, token: str, text: str) -> bool:
        mail = {
            "from": self.address,
            "name": self.name,
            "subject": "A question of mine",
            "text": text,
            "message_id": f"<{token}@example.com>",
        }
        return self.client.post("/_receive", json=mail, headers=STAND_IN_HEADERS, name="e-mail").ok


class WhatsAppWriter(Writer):
    host = os.environ["TWILIO_URL"]
    channel = Channel.WHATSAPP
    wait_time = _pace(WHATSAPPS_A_MINUTE)

    def send(self, token: str, text: str) -> bool:
        message = {
            "from": f"whatsapp:{self.address}",
            "body": text,
            "profile_name": self.name,
            "message_sid": f"SM{token}",
        }
        with self.client.post(
            "/_receive",
            json=message,
            headers=STAND_IN_HEADERS,
            name="WhatsApp",
            catch_response=True,
        ) as answer:
            is_taken = answer.ok and answer.json()["answers"][0]["status"] == 200
            if not is_taken:
                answer.failure("the webhook was not taken")
            return bool(is_taken)
