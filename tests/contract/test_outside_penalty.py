"""A penalty that the package never heard of joins J wherever the built-in ones do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from shoal import begin, train
from shoal.errors import ConfigurationError, DataError, UnknownNameError
from shoal.layers import Dense
from shoal.penalties import PENALTIES, Penalty
from shoal.populations.network import Network
from shoal.shapes import Array


@dataclass(frozen=True)
class Quartic(Penalty):
    """λ/m Σ W⁴."""

    name = "quartic"

    def value(self, W: Array, strength: Array, m: Array) -> Array:
        value: Array = ((strength / m).astype(W.dtype)[:, None] * W**4).sum(axis=1)
        return value

    def gradient(self, W: Array, strength: Array, m: Array) -> Array:
        gradient: Array = 4 * (strength / m).astype(W.dtype)[:, None] * W**3
        return gradient


X = np.linspace(-1, 1, 30)[:, None] * [1.0, 0.5]
Y = X @ [2.0, 1.0] + 1
NETWORK = Network(2, [Dense(1)])


@pytest.fixture(autouse=True)
def registered() -> None:
    PENALTIES[Quartic.name] = Quartic


def fitted(**settings: Any) -> Array:
    ways = {"starts": 3, "solver": "lbfgs", "epochs": 500, "tolerance": 1e-10} | settings
    return train(NETWORK, X, Y, **ways).population.theta


def test_it_is_in_the_gradient_and_leaves_the_bias_alone() -> None:
    strengths = [0.0, 1.0, 20.0]
    theta = fitted(penalties={"quartic": strengths})
    z = theta[:, :2] @ X.T + theta[:, 2:]
    data = (z - Y) @ X / len(X)  # of half the squared error
    assert np.allclose(data + 4 * np.array(strengths)[:, None] / len(X) * theta[:, :2] ** 3, 0, atol=1e-6)
    assert np.allclose((z - Y).mean(axis=1), 0, atol=1e-6)
    sizes = np.abs(theta[:, :2]).sum(axis=1)
    assert sizes[0] > sizes[1] > sizes[2] > 0


def test_it_stands_beside_l2() -> None:
    both = fitted(penalties={"quartic": 1.0}, l2=2.0)
    assert not np.allclose(both, fitted(penalties={"quartic": 1.0}))
    assert not np.allclose(both, fitted(l2=2.0))


@pytest.mark.parametrize("solver", ["sgd", "scg"])
def test_it_changes_while_a_run_goes_on(solver: str) -> None:
    settings = {"starts": 2, "solver": solver, "epochs": 9, "dtype": "float64"}
    run = begin(NETWORK, X, Y, penalties={"quartic": 0.0}, **settings)
    run.advance(1)
    here = run.snapshot()
    run.set(penalties={"quartic": [0.0, 5.0]})
    run.finish()
    changed = run.population.theta
    run.restore(here)
    run.finish()
    plain = run.population.theta
    whole = train(NETWORK, X, Y, penalties={"quartic": 0.0}, **settings).population.theta
    assert np.array_equal(plain, whole)
    assert (np.abs(changed[1, :2]) < np.abs(plain[1, :2])).any()


def test_the_reference_engine_does_it() -> None:
    refusal = r"does not support the penalty 'quartic'|'native' is not here"
    with pytest.raises(ConfigurationError, match=refusal):
        train(NETWORK, X, Y, engine="native", penalties={"quartic": 1.0})


@pytest.mark.parametrize(
    ("penalties", "error", "message"),
    [
        ({"quintic": 1.0}, UnknownNameError, r"unknown penalty 'quintic'.*quartic"),
        ({"l2": 1.0}, ConfigurationError, "l2 is a setting of its own; give l2=1.0"),
        (0.5, ConfigurationError, r"penalties must be strengths by name.*got 0.5"),
        ({"quartic": -1.0}, DataError, "quartic must be finite and not negative, got -1"),
        ({"quartic": [1.0, 2.0]}, DataError, r"one for each of the 3 members, got shape \(2,\)"),
    ],
)
def test_what_is_no_strength_is_refused(penalties: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fitted(penalties=penalties)


def test_a_run_is_not_joined_by_a_penalty_that_it_began_without() -> None:
    run = begin(NETWORK, X, Y)
    with pytest.raises(
        ConfigurationError, match=r"began without the penalty 'quartic'.*penalties=\{'quartic': 0\}"
    ):
        run.set(penalties={"quartic": 1.0})
