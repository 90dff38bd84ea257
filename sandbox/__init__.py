"""Bounds what strangers' input can do: files are read in a limited process, and only public addresses are reached."""
