"""The HTTP API: one router a group of calls, errors to status codes in one table."""
