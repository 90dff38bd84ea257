"""Runs HAProxy before Serve as the only public listener."""
