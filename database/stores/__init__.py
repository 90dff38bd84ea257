"""One class a Protocol of domain/stores, each with its queries in database/sql."""
