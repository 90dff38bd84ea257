"""How a customer feels, 0 (furious) to 1 (delighted), from a message's words and its reading."""
