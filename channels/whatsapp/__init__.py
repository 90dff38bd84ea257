"""Carries WhatsApp messages through Twilio: signed webhooks in, the Messages API out."""
