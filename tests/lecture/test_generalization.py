from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]


@pytest.fixture(scope="module")
def median(computed: Computed) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return training and test errors by what is varied, in the median of the draws."""
    _, found = computed("generalization")
    return {
        name: (np.median(sweep.train, axis=0), np.median(sweep.test, axis=0))
        for name, sweep in found.sweeps().items()
    }


def test_training_error_falls_with_capacity_and_rises_with_the_penalty(median: dict[str, Any]) -> None:
    assert (np.diff(median["M"][0]) < 0).all()
    assert (np.diff(median["λ"][0]) > -1e-3).all()
    assert median["λ"][0][-1] > 3 * median["λ"][0][0]


def test_a_penalty_in_between_generalises_best(median: dict[str, Any]) -> None:
    test = median["λ"][1]
    assert 0 < test.argmin() < len(test) - 1
    assert test.min() < 0.8 * min(test[0], test[-1])


def test_training_goes_on_falling_after_the_test_error_has_turned(median: dict[str, Any]) -> None:
    train, test = median["epochs"]
    assert test.argmin() < len(test) - 1
    assert test[-1] > 1.05 * test.min()
    assert train[-1] < train[test.argmin()]


def test_more_points_close_the_gap(median: dict[str, Any]) -> None:
    train, test = median["m"]
    assert test[-1] - train[-1] < 0.2 * (test[0] - train[0])
    assert train[-1] > train[0]


def test_no_test_error_is_below_the_noise(median: dict[str, Any]) -> None:
    assert all((test >= 0.09).all() for _, test in median.values())
