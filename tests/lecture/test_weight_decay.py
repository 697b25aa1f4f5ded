from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.layers import Dense
from shoal.lecture.study import Study
from shoal.lecture.weight_decay import effective_parameters
from shoal.populations.network import Network

Computed = Callable[[str], tuple[Study[Any], Any]]


def test_complexity_falls_with_the_strength(computed: Computed) -> None:
    _, found = computed("weight-decay")
    for gamma in (found.with_m, found.without_m):
        assert (np.diff(gamma, axis=1) < 0).all()
        assert gamma.min() >= 1 - 1e-6  # the bias of the output is always determined


def test_only_with_1_over_m_do_more_points_allow_more_complexity(computed: Computed) -> None:
    _, found = computed("weight-decay")
    assert found.with_m[1, 1] > found.with_m[0, 1] + 1
    assert found.without_m[1, 1] == pytest.approx(found.without_m[0, 1], rel=0.1)


def test_decay_is_the_penalty_for_gradient_descent_and_not_for_adam(computed: Computed) -> None:
    _, found = computed("weight-decay")
    descent, adam = found.difference
    assert descent.max() < 1e-10
    assert adam[-1] > 0.01


def test_weights_decay_the_faster_the_larger_the_decay(computed: Computed) -> None:
    _, found = computed("weight-decay")
    assert (np.diff(found.length[:, -1]) < 0).all()
    assert found.length[-1, -1] < 0.5 * found.length[-1, 0]


def test_effective_parameters_of_a_ridge_regression() -> None:
    x, strength = np.array([0.3, -1.2, 2.0, 0.7]), 1.7
    line = Network(1, [Dense(1)]).population(1, dtype="float64")
    centred = float(np.square(x - x.mean()).sum())
    expected = 1 + centred / (centred + strength)  # the bias, and the slope's share
    assert effective_parameters(line, x, strength) == pytest.approx(expected, rel=1e-8)
