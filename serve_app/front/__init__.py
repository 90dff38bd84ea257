"""Runs HAProxy before Serve: the only listener that the public reaches."""
