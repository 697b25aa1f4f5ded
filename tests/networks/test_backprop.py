from __future__ import annotations

import math

import numpy as np
import pytest

from shoal.layers import Dense, Dropout
from shoal.layers.base import Context
from shoal.losses import LOSSES
from shoal.networks import backprop
from shoal.networks.backprop import CHUNK, backward, data_loss, forward, sample_losses, sample_outputs
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.randomness import Noise
from shoal.shapes import Array

LN3, LN4 = math.log(3), math.log(4)


def by_hand() -> Population:
    """Return a network whose numbers are easy: x = (1, 2) gives z₁ = (ln 3, −ln 3) and z₂ = ln 3."""
    population = Network(2, [Dense(2, "sigmoid"), Dense(1)], loss="log_loss").population(1, dtype="float64")
    population.weights[0][0] = [[LN3, 0], [0, -LN3 / 2]]
    population.weights[1][0] = [[2 * LN3, -2 * LN3]]
    return population


def deep(P: int = 3) -> Population:
    """Return members with two hidden layers and random biases."""
    layers = [Dense(4, "tanh", "normal"), Dense(5, "sigmoid", "normal"), Dense(2, initializer="normal")]
    return Network(3, layers).population(P, dtype="float64")


def looped_outputs(population: Population, p: int, x: Array) -> list[float]:
    """Return z of member p for one sample x (n,), one unit and one product at a time."""
    a = list(x)
    layers = population.network.layers
    for layer, W, b in zip(layers, population.weights, population.biases, strict=True):
        z = [
            sum(w * v for w, v in zip(row, a, strict=True)) + c[0] for row, c in zip(W[p], b[p], strict=True)
        ]
        a = list(layer.g.forward(np.array(z)))
    return a


def test_forward_by_hand() -> None:
    # a₁ = σ(±ln 3) = (¾, ¼), z₂ = 2 ln 3 (¾ − ¼) = ln 3
    population = by_hand()
    z, _ = forward(population.network, population.theta, np.array([[[1.0], [2.0]]]))
    np.testing.assert_allclose(z, [[[LN3]]], rtol=1e-15)


def test_backward_by_hand() -> None:
    # ŷ = ¾, y = 0, L = −ln(1 − ¾) = ln 4, δ₂ = ¾
    # ∂L/∂W₂ = δ₂ a₁ᵀ = (9/16, 3/16)
    # δ₁ = W₂ᵀ δ₂ · a₁ (1 − a₁) = ±2 ln 3 · ¾ · 3/16 = ±9/32 ln 3, ∂L/∂W₁ = δ₁ xᵀ
    population = by_hand()
    x, share = np.array([[[1.0], [2.0]]]), np.ones((1, 1))
    L, gradient = data_loss(population.network, population.theta, x, np.zeros((1, 1)), share)
    first, second = population.network.views(gradient)
    np.testing.assert_allclose(L, [LN4], rtol=1e-15)
    np.testing.assert_allclose(second["W"], [[[9 / 16, 3 / 16]]], rtol=1e-14)
    np.testing.assert_allclose(second["b"], [[[3 / 4]]], rtol=1e-14)
    delta = 9 / 32 * LN3
    np.testing.assert_allclose(first["W"], [[[delta, 2 * delta], [-delta, -2 * delta]]], rtol=1e-14)
    np.testing.assert_allclose(first["b"], [[[delta], [-delta]]], rtol=1e-14)


def test_forward_equals_loops_over_members_samples_and_units() -> None:
    population, X = deep(), np.random.default_rng(0).normal(size=(6, 3))
    z, _ = forward(population.network, population.theta, X.T[None])
    expected = [[looped_outputs(population, p, x) for x in X] for p in range(3)]
    np.testing.assert_allclose(z.swapaxes(1, 2), expected, rtol=1e-12)


