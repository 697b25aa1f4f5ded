"""The lecture's boxed formulas, written out literally, against what the engines compute."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.explanation.gradient_check import check_gradients
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.shapes import Array

RTOL = 1e-12
m = 7
"""The number of samples."""


def three_layer_network() -> Population:
    """Return the lecture's network, sigmoid in every layer with the log loss, from N(0, 0.1)."""
    layers = [Dense(4, "sigmoid", "normal"), Dense(5, "sigmoid", "normal"), Dense(1, initializer="normal")]
    return Network(3, layers, loss="log_loss").population(1, seed=10, dtype="float64")


def some_samples() -> tuple[Array, Array]:
    """Return the lecture's columns x (f, m) and y (1, m)."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, m)), rng.integers(2, size=(1, m)).astype(float)


def g(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def g_prime(z: Array) -> Array:
    return g(z) * (1 - g(z))


def boxed_formulas(network: Population, x: Array, y: Array) -> tuple[float, dict[str, Array]]:
    """Return J and its derivatives as the lecture writes them, each averaged over the m samples."""
    (w1, w2, w3), (b1, b2, b3) = (
        [p[0] for p in parameters] for parameters in (network.weights, network.biases)
    )
    z1 = w1 @ x + b1
    a1 = g(z1)
    z2 = w2 @ a1 + b2
    a2 = g(z2)
    z3 = w3 @ a2 + b3
    a3 = g(z3)
    J = -(1 / m) * np.sum((1 - y) * np.log(1 - a3) + y * np.log(a3))

    ones = np.ones((m, 1))  # sums the samples, as a1ᵀ does for the weights
    return J, {
        "dW3": (a3 - y) @ a2.T / m,
        "db3": (a3 - y) @ ones / m,
        "dW2": (w3.T @ (a3 - y) * g_prime(z2)) @ a1.T / m,
        "db2": (w3.T @ (a3 - y) * g_prime(z2)) @ ones / m,
        "dW1": (w2.T @ (w3.T @ (a3 - y) * g_prime(z2)) * g_prime(z1)) @ x.T / m,
        "db1": (w2.T @ (w3.T @ (a3 - y) * g_prime(z2)) * g_prime(z1)) @ ones / m,
    }


def test_backpropagation_computes_the_boxed_formulas() -> None:
    network, (x, y) = three_layer_network(), some_samples()
    _, boxed = boxed_formulas(network, x, y)
    computed = network.network.views(check_gradients(network, x.T, y[0]).analytic[None])
    for layer, gradients in enumerate(computed, start=1):
        np.testing.assert_allclose(gradients["W"][0], boxed[f"dW{layer}"], rtol=RTOL)
        np.testing.assert_allclose(gradients["b"][0], boxed[f"db{layer}"], rtol=RTOL)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_step_follows_the_boxed_formulas(engine: str) -> None:
    network, (x, y), alpha = three_layer_network(), some_samples(), 0.5
    J, boxed = boxed_formulas(network, x, y)
    result = train(
        network, x.T, y[0], solver="gradient_descent", learning_rate=alpha, epochs=1, engine=engine
    )
    np.testing.assert_allclose(result.history.loss, [[J]], rtol=RTOL)
    for layer in 1, 2, 3:
        w, b = network.weights[layer - 1][0], network.biases[layer - 1][0]
        trained = result.population
        np.testing.assert_allclose(trained.weights[layer - 1][0], w - alpha * boxed[f"dW{layer}"], rtol=RTOL)
        np.testing.assert_allclose(trained.biases[layer - 1][0], b - alpha * boxed[f"db{layer}"], rtol=RTOL)


def test_the_regularised_cost() -> None:
    network, (x, y), lam = three_layer_network(), some_samples(), 3.0
    J, _ = boxed_formulas(network, x, y)
    cross_entropy_cost = J
    l2_regularization_cost = (1 / m) * (lam / 2) * sum(float(np.sum(W**2)) for W in network.weights)
    result = train(network, x.T, y[0], solver="gradient_descent", l2=lam, epochs=1)
    np.testing.assert_allclose(
        result.history.loss, [[cross_entropy_cost + l2_regularization_cost]], rtol=RTOL
    )
