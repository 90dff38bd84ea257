"""Recognises what a customer does with a message, and answers the acts that need no article."""
