"""scikit-learn's interface to networks, studies and the ensembles of `shoal fit`."""
