"""Tests tool calls as weak models write them, and prose that must stay prose."""

from __future__ import annotations

import json

import pytest

from agent.lenient import read_tool_calls

NAMES = ("create_ticket", "get_customer_history", "search_knowledge_base", "send_response")
EXPECTED = [("search_knowledge_base", {"query": 'reset "my" password'})]
ARGUMENTS = json.dumps(EXPECTED[0][1])


@pytest.mark.parametrize(
    "text",
    [
        f'{{"name": "search_knowledge_base", "arguments": {ARGUMENTS}}}',
        f'Sure, I will search.\n```json\n{{"tool": "search_knowledge_base", "parameters": {ARGUMENTS}}}\n```\nDone.',
        f'<tool_call>\n{{"name": "search_knowledge_base", "arguments": {ARGUMENTS}}}\n</tool_call>',
        f"<function=search_knowledge_base>{ARGUMENTS}</function>",
        f'[TOOL_CALLS] [{{"name": "search_knowledge_base", "arguments": {ARGUMENTS}}}]',
        json.dumps(
            {
                "tool_calls": [
                    {"function": {"name": "search_knowledge_base", "arguments": ARGUMENTS}}
                ]
            }
        ),
        f'{{"action": "search_knowledge_base", "action_input": {ARGUMENTS}}}',
        f'{{"search_knowledge_base": {ARGUMENTS}}}',
        f'{{"name": "functions.search_knowledge_base", "arguments": {ARGUMENTS}}}',
        f"search_knowledge_base({ARGUMENTS})",
        'search_knowledge_base(query="reset \\"my\\" password")',
    ],
)
def test_common_spellings_of_a_call_are_read(text: str) -> None:
    calls = read_tool_calls(text, NAMES)
    assert [(name, json.loads(arguments)) for name, arguments in calls] == EXPECTED


def test_keyword_arguments_keep_their_types() -> None:
    ((name, arguments),) = read_tool_calls(
        "send_response(text='Hi', sources=['P1', 'P2'], asks_back=False)", NAMES
    )
    assert name == "send_response"
    assert json.loads(arguments) == {"text": "Hi", "sources": ["P1", "P2"], "asks_back": False}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "You can search_knowledge_base for that.",
        '{"name": "issue_refund", "arguments": {"amount": 5}}',
        '{"name": 5}',
        "[[[[",
        '{"arguments": {"query": "x"}}',
        "The settings are {broken json: yes}.",
        "issue_refund(amount=5)",
    ],
)
def test_prose_and_unknown_tools_are_no_calls(text: str) -> None:
    assert read_tool_calls(text, NAMES) == []


def test_a_huge_text_is_read_in_time() -> None:
    assert read_tool_calls("{" * 50_000, NAMES) == []
    assert read_tool_calls("[" * 50_000, NAMES) == []
