"""Names the tools, for prompts, patterns and the grounded answerer."""

from __future__ import annotations

from enum import StrEnum


class ToolName(StrEnum):
    """A tool's name, which its function in agent.tools bears."""

    CREATE_TICKET = "create_ticket"
    GET_CUSTOMER_HISTORY = "get_customer_history"
    SEARCH_KNOWLEDGE_BASE = "search_knowledge_base"
    ESCALATE_TO_HUMAN = "escalate_to_human"
    SEND_RESPONSE = "send_response"


ANY_TOOL = f"(?:{'|'.join(ToolName)})"
"""A pattern: customers, articles and replies have no reason to name a tool."""
