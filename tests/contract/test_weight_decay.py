"""Weight decay and L2: the same for plain gradient descent, and only there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.schedules import SCHEDULES
from shoal.shapes import Array
from shoal.solvers import SOLVERS
from shoal.solvers.sgd import SGD

WITH_A_RATE = [name for name, solver in SOLVERS.items() if solver.takes_learning_rate]
m = 10
"""The number of samples."""
alpha, l2 = 0.1, 2.0
lam = alpha * l2 / m
"""The λ of weight decay that does what ``l2`` does."""

every_engine = pytest.mark.parametrize("engine", ENGINES)


def a_population() -> Population:
    network = Network(3, [Dense(4, "tanh", "normal"), Dense(1, initializer="normal")])
    population = network.population(3, dtype="float64")
    for b in population.biases:
        b += 0.5
    return population


def trained(engine: str, **settings: Any) -> Array:
    """Return theta after training with the rate α unless told otherwise."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(m, 3)), rng.normal(size=m)
    settings = {"learning_rate": alpha, "epochs": 25, "dtype": "float64"} | settings
    return train(a_population(), X, y, engine=engine, **settings).population.theta


@every_engine
def test_they_coincide_for_gradient_descent(engine: str) -> None:
    plain = trained(engine, solver="gradient_descent")
    penalised = trained(engine, solver="gradient_descent", l2=l2)
    decayed = trained(engine, solver="gradient_descent", weight_decay=lam)
    np.testing.assert_allclose(decayed, penalised, rtol=1e-12)
    assert np.abs(penalised - plain).max() > 0.01


@every_engine
def test_they_coincide_on_minibatches_without_momentum(engine: str) -> None:
    settings: dict[str, Any] = {"solver": SGD(momentum=0.0), "batch_size": 3}
    penalised, decayed = trained(engine, l2=l2, **settings), trained(engine, weight_decay=lam, **settings)
    np.testing.assert_allclose(decayed, penalised, rtol=1e-12)


@every_engine
@pytest.mark.parametrize("solver", ["sgd", "adam", "rmsprop"])
def test_they_differ_for_momentum_and_adaptive_steps(solver: str, engine: str) -> None:
    penalised = trained(engine, solver=solver, l2=l2)
    decayed = trained(engine, solver=solver, weight_decay=lam)
    assert np.abs(decayed - penalised).max() > 0.01


@every_engine
@pytest.mark.parametrize("solver", WITH_A_RATE)
def test_one_update_takes_its_share_of_every_weight_and_of_no_bias(solver: str, engine: str) -> None:
    population, mask = a_population(), a_population().network.weight_mask
    taken = trained(engine, solver=solver, epochs=1)
    taken = taken - trained(engine, solver=solver, epochs=1, weight_decay=[0.0, lam, 0.5])
    share = np.array([[0.0], [lam], [0.5]]) * (alpha if solver == "adamw" else 1)
    np.testing.assert_allclose(taken, share * np.where(mask, population.theta, 0), rtol=1e-9, atol=1e-15)
    assert (taken[0] == 0).all()
    assert (taken[:, ~mask] == 0).all()


@every_engine
@pytest.mark.parametrize("schedule", [name for name in SCHEDULES if name != "constant"])
@pytest.mark.parametrize(("solver", "follows"), [("adamw", True), ("adam", False)])
def test_only_the_decay_of_adamw_follows_the_schedule(
    solver: str, follows: bool, schedule: str, engine: str
) -> None:
    # One sample at X = 0, y = 0 and no biases: no gradient, so that decay alone moves the weights.
    network, epochs = Network(1, [Dense(1)]), 4
    population = network.population(1, dtype="float64")
    w = population.weights[0].item()
    settings: dict[str, Any] = {"solver": solver, "learning_rate": alpha, "epochs": epochs}
    result = train(population, [0.0], [0.0], schedule=schedule, weight_decay=lam, engine=engine, **settings)
    factor = SCHEDULES[schedule]().factor
    shares = [lam * (alpha * factor(t, epochs) if follows else 1) for t in range(epochs)]
    np.testing.assert_allclose(
        result.population.weights[0].item(), w * np.prod(1 - np.array(shares)), rtol=1e-13
    )


@every_engine
def test_adamw_without_decay_is_adam(engine: str) -> None:
    assert np.array_equal(trained(engine, solver="adamw"), trained(engine, solver="adam"))
