"""One class a Protocol of domain/stores.py, each with its queries in database/sql."""
