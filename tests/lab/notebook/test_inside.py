from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import shoal
from shoal.lab.material import Rows
from shoal.lab.notebook.inside import subject
from shoal.populations.run import Run

X = np.linspace(-1, 1, 12)
SAMPLES = Rows(X[:5, None], X[:5] ** 2)


def begun(**settings: Any) -> Run:
    network = shoal.Network(1, [shoal.Dense(2, "tanh"), shoal.Dense(1)])
    return shoal.begin(network, X, X**2, starts=3, epochs=20, **settings)


def test_a_member_is_taken_with_its_own_strengths_and_samples() -> None:
    run = begun(solver="sgd", learning_rate=[0.1, 0.2, 0.3], weight_decay=[0.01, 0.02, 0.03])
    run.advance(2)
    found = subject(run, 1, run.population.members(1), SAMPLES)
    np.testing.assert_array_equal(found.alone.theta, run.population.theta[1:2])
    np.testing.assert_array_equal(found.alone.keys, run.population.keys[1:2])
    assert (found.rate, found.decay) == (0.2, 0.02)
    assert found.samples is SAMPLES


def test_strengths_are_those_of_now() -> None:
    run = begun(solver="sgd", learning_rate=0.1)
    run.set(learning_rate=[0.4, 0.5, 0.6], weight_decay=[0.1, 0.2, 0.3])
    found = subject(run, 2, run.population.members(2), SAMPLES)
    assert (found.rate, found.decay) == (0.6, 0.3)


@pytest.mark.parametrize("solver", ["scg", "lbfgs"])
def test_who_finds_its_own_steps_has_no_rate(solver: str) -> None:
    run = begun(solver=solver)
    assert subject(run, 0, run.population.members(0), SAMPLES).rate is None


def test_differences_are_taken_in_64_bits_whatever_it_was_trained_in() -> None:
    run = begun(solver="adam", dtype="float32")
    assert run.population.theta.dtype == np.float32
    alone = subject(run, 0, run.population.members(0), SAMPLES).alone
    assert alone.theta.dtype == np.float64
    np.testing.assert_array_equal(alone.theta, run.population.theta[:1].astype(np.float64))
