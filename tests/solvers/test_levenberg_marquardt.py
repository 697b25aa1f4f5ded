"""Levenberg-Marquardt against SciPy's least squares, and its curvature against central differences."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.optimize import least_squares

from shoal.engines import ENGINES
from shoal.errors import CapacityError, ConfigurationError
from shoal.layers import GRU, BatchNorm, Conv1D, Dense, Dropout, Flatten
from shoal.networks.backprop import sample_outputs
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.randomness import Noise
from shoal.sequences import Sequences
from shoal.shapes import Array
from shoal.solvers.levenberg_marquardt import LevenbergMarquardt
from shoal.training.objective import BatchObjective

SIZE, N, H = 4, 15, 1e-5
RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, size=(N, 2))
K = 3
Y = np.column_stack([np.sin(2 * X[:, 0]) + X[:, 1], X[:, 0] * X[:, 1], X[:, 1]]) + 0.1 * RNG.normal(
    size=(N, K)
)
WEIGHTS = RNG.integers(0, 4, size=(SIZE, N)).astype(float)
L2 = np.array([0.01, 0.1, 1.0, 0.3])
LENGTHS = 1 + np.arange(N) % 2
NETWORK = Network(2, [Dense(3, "tanh"), Dense(K)])


def residuals(network: Network, theta: Array, weights: Array, l2: float, scale: float = 1.0) -> Array:
    """Return r (N K + D,) with ½ r·r = J, from nothing but the network's outputs."""
    m = weights.sum()
    z = sample_outputs(network, theta[None], X)[0].T
    data = np.sqrt(scale * weights / m)[:, None] * (z - Y)
    decayed = np.sqrt(l2 / m) * theta * network.weight_mask
    return np.concatenate([data.ravel(), decayed])


@cache
def costs_of_scipy(loss: str, scale: float) -> list[float]:
    network = Network(2, NETWORK.layers, loss)
    starts = network.population(SIZE, seed=5, dtype="float64").theta
    return [
        least_squares(
            lambda theta, p=p: residuals(network, theta, WEIGHTS[p], L2[p], scale),
            starts[p],
            method="lm",
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
        ).cost
        for p in range(SIZE)
    ]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("loss", "scale"), [("squared_error", 1.0), ("mean_squared_error", 2 / K)])
def test_it_ends_where_scipy_does(loss: str, scale: float, engine: str) -> None:
    network = Network(2, NETWORK.layers, loss)
    population = network.population(SIZE, seed=5, dtype="float64")
    settings: dict[str, Any] = {"solver": "lm", "l2": L2, "epochs": 300, "tolerance": 1e-12}
    result = train(population, X, Y, sample_weight=WEIGHTS, engine=engine, **settings)
    J = np.nanmin(result.history.loss, axis=1)
    for p, cost in enumerate(costs_of_scipy(loss, scale)):
        assert J[p] == pytest.approx(cost, abs=1e-8), p


CASES: dict[str, tuple[Network, Any]] = {
    "dense": (NETWORK, X),
    "mean": (Network(2, NETWORK.layers, "mean_squared_error"), X),
    "convolution": (Network((1, 2), [Conv1D(2, 2, activation="tanh"), Flatten(), Dense(K)]), X),
    "recurrent": (
        Network((1, 2), [GRU(2), Dense(K)]),
        Sequences(
            X[:, None] * (np.arange(2) < (1 + np.arange(N) % 2)[:, None])[:, None], 1 + np.arange(N) % 2
        ),
    ),
}


def objective(network: Network, given: Any, weights: Array, l2: Array) -> BatchObjective:
    rows = network.rows(given, "X")
    return BatchObjective(
        network,
        rows.T[None],
        np.ascontiguousarray(Y.T),
        weights,
        strengths={"l2": l2},
        m=weights.sum(axis=1),
        noise=Noise(np.zeros((len(weights), 2), np.uint64), 0),
        lengths=given.lengths[None] if isinstance(given, Sequences) else None,
    )


