"""Connects the channels: a folder each, whose channel.py is all that the rest of the system imports."""
