"""Connects the channels: a folder each, whose channel.py is all that the rest of the system imports.

Whatever process imports a part of a channel, one that only parses mail too, knows every channel.
"""

import channels.registry  # noqa: F401
