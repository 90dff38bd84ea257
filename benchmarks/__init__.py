"""Compares parts of the system with baselines, interleaved within one run so that ratios hold."""
