"""Whole conversations over the three channels, graded by the database and by what the customer saw."""
