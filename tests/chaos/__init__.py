"""Seeded fault schedules against a running system, and a checker of everything that was promised."""
