from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from shoal.data.sequences.calendars import Calendar
from shoal.data.sequences.timed import TimedSeries
from shoal.errors import DataError, ShoalWarning
from shoal.jobs.forecasts.following import followed


def timed(start: float, *values: float, **others: Any) -> TimedSeries:
    """One series of a channel, a step a unit of time."""
    fields = {"names": ("a",), "starts": (start,), "channels": ("y",), "calendar": Calendar()} | others
    return TimedSeries((np.array([values]),), **fields)


FITTED = timed(10.0, 0.0, 1.0, 2.0)


@pytest.mark.parametrize(
    ("test", "joined"),
    [
        (timed(13.0, 3.0, 4.0), [0, 1, 2, 3, 4]),
        (timed(13.0, 3.0, 4.0, 5.0), [0, 1, 2, 3, 4]),  # nothing beyond the horizon
        (timed(11.0, 9.0, 9.0, 3.0), [0, 1, 2, 3, np.nan]),  # what was fitted is not looked at again
        (timed(14.0, 4.0), [0, 1, 2, np.nan, 4]),
    ],
)
def test_steps_are_told_by_their_time(test: TimedSeries, joined: list[float]) -> None:
    whole = followed(FITTED, test, "b.csv", horizon=2, counted=False)
    np.testing.assert_array_equal(whole.series[0], [joined])


def test_counted_steps_begin_where_the_series_ends() -> None:
    whole = followed(FITTED, timed(0.0, 3.0, 4.0), "b.csv", horizon=2, counted=True)
    np.testing.assert_array_equal(whole.series[0], [[0, 1, 2, 3, 4]])


def test_a_test_between_two_steps_is_refused() -> None:
    with pytest.raises(DataError, match="which is no whole number of steps"):
        followed(FITTED, timed(13.5, 3.0), "b.csv", horizon=2, counted=False)


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (timed(13.0, 3.0, names=("z",)), "has none of the series that were fitted, such as 'a'"),
        (timed(15.0, 5.0), "has no value in the 2 steps after those that were fitted"),
    ],
)
def test_nothing_follows(test: TimedSeries, message: str) -> None:
    with pytest.raises(DataError, match=message):
        followed(FITTED, test, "b.csv", horizon=2, counted=False)


def test_a_series_that_the_test_lacks_is_told_and_empty() -> None:
    both = TimedSeries((FITTED.series[0],) * 2, ("a", "b"), (10.0, 10.0), ("y",), Calendar())
    with pytest.warns(ShoalWarning, match="1 of 2 series, 'b', are not in"):
        whole = followed(both, timed(13.0, 3.0), "b.csv", horizon=1, counted=False)
    assert whole.names == ("a", "b")
    np.testing.assert_array_equal(whole.series[1], [[0, 1, 2, np.nan]])


def test_columns_known_ahead_reach_over_the_horizon_from_either_source() -> None:
    known = dataclasses.replace(FITTED, ahead=(np.array([[5.0, 5.0, 5.0, 6.0]]),), coming=("price",))
    test = timed(14.0, 4.0, ahead=(np.array([[7.0]]),), coming=("price",))
    whole = followed(known, test, "b.csv", horizon=2, counted=False)
    assert whole.ahead is not None
    np.testing.assert_array_equal(whole.ahead[0], [[5, 5, 5, 6, 7]])
    with pytest.raises(DataError, match="does not tell 'price' of all 2 steps after 'a'; add them"):
        followed(known, timed(13.0, 3.0, 4.0), "b.csv", horizon=2, counted=False)
