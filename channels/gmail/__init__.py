"""Gmail: pushes in, mail parsed, replies out."""