def test_members_with_samples_of_their_own_equal_members_that_share_them() -> None:
    population, rng = deep(), np.random.default_rng(0)
    x, y, share = rng.normal(size=(3, 3, 4)), rng.normal(size=(3, 2, 4)), rng.uniform(size=(3, 4))
    L, gradient = data_loss(population.network, population.theta, x, y, share)
    for p in range(3):
        alone = data_loss(population.network, population.theta[p : p + 1], x[p][None], y[p], share[p][None])
        assert alone[0][0] == L[p]
        assert np.array_equal(alone[1][0], gradient[p])


def test_a_gradient_is_the_sum_over_the_samples_by_their_shares() -> None:
    population, rng = deep(), np.random.default_rng(0)
    x, y, share = rng.normal(size=(1, 3, 5)), rng.normal(size=(2, 5)), rng.uniform(size=(1, 5))
    L, gradient = data_loss(population.network, population.theta, x, y, share)
    one = [
        data_loss(population.network, population.theta, x[..., [i]], y[:, [i]], np.ones((1, 1)))
        for i in range(5)
    ]
    np.testing.assert_allclose(L, sum(share[0, i] * one[i][0] for i in range(5)), rtol=1e-12)
    np.testing.assert_allclose(
        gradient, sum(share[0, i] * one[i][1] for i in range(5)), rtol=1e-12, atol=1e-15
    )


def batch_of(population: Population, N: int) -> Context:
    return Context(Noise(population.keys, 0), np.full((1, N), 1 / N))


def test_backward_leaves_parameters_and_caches_alone() -> None:
    population = Network(3, [Dropout(0.5), Dense(4, "relu"), Dense(2)]).population(2, dtype="float64")
    theta, x = population.theta, np.random.default_rng(0).normal(size=(1, 3, 4))
    before = theta.copy()
    z, caches = forward(population.network, theta, x, batch_of(population, 4))
    first = backward(population.network, theta, caches, np.ones_like(z))
    again = backward(population.network, theta, caches, np.ones_like(z))
    assert np.array_equal(first, again)
    assert np.array_equal(theta, before)


def test_dropout_layers_of_a_step_draw_different_masks() -> None:
    network = Network(4, [Dropout(0.5), Dropout(0.5), Dense(1)])
    population = network.population(1, dtype="float64")
    _, caches = forward(network, population.theta, np.ones((1, 4, 50)), batch_of(population, 50))
    assert not np.array_equal(caches[0], caches[1])


def test_evaluation_is_without_dropout() -> None:
    network = Network(3, [Dense(4, "tanh"), Dropout(0.9), Dense(1)])
    without = Network(3, [Dense(4, "tanh"), Dense(1)])
    theta, X = network.population(2).theta, np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    assert np.array_equal(sample_outputs(network, theta, X), sample_outputs(without, theta, X))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("N", [1, 9, 10, 23])
def test_chunks_are_put_together_in_order(loss: str, N: int, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(3, [Dense(4, "tanh"), Dense(2)], loss)
    population, rng = network.population(2, dtype="float64"), np.random.default_rng(0)
    X, y = rng.normal(size=(N, 3)), np.eye(2)[rng.integers(2, size=N)].T
    z, _ = forward(network, population.theta, X.T[None])
    monkeypatch.setattr(backprop, "CHUNK", 10)
    np.testing.assert_allclose(sample_outputs(network, population.theta, X), z, rtol=1e-12)
    expected = network.criterion.value(z, y)
    np.testing.assert_allclose(sample_losses(network, population.theta, X, y), expected, rtol=1e-12)


def test_at_most_a_chunk_of_samples_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    network, sizes = Network(3, [Dense(1)]), []

    def counting(network: Network, theta: Array, x: Array, context: Context) -> tuple[Array, list[object]]:
        sizes.append(x.shape[-1])
        return forward(network, theta, x, context)

    monkeypatch.setattr(backprop, "forward", counting)
    sample_outputs(network, network.population(1).theta, np.zeros((2 * CHUNK + 1, 3), np.float32))
    assert sizes == [CHUNK, CHUNK, 1]
