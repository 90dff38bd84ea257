"""Runs `python -m serve_app COMMAND`."""

import sys

from serve_app.cli import main

sys.exit(main())
