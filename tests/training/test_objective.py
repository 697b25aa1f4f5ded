from __future__ import annotations

import numpy as np
import pytest

from shoal.layers import Dense, Dropout
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.randomness import Noise
from shoal.shapes import Array, IntArray
from shoal.training.objective import BatchObjective, Clipped, clipped

P, N = 4, 6


def a_population(loss: str = "squared_error", dtype: str = "float64") -> Population:
    network = Network(3, [Dense(5, "tanh", "normal"), Dense(2, initializer="normal")], loss)
    return network.population(P, seed=3, dtype=dtype)


def objective_of(
    population: Population,
    x: Array,
    y: Array,
    s: Array,
    *,
    l2: Array | float = 0.0,
    l1: Array | float = 0.0,
    m: Array | float = 1.0,
) -> BatchObjective:
    l2, l1, m = (np.broadcast_to(np.asarray(value, population.theta.dtype), P) for value in (l2, l1, m))
    return BatchObjective(
        population.network,
        x,
        y,
        s,
        strengths={"l2": l2, "l1": l1},
        m=m,
        noise=Noise(population.keys, 0),
    )


def a_batch(dtype: str = "float64") -> tuple[Array, Array, Array]:
    """Return x (1, n, N), y (K, N) as indicators and s (P, N) with a sample left out for everybody."""
    rng = np.random.default_rng(0)
    s = rng.uniform(0.1, 2, size=(P, N))
    s[:, 2] = 0
    x, y = rng.normal(size=(1, 3, N)), np.eye(2)[rng.integers(2, size=N)].T
    return x.astype(dtype), y.astype(dtype), s.astype(dtype)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_objective_is_the_equation_term_by_term(loss: str) -> None:
    population, (x, y, s) = a_population(loss), a_batch()
    l2, l1, m = (
        np.array([0.0, 0.5, 2.0, 0.0]),
        np.array([0.0, 0.0, 0.3, 4.0]),
        np.array([1.0, 2.0, 10.0, 30.0]),
    )
    J, _ = objective_of(population, x, y, s, l2=l2, l1=l1, m=m)(population.theta)
    losses = population.network.criterion.value(population.outputs(x[0].T).swapaxes(1, 2), y)
    for p in range(P):
        data = sum(s[p, i] * losses[p, i] for i in range(N)) / sum(s[p])
        squares = sum(float(np.sum(W[p] ** 2)) for W in population.weights)
        absolutes = sum(float(np.sum(np.abs(W[p]))) for W in population.weights)
        expected = data + l2[p] / (2 * m[p]) * squares + l1[p] / m[p] * absolutes
        np.testing.assert_allclose(J[p], expected, rtol=1e-13)


def test_biases_are_not_penalised() -> None:
    population, (x, y, s) = a_population(), a_batch()
    plain = objective_of(population, x, y, s)(population.theta)
    penalised = objective_of(population, x, y, s, l2=3.0, l1=2.0, m=6.0)(population.theta)
    rise = population.network.views(penalised[1] - plain[1])
    for layer, W in zip(rise, population.weights, strict=True):
        assert np.array_equal(layer["b"], np.zeros_like(layer["b"]))
        np.testing.assert_allclose(layer["W"], 3 / 6 * W + 2 / 6 * np.sign(W), rtol=1e-12)


def test_the_penalty_does_not_depend_on_the_batch() -> None:
    population, (x, y, s) = a_population(), a_batch()
    for batch in slice(0, 2), slice(0, N):
        part = x[..., batch], y[:, batch], s[:, batch]
        rise = objective_of(population, *part, l2=3.0, m=6.0)(population.theta)[0]
        rise = rise - objective_of(population, *part)(population.theta)[0]
        squares = [(population.theta[p, population.network.weight_mask] ** 2).sum() for p in range(P)]
        np.testing.assert_allclose(rise, np.multiply(3 / (2 * 6), squares), rtol=1e-12)


