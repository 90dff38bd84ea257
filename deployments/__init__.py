"""Entry points: one thin file for every separately scaled stage, the HTTP API beside them."""
