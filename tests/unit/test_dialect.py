"""Tests what is sent to which kind of model server, and what a refusal teaches."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from openai import APIStatusError

from agent.dialect import Dialect, ServerAddress, without_tools, words_of

GEMINI = "generativelanguage.googleapis.com"
REQUEST: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "Hi"}],
    "temperature": 0.2,
    "max_tokens": 900,
    "parallel_tool_calls": False,
    "tool_choice": "auto",
}


def dialect(base_url: str | None, model: str) -> Dialect:
    return Dialect.of(ServerAddress.of(base_url), model)


def refusal(message: str, status: int = 400, param: str | None = None) -> APIStatusError:
    request = httpx2.Request("POST", "https://model.example/v1/chat/completions")
    body = {"message": message, "param": param, "code": None, "type": "invalid_request_error"}
    return APIStatusError(message, response=httpx2.Response(status, request=request), body=body)


@pytest.mark.parametrize(
    ("base_url", "model", "sent"),
    [
        (None, "gpt-4.1-mini", "temperature max_completion_tokens parallel_tool_calls tool_choice"),
        (None, "gpt-5-mini", "max_completion_tokens tool_choice"),
        (None, "gpt-5-chat", "temperature max_completion_tokens parallel_tool_calls tool_choice"),
        (None, "o4-mini", "max_completion_tokens tool_choice"),
        ("https://acme.openai.azure.com/", "o3", "max_completion_tokens tool_choice"),
        ("http://10.0.0.5:8000/v1", "Qwen/7B", "temperature max_tokens parallel_tool_calls tool_choice"),
        ("http://localhost:11434/v1", "llama3.1", "temperature max_tokens"),
        (f"https://{GEMINI}/v1beta/openai/", "gemini-2.5", "temperature max_tokens tool_choice"),
    ],
)  # fmt: skip
def test_each_family_is_sent_only_what_it_takes(
    base_url: str | None, model: str, sent: str
) -> None:
    shaped = dialect(base_url, model).shape(REQUEST)
    assert set(shaped) - {"model", "messages"} == set(sent.split())


def test_a_model_that_thinks_first_gets_room_for_its_hidden_tokens() -> None:
    assert dialect(None, "o4-mini").shape(REQUEST)["max_completion_tokens"] > 900
    assert dialect(None, "gpt-4.1").shape(REQUEST)["max_completion_tokens"] == 900


@pytest.mark.parametrize("model", ["o3-pro", "gpt-5-pro", "gpt-5-codex"])
def test_a_model_without_chat_completions_is_asked_for_responses(model: str) -> None:
    assert dialect(None, model).api == "responses"


@pytest.mark.parametrize(
    ("message", "param", "gone"),
    [
        ("Unsupported value: 'temperature' does not support 0.2 with this model.", "temperature", "temperature"),
        ("temperature is not supported", None, "temperature"),
        ("Extra inputs are not permitted: parallel_tool_calls", None, "parallel_tool_calls"),
        ("tool_choice 'auto' is not implemented", None, "tool_choice"),
    ],
)  # fmt: skip
def test_a_refused_parameter_is_not_sent_again(message: str, param: str | None, gone: str) -> None:
    server = dialect("http://model.example/v1", "m")
    assert server.learn(refusal(message, param=param))
    assert gone not in server.shape(REQUEST)
    assert not server.learn(refusal(message, param=param)), "a repeat would be refused as well"


def test_the_limit_of_tokens_goes_by_the_name_that_the_server_knows() -> None:
    server = dialect("http://model.example/v1", "m")
    message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    assert server.learn(refusal(message, param="max_tokens"))
    shaped = server.shape(REQUEST)
    assert "max_tokens" not in shaped
    assert shaped["max_completion_tokens"] == 900
    assert server.learn(refusal("unknown field max_completion_tokens"))
    assert not {"max_tokens", "max_completion_tokens"} & set(server.shape(REQUEST))


@pytest.mark.parametrize(
    "message",
    [
        "registry.ollama.ai/library/gemma:2b does not support tools",
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        "Function calling is not enabled for models/gemma-3",
        "This model does not support tool use",
    ],
)
def test_tools_are_written_as_text_for_a_server_that_takes_none(message: str) -> None:
    server = dialect("http://model.example/v1", "m")
    assert server.learn(refusal(message))
    assert not server.takes_tools


def test_other_refusals_teach_nothing() -> None:
    server = dialect("http://model.example/v1", "m")
    for message, status in (
        ("The message is too long.", 400),
        ("No such model", 404),
        ("Slow down: temperature limit", 429),
    ):
        assert not server.learn(refusal(message, status))
    assert server.shape(REQUEST) == REQUEST


def test_calls_and_results_become_text_that_the_model_can_answer_in_kind() -> None:
    call = {
        "id": "1",
        "type": "function",
        "function": {"name": "search", "arguments": '{"query": "CSV"}'},
    }
    shaped = without_tools(
        {
            "messages": [
                {"role": "system", "content": "You help."},
                {"role": "user", "content": "How?"},
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "1", "content": "P1 Export"},
            ],
            "tools": [{"type": "function", "function": {"name": "search", "parameters": {}}}],
            "tool_choice": "auto",
        }
    )
    assert set(shaped) == {"messages"}
    roles = [message["role"] for message in shaped["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    assert '"name": "search"' in shaped["messages"][0]["content"]
    assert '"arguments": {"query": "CSV"}' in shaped["messages"][2]["content"]
    assert "P1 Export" in shaped["messages"][3]["content"]


@pytest.mark.parametrize(
    ("base_url", "url", "query"),
    [
        ("https://acme.openai.azure.com", "https://acme.openai.azure.com/openai/v1", {}),
        (
            "https://acme.openai.azure.com/openai/deployments/mini?api-version=2024-10-21",
            "https://acme.openai.azure.com/openai/deployments/mini",
            {"api-version": "2024-10-21"},
        ),
        (
            "https://acme.openai.azure.com/openai/deployments/mini/chat/completions?api-version=2024-10-21",
            "https://acme.openai.azure.com/openai/deployments/mini",
            {"api-version": "2024-10-21"},
        ),
    ],
)
def test_azures_addresses_can_be_written_as_its_portal_shows_them(
    base_url: str, url: str, query: dict[str, str]
) -> None:
    address = ServerAddress.of(base_url)
    assert address.is_azure
    assert (address.url, address.query) == (url, query)


def test_the_servers_words_are_one_short_line() -> None:
    assert words_of(refusal("No\n such   model." + " x" * 500)).startswith("No such model.")
    assert len(words_of(refusal("x" * 5_000))) == 300
