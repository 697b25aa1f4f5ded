"""BFGS against SciPy's, and its update against the equation as it is printed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from shoal.engines import ENGINES
from shoal.estimators.training.full_batch import PackedObjective
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.shapes import Array
from shoal.solvers.bfgs import BFGS, forget, learn
from shoal.solvers.full_batch import Point
from shoal.training.problem import Samples

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, size=(15, 2))
Y = np.sin(2 * X[:, 0]) + X[:, 1] + 0.1 * RNG.normal(size=15)
LABELS = (Y > 0).astype(float)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("loss", "targets"), [("squared_error", Y), ("log_loss", LABELS)])
def test_it_ends_where_scipy_does(loss: str, targets: Array, engine: str) -> None:
    network, l2 = Network(2, [Dense(3, "tanh"), Dense(1)], loss), 0.3
    population = network.population(4, seed=1, dtype="float64")
    settings: dict[str, Any] = {"solver": "bfgs", "l2": l2, "epochs": 2000, "tolerance": 1e-10}
    result = train(population, X, targets, engine=engine, **settings)
    samples = Samples.of(network, X, targets)
    objective = PackedObjective(network, samples, l2)
    for p, J in enumerate(np.nanmin(result.history.loss, axis=1)):
        found = minimize(
            lambda w: objective(w)[0],
            population.theta[p][objective.places],
            jac=lambda w: objective(w)[1],
            method="BFGS",
            options={"gtol": 1e-10, "maxiter": 5000},
        )
        assert pytest.approx(found.fun, abs=1e-8) == J


def test_the_update_is_the_equation() -> None:
    rng, D = np.random.default_rng(3), 5
    solver, members = BFGS(), np.array([0, 2])
    theta = rng.normal(size=(3, D))
    state = solver.start(theta)
    state["learnt"][:] = True
    root = rng.normal(size=(3, D, D))
    state["inverse"] = root @ root.swapaxes(1, 2)
    before = state["inverse"].copy()
    here = Point(theta[members], np.zeros(2), rng.normal(size=(2, D)))
    s = rng.normal(size=(2, D))
    y = np.stack([s[0] * 2 + 0.1, -s[1]])  # the second step goes where J curves down: nothing is learnt
    learn(here, Point(here.theta + s, np.zeros(2), here.gradient + y), members, state)
    rho, identity = 1 / (s[0] @ y[0]), np.eye(D)
    left = identity - rho * np.outer(s[0], y[0])
    expected = left @ before[0] @ left.T + rho * np.outer(s[0], s[0])
    np.testing.assert_allclose(state["inverse"][0], expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(state["inverse"][1:], before[1:])
    forget(state, np.array([0]))
    np.testing.assert_array_equal(state["inverse"][0], identity)
    assert state["learnt"].tolist() == [False, True, True]


def test_the_first_update_takes_the_scale_of_the_step() -> None:
    solver, theta = BFGS(), np.zeros((1, 2))
    state = solver.start(theta)
    here = Point(theta, np.ones(1), np.array([[-1.0, 0.0]]))
    learn(here, Point(np.array([[0.5, 0.0]]), np.zeros(1), np.zeros((1, 2))), np.array([0]), state)
    np.testing.assert_allclose(state["inverse"][0], [[0.5, 0.0], [0.0, 0.5]])


def test_a_quadratic_ends_at_its_minimum(quadratics, take_steps) -> None:  # type: ignore[no-untyped-def]
    steps = take_steps(BFGS(), np.ones((3, 5)), quadratics((1.0, 10.0, 1000.0), 5), 40)
    assert (steps[-1].gradient_size < 1e-8).all()
