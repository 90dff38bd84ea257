"""Carries e-mail through Gmail: pushes in, replies out."""
