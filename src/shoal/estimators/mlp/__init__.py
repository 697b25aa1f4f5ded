"""``MLPClassifier`` and ``MLPRegressor``: scikit-learn's pair, and more."""
