from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.lecture.backprop import relative_error
from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]


def test_every_formula_is_what_the_engine_computes(computed: Computed) -> None:
    _, found = computed("backprop")
    assert found.engine_error.shape == found.numerical_error.shape == (3, 6)
    assert found.engine_error.max() < 1e-12
    assert 1e-12 < found.numerical_error.max() < 1e-5  # differences, which are not the formulas again
    assert found.step_error < 1e-14


def test_it_starts_on_the_plateau_and_arrives(computed: Computed) -> None:
    study, found = computed("backprop")
    first, last = found.loss[found.shown, 20], found.loss[found.shown, found.epochs[found.shown] - 1]
    assert first == pytest.approx(np.log(2), rel=0.01)
    assert last < 0.01
    assert found.epochs[found.shown] < study.epochs
    right = (found.trained.predict(found.X)[0, :, 0] > 0.5) == (found.y == 1)
    assert right.all()


def test_a_relative_error_is_of_the_larger_norm() -> None:
    assert relative_error(np.array([3.0, 4.0]), np.array([3.0, 3.0])) == pytest.approx(0.2)
    assert relative_error(np.zeros(2), np.zeros(2)) == 0
