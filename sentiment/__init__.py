"""Scores sentiment from 0 (furious) to 1 (delighted), by a message's words and its encoding."""
