"""Embeds texts, cuts articles into passages and ranks them."""
