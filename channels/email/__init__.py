"""Answers customers who write by e-mail, over the transport that the settings choose."""
