"""Runs protocol-true local servers that take the place of Gmail and Twilio."""
