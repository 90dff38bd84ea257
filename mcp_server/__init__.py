"""Offers the five tools over the Model Context Protocol, for outside agents."""
