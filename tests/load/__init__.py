"""A day's busiest minutes from the stand-ins' side, and proof that every message of them is accounted for."""