def test_weights_count_by_their_ratio() -> None:
    population, (x, y, s) = a_population(), a_batch()
    J, gradient = objective_of(population, x, y, s)(population.theta)
    J8, gradient8 = objective_of(population, x, y, 8 * s)(population.theta)  # a power of 2: exact
    assert np.array_equal(J, J8)
    assert np.array_equal(gradient, gradient8)


def test_a_batch_without_weight_leaves_the_penalty() -> None:
    population, (x, y, s) = a_population(), a_batch()
    s[1] = 0
    J, gradient = objective_of(population, x, y, s, l2=3.0, m=6.0)(population.theta)
    W = population.theta[1] * population.network.weight_mask
    np.testing.assert_allclose(J[1], 3 / 12 * (W**2).sum(), rtol=1e-13)
    np.testing.assert_allclose(gradient[1], 3 / 6 * W, rtol=1e-13)


@pytest.mark.parametrize("members", [[0], [2, 0], [3, 3, 1, 0, 2, 2]], ids=str)
@pytest.mark.parametrize("own_batch", [False, True])
def test_rows_belong_to_the_members_that_are_named(members: list[int], own_batch: bool) -> None:
    network = Network(3, [Dropout(0.4), Dense(5, "tanh"), Dense(2)])
    population, (x, y, s) = network.population(P, dtype="float64"), a_batch()
    if own_batch:
        x, y = np.repeat(x, P, axis=0) * np.arange(1, P + 1)[:, None, None], np.repeat(y[None], P, axis=0)
        y += np.arange(P)[:, None, None]
    objective = objective_of(population, x, y, s, l2=np.arange(4.0), l1=np.arange(4.0), m=np.arange(1.0, 5.0))
    J, gradient = objective(population.theta)
    rows: IntArray = np.array(members)
    J_rows, gradient_rows = objective(population.theta[rows], rows)
    assert np.array_equal(J_rows, J[rows])
    assert np.array_equal(gradient_rows, gradient[rows])


def test_dropout_draws_the_same_masks_at_every_call() -> None:
    network = Network(3, [Dropout(0.5), Dense(2)])
    population, (x, y, s) = network.population(P, dtype="float64"), a_batch()
    objective = objective_of(population, x, y, s)
    assert np.array_equal(objective(population.theta)[1], objective(population.theta)[1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_is_kept(dtype: str) -> None:
    population, (x, y, s) = a_population(dtype=dtype), a_batch(dtype)
    objective = objective_of(population, x, y, s, l2=1.0, l1=1.0, m=6.0)
    J, gradient = Clipped(objective, 0.1)(population.theta)
    assert J.dtype == gradient.dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_clipping_bounds_the_norm_and_keeps_the_direction(dtype: str) -> None:
    population, (x, y, s) = a_population(dtype=dtype), a_batch(dtype)
    J, gradient = objective_of(population, x, y, s)(population.theta)
    norms = np.linalg.norm(gradient, axis=1)
    bound = float(np.median(norms))
    clipped_J, clipped_gradient = Clipped(objective_of(population, x, y, s), bound)(population.theta)
    assert np.array_equal(J, clipped_J)
    for p in range(P):
        if norms[p] < bound:
            assert np.array_equal(clipped_gradient[p], gradient[p])
        else:
            np.testing.assert_allclose(clipped_gradient[p], gradient[p] * (bound / norms[p]), rtol=1e-6)
    assert (norms < bound).any()
    assert (norms > bound).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_clipping_takes_gradients_whose_squares_overflow_or_vanish(dtype: str) -> None:
    largest = float(np.finfo(dtype).max)
    gradient = np.array([[0.6 * largest, -0.8 * largest], [0, 0], [1e-30, 0]], dtype)
    with np.errstate(over="ignore"):
        result = clipped(gradient, 0.5)
    np.testing.assert_allclose(result, np.array([[0.3, -0.4], [0, 0], [1e-30, 0]], dtype), rtol=1e-6)


def test_clipping_does_not_hide_what_is_not_finite() -> None:
    with np.errstate(all="ignore"):
        result = clipped(np.array([[np.nan, 1.0], [np.inf, 1.0], [3.0, 4.0]]), 1.0)
    assert np.isfinite(result).all(axis=1).tolist() == [False, False, True]
