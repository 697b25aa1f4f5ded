from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.lecture.capacity import GRID
from shoal.lecture.starts import SIGMA
from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]


def test_every_race_has_one_winner(computed: Computed) -> None:
    study, found = computed("starts")
    assert found.wins.sum() == study.races == len(found.best)
    np.testing.assert_array_equal(np.bincount(found.best.argmin(axis=1), minlength=3), found.wins)
    race, size = found.shown, found.shown.winner[0]
    assert race.validation_error.min() == race.validation_error[race.winner] == found.best[0, size]


def test_errors_are_those_of_the_fits(computed: Computed) -> None:
    study, found = computed("starts")
    race, (x, t) = found.shown, found.shown.points
    fits = race.fits().reshape(len(study.hidden), study.starts, GRID.size)
    residuals = np.array([[np.interp(x, GRID, fit) for fit in fits_of_size] for fits_of_size in fits]) - t
    errors = np.square(residuals).mean(axis=2)
    np.testing.assert_allclose(errors, race.train_error, atol=0.02)


def test_more_units_fit_the_training_points_better(computed: Computed) -> None:
    _, found = computed("starts")
    lowest = found.shown.train_error.min(axis=1)
    assert lowest[0] > lowest[1] > lowest[2]


def test_starts_and_races_differ(computed: Computed) -> None:
    study, found = computed("starts")
    assert len(np.unique(found.shown.validation_error)) > 10
    assert len(np.unique(found.best)) == found.best.size
    first = study.race(1).points[0]
    assert not np.array_equal(first, found.shown.points[0])


def test_first_weights_have_a_variance_of_ten() -> None:
    assert np.float64(10.000000000000002) == SIGMA**2
