from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shoal.data.sequences.calendars import Calendar
from shoal.data.sequences.timed import TimedSeries
from shoal.errors import DataError, ShoalWarning
from shoal.jobs.forecasts.usable import panel_of, require_ahead, require_history, with_values

NAN = np.nan


def timed(*series: list[list[float]]) -> TimedSeries:
    names = tuple("abc"[: len(series)])
    arrays = tuple(np.array(each) for each in series)
    channels = tuple("yz"[: len(series[0])])
    return TimedSeries(arrays, names, (0.0,) * len(series), channels, Calendar(), alone=len(series) == 1)


def test_steps_count_from_where_every_channel_has_a_value() -> None:
    data = timed([[NAN, 1, 2, 3], [0, NAN, 2, NAN]])
    assert (
        with_values(data, 2) is data
    )  # the second step is the first of the later channel, the third of both
    with pytest.raises(DataError, match="does not have 4 steps with a value of every channel; give"):
        with_values(data, 4)


def test_series_that_are_too_short_before_the_test_are_left_out_with_a_note() -> None:
    data = timed([[1.0, 2, 3, 4]], [[1.0, 2]], [[NAN, NAN, NAN, 4]])
    with pytest.warns(ShoalWarning, match=r"2 of 3 series, 'b', 'c', have too few values"):
        assert with_values(data, 2, held=1).names == ("a",)
    with pytest.raises(DataError, match=r"no series has 4 steps .* before the last 1, on which it is tested"):
        with_values(data, 4, held=1)


def test_a_history_has_room_for_the_horizon() -> None:
    require_history(timed([[0.0] * 6]), 4, tested=False)
    require_history(timed([[0.0] * 6]), 2, tested=True)
    with pytest.raises(DataError, match="the longest series has 6; ask for 4 or fewer"):
        require_history(timed([[0.0] * 6]), 5, tested=False)


def test_a_tested_horizon_needs_two_of_them() -> None:
    with pytest.raises(DataError, match=r"needs 8 steps, .* to test on, .*; ask for 2 or fewer"):
        require_history(timed([[0.0] * 6]), 3, tested=True)
    with pytest.raises(DataError, match="has 3; give a longer history"):
        require_history(timed([[0.0] * 3]), 3, tested=True)


def test_a_panel_has_the_steps_before_the_test_and_names_where_there_are_several() -> None:
    both = panel_of(timed([[1.0, NAN, 3, 4]], [[5.0, 6, 7, 8]]), held=1)
    assert both.names == ("a", "b")
    np.testing.assert_array_equal(both.series[0], [[1, 2, 3]])
    assert panel_of(timed([[1.0, 2, 3]])).names is None


def test_what_is_known_ahead_has_to_reach_over_the_horizon() -> None:
    data = dataclasses.replace(timed([[1.0, 2, 3]]), ahead=(np.zeros((1, 4)),), coming=("price",))
    require_ahead(data, 1)
    with pytest.raises(DataError, match="has 1 row with 'price' after its last value, and 2 steps"):
        require_ahead(data, 2)
