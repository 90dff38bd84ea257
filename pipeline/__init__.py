"""Holds the use cases: receive, relay, answer, deliver, staff actions, knowledge and reports."""
