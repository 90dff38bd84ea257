"""Sends notifications to people and other systems: signed webhooks, Slack and mail."""
