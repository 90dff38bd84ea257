"""Connects the channels, a folder each; the rest of the system imports its channel.py alone.

A process that imports any part of a channel registers them all.
"""

import channels.registry  # noqa: F401
