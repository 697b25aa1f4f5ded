"""Running statistics: observed by the training loop, and left alone by everything that learns."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.errors import ConfigurationError
from shoal.layers import BatchNorm, Conv2D, Dense, Flatten, LayerNorm, Residual
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.shapes import Array
from shoal.solvers import SOLVERS

NETWORK = Network(3, [BatchNorm(momentum=0.75), Dense(4, "tanh"), BatchNorm(), Dense(1)])
WITH_A_RATE = [name for name, solver in SOLVERS.items() if solver.takes_learning_rate]


def some_samples(N: int = 12) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    return rng.normal(3, 2, size=(N, 3)), rng.normal(size=N)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("solver", WITH_A_RATE)
def test_statistics_of_the_data_are_the_same_whatever_learns(solver: str, engine: str) -> None:
    X, y = some_samples()
    result = train(
        NETWORK,
        X,
        y,
        solver=solver,
        epochs=3,
        tolerance=0,
        l2=1.0,
        l1=0.5,
        weight_decay=0.01,
        clip_norm=1e-3 if not SOLVERS[solver].full_batch else None,
        dtype="float64",
        engine=engine,
    )
    # The first layer sees the data at every step: mean ← ¾ mean + ¼ μ from 0, variance ← ¾ v + ¼ σ² from 1.
    first = NETWORK.views(result.population.theta)[0]
    rest = 0.75**3
    np.testing.assert_allclose(first["mean"][0, :, 0], (1 - rest) * X.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(first["variance"][0, :, 0], rest + (1 - rest) * X.var(axis=0), rtol=1e-12)


def test_the_first_step_does_not_yet_know_of_its_own_statistics() -> None:
    X, y = some_samples()
    start = NETWORK.population(1, dtype="float64")
    result = train(start, X, y, solver="sgd", learning_rate=1e-3, epochs=1)
    moved = NETWORK.statistic_mask & (result.population.theta[0] != start.theta[0])
    assert np.array_equal(moved, NETWORK.statistic_mask)


def test_minibatches_move_them_one_after_the_other() -> None:
    X, y = some_samples(4)
    result = train(
        NETWORK, X, y, epochs=1, batch_size=2, learning_rate=1e-3, dtype="float64", callback=None, seed=3
    )
    mean = NETWORK.views(result.population.theta)[0]["mean"][0, :, 0]
    orders = [
        0.75 * 0.25 * X[list(first)].mean(axis=0) + 0.25 * X[list({0, 1, 2, 3} - set(first))].mean(axis=0)
        for first in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    ]
    assert min(np.abs(mean - expected).max() for expected in orders) < 1e-12


@pytest.mark.parametrize("engine", ENGINES)
def test_samples_of_weight_0_do_not_touch_a_member(engine: str) -> None:
    X, y = some_samples()
    fold = np.array([1.0] * 8 + [0.0] * 4)
    X_other = np.where(fold[:, None] > 0, X, 1e3)
    settings = {"epochs": 5, "learning_rate": 0.05, "dtype": "float64", "engine": engine}
    mine = train(NETWORK, X, y, sample_weight=fold, **settings)  # type: ignore[arg-type]
    other = train(NETWORK, X_other, y, sample_weight=fold, **settings)  # type: ignore[arg-type]
    few = train(NETWORK, X[:8], y[:8], **settings)  # type: ignore[arg-type]
    assert np.array_equal(mine.population.theta, other.population.theta)
    np.testing.assert_allclose(mine.population.theta, few.population.theta, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_minibatches_without_a_sample_of_the_fold_leave_them(engine: str) -> None:
    X, y = some_samples(6)
    fold = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    result = train(NETWORK, X, y, sample_weight=fold, batch_size=1, epochs=4, dtype="float64", engine=engine)
    assert not result.diverged.any()
    mean = NETWORK.views(result.population.theta)[0]["mean"][0, :, 0]
    low, high = X[:2].min(axis=0), X[:2].max(axis=0)
    rest = 0.75 ** (4 * 2)  # eight updates, whatever the order; the others left no trace
    assert (mean >= np.minimum(low, high) * (1 - rest) - 1e-9).all()
    assert (mean <= high * (1 - rest) + 1e-9).all()


def test_a_trained_network_predicts_a_sample_by_itself() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 1, 6, 6))
    y = (X[:, 0, :3].sum(axis=(1, 2)) > 0).astype(int)
    layers = [Conv2D(4, 3), BatchNorm("relu"), Residual([Conv2D(4, 3, padding="same"), BatchNorm()], "relu")]
    network = Network((1, 6, 6), [*layers, Flatten(), Dense(1)], "log_loss")
    population = train(network, X, y, epochs=60, learning_rate=0.01, starts=2).population
    together, one = population.predict(X), population.predict(X[:1])
    np.testing.assert_allclose(one, together[:, :1], rtol=1e-4)
    assert ((together[..., 0] > 0.5) == y).mean() > 0.9


@pytest.mark.parametrize("solver", ["scg", "lbfgs"])
def test_solvers_that_try_parameters_are_refused(solver: str) -> None:
    X, y = some_samples()
    block = Network(3, [Residual([Dense(3), BatchNorm()]), Dense(1)])
    for network in (NETWORK, block):
        with pytest.raises(ConfigurationError) as raised:
            train(network, X, y, solver=solver)
        assert str(raised.value) == (
            f"{solver} tries parameters that it does not keep, and batch_norm would remember their "
            "statistics; use adam or sgd, or layer_norm"
        )
    assert train(Network(3, [LayerNorm(), Dense(1)]), X, y, solver=solver, epochs=3).history.loss[0, 0] > 0
