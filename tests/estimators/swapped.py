"""A pytest plugin that puts shoal's estimators where scikit-learn's tests look for scikit-learn's own."""

from __future__ import annotations

import sklearn.neural_network

from shoal.estimators.mlp.classifier import MLPClassifier
from shoal.estimators.mlp.regressor import MLPRegressor


def pytest_configure() -> None:
    sklearn.neural_network.MLPClassifier = MLPClassifier
    sklearn.neural_network.MLPRegressor = MLPRegressor
