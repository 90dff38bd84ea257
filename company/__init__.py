"""Reads and writes the company profile as a document."""
