"""Reads articles from the files of a help centre."""
