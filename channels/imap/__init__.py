"""Reads any mailbox by IMAP and sends through its SMTP server."""
