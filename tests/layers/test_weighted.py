"""What layers with weights have in common."""

from __future__ import annotations

import math
from typing import Any

import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.initializers import INITIALIZERS
from shoal.layers import Dense
from shoal.layers.base import Role
from shoal.layers.weighted import require_epsilon


@pytest.mark.parametrize(("activation", "start"), [("relu", "he"), ("tanh", "glorot"), ("selu", "lecun")])
def test_first_weights_suit_the_activation_unless_others_are_named(activation: str, start: str) -> None:
    assert Dense(3, activation).start.name.startswith(start)
    assert Dense(3, activation, initializer="normal").start == INITIALIZERS["normal"]()


def test_names_are_resolved_at_once() -> None:
    assert Dense(3, "relu") == Dense(3, Dense(1, "relu").g)
    with pytest.raises(UnknownNameError, match="unknown activation 'rleu'; did you mean 'relu'"):
        Dense(3, "rleu")
    with pytest.raises(UnknownNameError, match="unknown initializer"):
        Dense(3, "relu", initializer="hee")


def test_weights_are_penalised_and_biases_are_not() -> None:
    assert (Dense(3).role("W"), Dense(3).role("b")) == (Role.WEIGHT, Role.OFFSET)
    with pytest.raises(ConfigurationError, match="does not say what becomes of it in training"):
        Dense(3).role("R")


@pytest.mark.parametrize("epsilon", [0, -1e-5, math.inf, math.nan, "1", None, True])
def test_an_epsilon_is_a_finite_number_above_0(epsilon: Any) -> None:
    with pytest.raises(ConfigurationError, match="the epsilon of norm is a finite number above 0, got"):
        require_epsilon(epsilon, "norm")
    require_epsilon(1e-5, "norm")
