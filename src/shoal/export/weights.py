"""The networks inside a fitted estimator, as a population."""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.activations import Activation
from shoal.errors import ConfigurationError
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.shapes import IntArray

LOSSES = {"softmax": "cross_entropy", "logistic": "log_loss", "exp": "poisson", "identity": "squared_error"}
"""A loss with the link that scikit-learn calls the output activation."""


def as_population(model: Any) -> Population:
    """Return a population as it is, and the networks of a fitted estimator.

    Raises ``ConfigurationError`` for anything else.
    """
    if isinstance(model, Population):
        return model
    if hasattr(model, "coefs_"):
        return population_of(model)
    raise ConfigurationError(
        f"a model of type {type(model).__name__} cannot be exported; give a Population (study.best, "
        "result.population) or a fitted estimator"
    )


def population_of(estimator: Any) -> Population:
    """Return the networks of a fitted multi-layer perceptron, shoal's or scikit-learn's.

    They are read from ``coefs_``, ``intercepts_``, ``activation`` and ``out_activation_``; the members of an
    ensemble follow the first. Only the link of their loss is known, and dropout, which plays no part in
    predicting, is left out.

    >>> from sklearn.neural_network import MLPRegressor
    >>> estimator = MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs")
    >>> population_of(estimator.fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0])).network
    Network(inputs=1, layers=(Dense(units=4, ...), Dense(units=1, ...)), loss=SquaredError())
    """
    members = [(estimator.coefs_, estimator.intercepts_), *getattr(estimator, "_ensemble", ())]
    units = [W.shape[1] for W in estimator.coefs_]
    given = estimator.activation
    hidden = [given] * (len(units) - 1) if isinstance(given, str | Activation) else list(given)
    activations = ["sigmoid" if g == "logistic" else g for g in hidden]
    layers = [Dense(size, g) for size, g in zip(units, [*activations, "identity"], strict=True)]
    network = Network(len(estimator.coefs_[0]), layers, LOSSES[estimator.out_activation_])
    theta = [
        np.concatenate([part.ravel() for W, b in zip(*member, strict=True) for part in (W.T, b)])
        for member in members
    ]
    return Population(network, np.stack(theta), np.zeros((len(theta), 2), dtype=np.uint64))


def distinct(population: Population) -> tuple[Population, IntArray]:
    """Return the members once each, however often they were picked, and which of them each member is (P,)."""
    places: dict[bytes, int] = {}
    picks = np.array([places.setdefault(theta.tobytes(), len(places)) for theta in population.theta])
    return population.members(np.unique(picks, return_index=True)[1]), picks
