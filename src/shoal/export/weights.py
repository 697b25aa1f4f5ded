"""The networks inside a fitted estimator, as a population."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from shoal.activations import Activation
from shoal.errors import ConfigurationError, ShoalWarning
from shoal.layers import Dense
from shoal.networks.backprop import sample_outputs
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.shapes import IntArray

PROBES, LARGE = 8, 3.0
"""Samples that are tried, and how large their numbers are: features lie within ±3."""
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
    >>> estimator = MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", random_state=0)
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


def stored(population: Population) -> tuple[Population, IntArray]:
    """Return ``distinct`` members for a runtime of their precision; see ``warn_of_overflow``."""
    warn_of_overflow(population)
    return distinct(population)


def warn_of_overflow(population: Population) -> None:
    """Warn (``ShoalWarning``) of networks whose sums overflow, for samples as large as features are.

    What overflows in single precision shoal finds in double; other runtimes give infinities, or no number.
    """
    network, theta = population.network, population.theta
    codes = any(layer.name == "embedding" for layer in network.walk())
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (PROBES, network.n_inputs))
    X = (np.zeros_like(signs) if codes else LARGE * signs).astype(theta.dtype)
    with np.errstate(all="ignore"):
        z = sample_outputs(network, theta, X)
    lost = int(np.count_nonzero(~np.isfinite(z).all(axis=(1, 2))))
    if lost:
        precision = "single" if theta.dtype == np.float32 else "double"
        warnings.warn(
            f"the weights of {lost} of {population.size} networks are so large that sums overflow in "
            f"{precision} precision: what is exported gives infinities, or no numbers, where "
            "shoal predicts in double or refuses; fit again with a smaller learning rate or more l2",
            ShoalWarning,
            stacklevel=4,
        )


def distinct(population: Population) -> tuple[Population, IntArray]:
    """Return the members once each, however often they were picked, and which of them each member is (P,)."""
    places: dict[bytes, int] = {}
    picks = np.array([places.setdefault(theta.tobytes(), len(places)) for theta in population.theta])
    return population.members(np.unique(picks, return_index=True)[1]), picks
