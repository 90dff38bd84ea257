"""Fits the shipped weights with scikit-learn, on sets whose licence allows it."""
