"""Plays a day's busiest minutes through the stand-ins and proves that every message is accounted for."""
