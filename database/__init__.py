"""Stores everything in PostgreSQL: migrations, the pool, the unit of work and its stores."""
