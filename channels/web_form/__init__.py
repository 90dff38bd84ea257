"""The support form on our own page: its rules, and replies that the status page reads."""
