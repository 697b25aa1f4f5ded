"""Probabilities and intervals that hold what they promise."""
