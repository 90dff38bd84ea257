"""Documents what the sample tickets have in common and how the agent's tools were derived."""
