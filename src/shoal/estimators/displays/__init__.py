"""Displays in scikit-learn's fashion: the report's figures, on axes of one's own."""
