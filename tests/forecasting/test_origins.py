from __future__ import annotations

import numpy as np

from shoal.forecasting.origins import MANY, SOME, Origins, units
from shoal.forecasting.panel import Panel


def panel(steps: int) -> Panel:
    return Panel.of([np.arange(float(steps))[None]])


def test_forecasts_end_within_the_series_and_refits_know_nothing_of_what_they_are_tried_on() -> None:
    origins = Origins.of(panel(120), horizon=24, window=24)
    assert min(min(backs) for backs in origins.tried) == 24
    assert all(cut == max(backs) for cut, backs in zip(origins.cuts, origins.tried, strict=True))
    assert sorted(origins.cuts, reverse=True) == list(origins.cuts)


def test_series_too_short_for_windows_of_their_own_have_none() -> None:
    assert Origins.of(panel(50), horizon=24, window=24) == Origins(24, (), ())
    assert Origins.of(panel(50), horizon=24, window=24).count == 0


def test_the_more_windows_there_are_the_fewer_refits() -> None:
    refits = [len(Origins.of(panel(steps), 4, 8).cuts) for steps in (SOME, SOME + 1, MANY, MANY + 1)]
    assert refits == [4, 2, 2, 1]


def test_what_is_known_at_an_origin_ends_there() -> None:
    origins, series = Origins(2, (4,), ((4, 3),)), panel(12)
    (contexts,) = origins.contexts(series, 3)
    assert contexts.values.tolist() == [[5, 6, 7], [6, 7, 8]]
    assert origins.actual(series).tolist() == [[8, 9], [9, 10]]


def test_a_constant_has_the_unit_of_the_others() -> None:
    series = [np.array([[1.0, 2.0, 3.0]]), np.array([[5.0, 5.0, 5.0]]), np.array([[0.0, 3.0, 0.0]])]
    assert units(Panel.of(series), 1).tolist() == [1, 2, 3]
