"""Weights of samples: a whole number repeats a sample, 0 leaves it out, and a fold is nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.layers import Dense
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.populations.trainer import TrainingResult, train
from shoal.shapes import Array
from shoal.solvers import SOLVERS
from shoal.solvers.sgd import SGD

N, RTOL = 15, 1e-10
EPOCHS = 3
"""Few, for solvers that search along a line let rounding grow from step to step."""

every_engine = pytest.mark.parametrize("engine", ENGINES)
every_solver = pytest.mark.parametrize("solver", SOLVERS)
every_loss = pytest.mark.parametrize("loss", LOSSES)


def a_network(loss: str = "squared_error") -> Network:
    return Network(3, [Dense(4, "tanh"), Dense(2)], loss)


def some_samples() -> tuple[Array, Array]:
    """Return X (N, n) and rows y (N, K) that every loss can take."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(N, 3)), np.eye(2)[rng.integers(2, size=N)]


def assert_same(first: TrainingResult, second: TrainingResult, rows: slice = slice(None)) -> None:
    """Compare the parameters, as vectors, and the losses of all epochs; ``rows`` of the first are meant."""
    difference = np.linalg.norm(first.population.theta[rows] - second.population.theta, axis=1)
    assert (difference <= RTOL * np.linalg.norm(second.population.theta, axis=1)).all()
    np.testing.assert_allclose(first.history.loss[rows], second.history.loss, rtol=RTOL)


def compare(loss: str, weights: Array, rows: Array, **settings: Any) -> None:
    """Train with weights on all samples, and without on the given rows."""
    X, y = some_samples()
    population = a_network(loss).population(2, dtype="float64")
    penalties = {} if SOLVERS[settings["solver"]].estimates_l2 else {"l2": [0.0, 0.5], "l1": 0.01}
    settings = {"epochs": EPOCHS} | penalties | settings
    assert_same(
        train(population, X, y, sample_weight=weights, **settings),
        train(population, X[rows], y[rows], **settings),
    )


@every_engine
@every_solver
@every_loss
def test_a_fold_is_training_on_its_rows(loss: str, solver: str, engine: str) -> None:
    inside = np.arange(N) % 3 != 1
    compare(loss, inside.astype(float), np.flatnonzero(inside), solver=solver, engine=engine)


@every_engine
@every_solver
def test_members_in_folds_of_their_own(solver: str, engine: str) -> None:
    X, y = some_samples()
    population = a_network().population(3, dtype="float64")
    inside = np.arange(N) % 3 != np.arange(3)[:, None]
    settings: dict[str, Any] = {"solver": solver, "epochs": EPOCHS, "engine": engine}
    settings |= {} if SOLVERS[solver].estimates_l2 else {"l2": 0.3}
    together = train(population, X, y, sample_weight=inside.astype(float), **settings)
    for fold in range(3):
        alone = train(population.members(fold), X[inside[fold]], y[inside[fold]], **settings)
        assert_same(together, alone, slice(fold, fold + 1))


@every_engine
@every_solver
@every_loss
def test_a_whole_number_repeats_its_row(loss: str, solver: str, engine: str) -> None:
    counts = np.arange(N) % 4
    compare(loss, counts.astype(float), np.repeat(np.arange(N), counts), solver=solver, engine=engine)


@every_engine
def test_a_minibatch_is_averaged_by_the_weights_in_it(engine: str) -> None:
    # z = b at X = 0 and J = ½ (b − y)²: a batch moves b by α Σ s (b − y) / Σ s, and not without any weight.
    population = Network(1, [Dense(1)]).population(1, dtype="float64")
    y, s, alpha = np.array([1.0, 2.0, 4.0, 8.0]), np.array([3.0, 1.0, 0.0, 0.0]), 0.1
    settings: dict[str, Any] = {
        "solver": SGD(momentum=0.0),
        "learning_rate": alpha,
        "epochs": 1,
        "engine": engine,
    }

    def trained(batch: Array) -> float:
        X = np.zeros(len(batch))
        result = train(population, X, y[batch], sample_weight=s[batch], batch_size=len(batch), **settings)
        return result.population.biases[0].item()

    np.testing.assert_allclose(trained(np.array([0, 1, 2])), alpha * (3 * 1 + 1 * 2) / 4, rtol=1e-13)
    X = np.zeros(4)
    result = train(population, X, y, sample_weight=[0.0, 0, 0, 5], batch_size=2, **settings)
    np.testing.assert_allclose(result.population.biases[0].item(), alpha * 8, rtol=1e-13)


@every_engine
def test_the_penalty_is_divided_by_the_weight_of_all_samples(engine: str) -> None:
    X, y = some_samples()
    population, s = a_network().population(1, dtype="float64"), np.linspace(0.1, 3, N)
    settings: dict[str, Any] = {
        "sample_weight": s,
        "epochs": 1,
        "solver": "gradient_descent",
        "engine": engine,
    }
    rise = (
        train(population, X, y, l2=4.0, **settings).history.loss
        - train(population, X, y, **settings).history.loss
    )
    squares = sum(float((W**2).sum()) for W in population.weights)
    np.testing.assert_allclose(rise, 4 / (2 * s.sum()) * squares, rtol=1e-12)


@every_engine
def test_one_weight_for_each_sample_is_that_of_every_member(engine: str) -> None:
    X, y = some_samples()
    s = np.random.default_rng(1).uniform(size=N)
    settings: dict[str, Any] = {"starts": 3, "epochs": 3, "batch_size": 4, "engine": engine}
    shared = train(a_network(), X, y, sample_weight=s, **settings)
    repeated = train(a_network(), X, y, sample_weight=np.tile(s, (3, 1)), **settings)
    assert np.array_equal(shared.population.theta, repeated.population.theta)
    assert np.array_equal(shared.history.loss, repeated.history.loss)
