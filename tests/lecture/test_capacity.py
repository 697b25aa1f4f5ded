from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.lecture.capacity import GRID
from shoal.lecture.data import truth
from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]


def best(found: Any, errors: np.ndarray) -> np.ndarray:
    return errors[np.arange(len(errors)), found.best]


def test_training_error_falls_with_capacity_and_test_error_does_not(computed: Computed) -> None:
    _, found = computed("capacity")
    one, three, ten = best(found, found.train_error)
    assert one > 1.5 * three > 2 * ten
    one, three, ten = best(found, found.test_error)
    assert three < one
    assert three < ten


def test_ten_units_run_through_the_points_and_leave_the_curve(computed: Computed) -> None:
    _, found = computed("capacity")
    fit = found.fits[2, found.best[2]]
    np.testing.assert_allclose(np.interp(found.x, GRID, fit), found.t, atol=0.15)
    assert np.abs(fit - truth(GRID)).max() > 0.3
