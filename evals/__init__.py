"""Measures quality on labelled, human-written data: fitting, scoring and the report of `make eval`."""

import channels.registry  # noqa: F401 - registers the channels that data sets and scenarios name
