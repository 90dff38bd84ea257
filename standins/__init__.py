"""Simulates providers (Gmail, Twilio, a model, an identity provider) by local servers that speak their protocols."""
