"""Types each deployment's `user_config`, one file a stage.

A default stands once: in these files, or with the use case that owns it and that their fields refer to.
`make config-reference` writes docs/reference/config.md and config.schema.json from the descriptions.
"""
