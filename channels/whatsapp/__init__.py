"""WhatsApp by way of Twilio: signed webhooks in, the Messages API out."""
