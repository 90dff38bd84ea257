"""Serves the HTTP API: one router per group of calls, one table from errors to status codes."""
