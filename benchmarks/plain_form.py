"""Serves the baseline form: one FastAPI endpoint that stores it in one transaction by asyncpg.

It writes the same rows as the product: customer, identifier, conversation, ticket, message and outbox row. With
PLAIN_KAFKA it also publishes the message for benchmarks/plain_worker.py.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Request
from pydantic import BaseModel, Field

TOPIC = "plain.incoming"


class Form(BaseModel):
    """The form's fields."""

    name: Annotated[str, Field(min_length=2)]
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    subject: Annotated[str, Field(min_length=5)]
    category: Literal["general", "technical", "billing", "bug_report", "feedback"]
    priority: Literal["low", "medium", "high", "urgent"]
    message: Annotated[str, Field(min_length=10)]


@asynccontextmanager
async def _pool(app: FastAPI) -> AsyncIterator[None]:
    broker = os.environ.get("PLAIN_KAFKA")
    app.state.producer = AIOKafkaProducer(**json.loads(broker), acks="all") if broker else None
    if app.state.producer is not None:
        await app.state.producer.start()
    async with asyncpg.create_pool(os.environ["PLAIN_DATABASE_URL"], max_size=16) as pool:
        async with pool.acquire() as connection:
            await connection.execute(SCHEMA)
        app.state.pool = pool
        yield
    if app.state.producer is not None:
        await app.state.producer.stop()


app = FastAPI(lifespan=_pool)


@app.post("/support/form", status_code=201)
async def submit(form: Form, request: Request) -> dict[str, str]:
    """Store the form."""
    ticket = f"TKT-{secrets.token_hex(5).upper()}"
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        customer = await connection.fetchval(
            "SELECT customer_id FROM plain.identifiers WHERE value = $1", form.email
        )
        if customer is None:
            customer = uuid4()
            await connection.execute(
                "INSERT INTO plain.customers (id, name) VALUES ($1, $2)", customer, form.name
            )
            await connection.execute(
                "INSERT INTO plain.identifiers (value, customer_id) VALUES ($1, $2)",
                form.email,
                customer,
            )
        conversation, message = uuid4(), uuid4()
        await connection.execute(
            "INSERT INTO plain.conversations (id, customer_id) VALUES ($1, $2)",
            conversation,
            customer,
        )
        await connection.execute(
            "INSERT INTO plain.messages (id, conversation_id, content) VALUES ($1, $2, $3)",
            message,
            conversation,
            form.message,
        )
        created_at = await connection.fetchval(
            "INSERT INTO plain.tickets (number, conversation_id, subject, category, priority)"
            " VALUES ($1, $2, $3, $4, $5) RETURNING created_at",
            ticket,
            conversation,
            form.subject,
            form.category,
            form.priority,
        )
        await connection.execute(
            "INSERT INTO plain.outbox (key, value) VALUES ($1, $2)",
            customer,
            json.dumps({"message_id": str(message), "channel": "web_form"}),
        )
    if request.app.state.producer is not None:
        await request.app.state.producer.send_and_wait(
            TOPIC, str(message).encode(), key=str(customer).encode()
        )
    return {"ticket_id": ticket, "status": "open", "created_at": created_at.isoformat()}


SCHEMA = """
CREATE SCHEMA IF NOT EXISTS plain;
CREATE TABLE IF NOT EXISTS plain.customers (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE IF NOT EXISTS plain.identifiers (
    value text PRIMARY KEY, customer_id uuid NOT NULL REFERENCES plain.customers (id));
CREATE TABLE IF NOT EXISTS plain.conversations (
    id uuid PRIMARY KEY, customer_id uuid NOT NULL REFERENCES plain.customers (id));
CREATE INDEX IF NOT EXISTS conversations_customer ON plain.conversations (customer_id);
CREATE TABLE IF NOT EXISTS plain.messages (
    id uuid PRIMARY KEY, conversation_id uuid NOT NULL REFERENCES plain.conversations (id),
    content text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), reply text, replied_at timestamptz);
CREATE INDEX IF NOT EXISTS messages_conversation ON plain.messages (conversation_id);
CREATE TABLE IF NOT EXISTS plain.tickets (
    number text PRIMARY KEY, conversation_id uuid NOT NULL REFERENCES plain.conversations (id),
    subject text NOT NULL, category text NOT NULL, priority text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS plain.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key uuid NOT NULL, value jsonb NOT NULL);
"""
