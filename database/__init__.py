"""PostgreSQL: migrations, the pool, one unit of work and one store a table group."""