@pytest.mark.parametrize("case", CASES)
def test_the_curvature_is_what_central_differences_of_the_outputs_say(case: str) -> None:
    network, given = CASES[case]
    theta = network.population(SIZE, seed=1, dtype="float64").theta
    lengths = given.lengths if isinstance(given, Sequences) else None
    rows, D = network.rows(given, "X"), network.n_parameters
    J = np.empty((SIZE, D, N, K))
    for d in range(D):
        step = H * (np.arange(D) == d)
        above, below = (sample_outputs(network, theta + sign * step, rows, lengths) for sign in (1, -1))
        J[:, d] = (above - below).swapaxes(1, 2) / (2 * H)
    c = network.criterion.curvature(K)
    share = WEIGHTS / WEIGHTS.sum(axis=1, keepdims=True)
    expected = c * np.einsum("pdnk,penk,pn->pde", J, J, share)
    expected += np.eye(D) * (L2 / WEIGHTS.sum(axis=1))[:, None, None] * network.weight_mask
    function = objective(network, given, WEIGHTS, L2)
    found = function.curvature(theta)
    assert np.abs(found - expected).max() < 1e-6
    np.testing.assert_array_equal(found, found.swapaxes(1, 2))
    np.testing.assert_array_equal(function.curvature(theta[[2]], np.array([2]))[0], found[2])


def test_of_a_straight_network_the_curvature_is_that_of_its_gradient() -> None:
    network = Network(2, [Dense(K)])
    theta, function = (
        network.population(SIZE, dtype="float64").theta,
        objective(Network(2, [Dense(K)]), X, WEIGHTS, L2),
    )
    D = network.n_parameters
    H_found = function.curvature(theta)
    for d in range(D):
        step = H * (np.arange(D) == d)
        slope = (function(theta + step)[1] - function(theta - step)[1]) / (2 * H)
        assert np.abs(H_found[:, d] - slope).max() < 1e-6


def test_j_falls_in_every_epoch_until_it_has_converged() -> None:
    result = train(NETWORK, X, Y, starts=8, solver="lm", l2=0.01, epochs=200, tolerance=0)
    loss, epochs = result.history.loss, result.history.epochs
    for curve, count in zip(loss, epochs, strict=True):
        assert (np.diff(curve[:count]) <= 1e-15).all()
    assert result.history.converged.any()


def test_a_line_is_found_in_a_few_steps() -> None:
    result = train(Network(2, [Dense(K)]), X, Y, solver="lm", epochs=8, tolerance=0)
    bias = np.column_stack([X, np.ones(N)])
    expected = np.linalg.lstsq(bias, Y, rcond=None)[1].sum() / (2 * N)
    assert result.history.loss[0, result.history.epochs[0] - 1] == pytest.approx(expected, abs=1e-12)


def refused(network: Network, **settings: Any) -> Any:
    y = np.eye(2)[np.arange(N) % 2]
    return train(network, X, y, solver="levenberg_marquardt", **settings)


@pytest.mark.parametrize("loss", ["cross_entropy", "log_loss", "absolute_error", "huber", "poisson"])
def test_other_losses_are_refused(loss: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=f"levenberg_marquardt minimises sums of squares, .* the loss is {loss}; use scg",
    ):
        refused(Network(2, [Dense(2)], loss))


@pytest.mark.parametrize(
    ("layers", "settings", "message"),
    [
        ([Dense(2)], {"batch_size": 4}, "needs the full batch at every step, got batch_size=4"),
        ([Dropout(0.5), Dense(2)], {}, "needs the same function at every step, and dropout changes it"),
        ([Dense(3), BatchNorm(), Dense(2)], {}, "batch_norm would remember"),
        ([Dense(2)], {"clip_norm": 1.0}, "cannot clip gradients"),
        ([Dense(2)], {"learning_rate": 0.1}, "finds its own step length"),
        ([Dense(2)], {"weight_decay": 0.1}, "cannot decay weights apart from its objective"),
    ],
)
def test_what_is_no_fixed_function_is_refused(layers: Any, settings: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"levenberg_marquardt .*{message}"):
        refused(Network(2, layers), **settings)


@pytest.mark.parametrize("solver", ["lm", "bfgs"])
def test_more_parameters_than_a_matrix_can_be_of_are_refused(solver: str) -> None:
    with pytest.raises(CapacityError, match=r"has 7203, of which 5000 at most will do; use lbfgs or scg"):
        train(Network(2, [Dense(1200), Dense(K)]), X, Y, solver=solver)


def test_bfgs_of_too_many_members_is_refused() -> None:
    population = Network(2, [Dense(800), Dense(K)]).population(1)
    many = Population(
        population.network, np.broadcast_to(population.theta, (30, 4803)), np.zeros((30, 2), np.uint64)
    )
    with pytest.raises(CapacityError, match=r"bfgs keeps 4803² numbers of each of 30 members"):
        train(many, X, Y, solver="bfgs")


def test_an_objective_without_curvature_is_refused() -> None:
    theta, solver = np.ones((1, 2)), LevenbergMarquardt()
    with pytest.raises(ConfigurationError, match="needs an objective that knows its curvature"):
        solver.step(theta, lambda w, members=None: ((w**2).sum(axis=1), 2 * w), solver.start(theta), theta)
