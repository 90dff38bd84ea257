"""Composition: which deployments there are, how they are bound into one graph, and how a machine runs them."""
