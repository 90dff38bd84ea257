"""The agent: guardrails in code, tools, prompt and the models that answer."""
