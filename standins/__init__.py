"""Simulates Gmail and Twilio by local servers that speak the providers' protocols."""
