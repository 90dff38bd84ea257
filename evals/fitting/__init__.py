"""How the shipped weights are fitted, on sets whose licence allows it, with scikit-learn."""
