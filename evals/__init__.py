"""Quality on labelled, human-written data: fitting, scoring and the report of `make eval`."""
