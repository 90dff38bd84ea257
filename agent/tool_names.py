"""Names the tools once: prompts, patterns and the grounded answerer all derive from here."""

from __future__ import annotations

from enum import StrEnum


class ToolName(StrEnum):
    """Each has an entry in agent.tools, whose function bears the name."""

    CREATE_TICKET = "create_ticket"
    GET_CUSTOMER_HISTORY = "get_customer_history"
    SEARCH_KNOWLEDGE_BASE = "search_knowledge_base"
    ESCALATE_TO_HUMAN = "escalate_to_human"
    SEND_RESPONSE = "send_response"


ANY_TOOL = f"(?:{'|'.join(ToolName)})"
"""A pattern: no customer, article or reply has a reason to name one."""
