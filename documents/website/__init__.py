"""Fetches the pages of help sites and reads them."""
