"""Runs seeded fault schedules against a running system and checks everything that was promised."""
