"""Plays whole conversations over the channels, graded by the database and by what the customer saw."""
