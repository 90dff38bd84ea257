"""Benchmarks: one command each, arms interleaved in one run, ratios instead of absolute figures."""
