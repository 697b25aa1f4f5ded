"""A member that diverges keeps finite parameters, harms nobody, and has a history that says when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.randomness import SHARED, Purpose, permutation
from shoal.shapes import Array
from shoal.solvers import SOLVERS
from shoal.solvers.sgd import SGD

WITH_A_RATE = [name for name, solver in SOLVERS.items() if solver.takes_learning_rate]
MINIBATCH = [name for name, solver in SOLVERS.items() if not solver.full_batch]
every_engine = pytest.mark.parametrize("engine", ENGINES)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def some_samples(N: int = 12) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(N, 3)), rng.normal(size=(N, 2))


@every_engine
@both_dtypes
@pytest.mark.parametrize("solver", WITH_A_RATE)
def test_companions_are_untouched_and_parameters_finite(solver: str, dtype: str, engine: str) -> None:
    absurd = 1e30 if dtype == "float32" else 1e200
    population = Network(3, [Dense(6, "relu"), Dense(2)]).population(4, dtype=dtype)
    X, y = some_samples()
    rates = np.array([0.01, absurd, 0.02, absurd])
    result = train(population, X, y, solver=solver, learning_rate=rates, epochs=6, engine=engine)
    well = train(
        population.members([0, 2]), X, y, solver=solver, learning_rate=rates[[0, 2]], epochs=6, engine=engine
    )
    assert result.diverged.tolist() == [False, True, False, True]
    assert np.isfinite(result.population.theta).all()
    assert np.array_equal(result.population.theta[[0, 2]], well.population.theta)
    assert np.array_equal(result.history.loss[[0, 2]], well.history.loss)


@every_engine
def test_a_step_that_overflows_is_not_taken(engine: str) -> None:
    # z = w x + b from w = b = 0, x = 1, y = 2, J = ½ (z − y)²: δ = −2, and a rate of 1e3 sets w = b = 2e3.
    # Then z = 4e3, δ = 3998, w = b ≈ −4e6 …: δ grows 2000 times in an epoch, until its square exceeds 3e38.
    population = Network(1, [Dense(1)]).population(1)
    population.theta[:] = 0
    w, losses = np.float32(0), []
    with np.errstate(over="ignore"):
        while np.isfinite(J := np.float32(0.5) * (w + w - np.float32(2)) ** 2):
            losses.append(J)
            w -= np.float32(1e3) * (w + w - np.float32(2))
    result = train(
        population, [1.0], [2.0], solver="gradient_descent", learning_rate=1e3, epochs=50, engine=engine
    )
    epochs = len(losses) + 1
    assert result.history.epochs.tolist() == [epochs]
    assert result.diverged.all()
    np.testing.assert_allclose(result.population.theta, [[w, w]], rtol=1e-6)
    np.testing.assert_allclose(result.history.loss[0, : epochs - 1], losses, rtol=1e-6)
    assert result.history.loss[0, epochs - 1] == np.inf
    assert np.isnan(result.history.loss[0, epochs:]).all()


@every_engine
@pytest.mark.parametrize("solver", MINIBATCH)
def test_an_absurd_rate_freezes_the_member_in_the_middle_of_an_epoch(solver: str, engine: str) -> None:
    # J = |w x + b − y|. The first sample sends w and b to about ∓1e30, at the second w x overflows float32,
    # at the third alone it would be finite again: a member that is not frozen moves there.
    population = Network(1, [Dense(1)], "absolute_error").population(1)
    order = permutation(3, 0, SHARED, Purpose.ORDER, 0)
    X, y = np.empty((3, 1)), np.zeros(3)
    X[order, 0] = [1, 1e10, 1]
    settings: dict[str, Any] = {"solver": solver, "learning_rate": 1e30, "batch_size": 1, "engine": engine}
    result = train(population, X, y, epochs=3, batch_order="shared", **settings)
    once = train(population, X[order[:1]], y[:1], epochs=1, **settings)
    assert result.diverged.all()
    assert result.history.epochs.tolist() == [1]
    assert result.history.loss[0, 0] == np.inf
    assert np.array_equal(result.population.theta, once.population.theta)
    assert np.abs(once.population.theta).min() > 1e29


@every_engine
def test_the_loss_of_the_last_epoch_is_the_mean_up_to_the_divergence(engine: str) -> None:
    # J = |b − y| at X = 0, y = −3.4e38, from b = 0 with rate 3e38: J = 3.4e38, then b = −3e38 and J = 0.4e38,
    # and the next b would be −6e38. The other two batches of the epoch do not count.
    population = Network(1, [Dense(1)], "absolute_error").population(1)
    settings: dict[str, Any] = {"solver": SGD(momentum=0.0), "learning_rate": 3e38, "batch_size": 1}
    result = train(population, np.zeros(4), np.full(4, -3.4e38), epochs=2, engine=engine, **settings)
    assert result.diverged.all()
    np.testing.assert_allclose(result.history.loss, [[1.9e38, np.nan]], rtol=1e-6)
    np.testing.assert_allclose(result.population.biases[0], [[[-3e38]]], rtol=1e-6)


@every_engine
def test_the_explanation_names_epoch_rate_and_remedy(engine: str) -> None:
    X, y = some_samples()
    network = Network(3, [Dense(4, "relu"), Dense(2)])
    result = train(network, X, y, starts=2, solver="sgd", learning_rate=[1e-3, 1e20], epochs=4, engine=engine)
    epoch = int(result.history.epochs[1])
    assert result.history.explain_divergence(1) == (
        f"no longer finite in epoch {epoch} with learning rate 1e+20: try 1e+19, or clip_norm=1"
    )
    assert not np.isfinite(result.history.loss[1, epoch - 1])
    assert result.history.reasons == ["epochs", "diverged"]
