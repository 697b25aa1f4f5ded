from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import DataError
from shoal.forecasting.panel import Panel

nan = np.nan
TWO = Panel.of([np.array([[1.0, 2, 3, 4], [5, 6, 7, 8]]), np.array([[9.0, 10], [11, 12]])])


def test_gaps_are_lines_and_steps_before_all_channels_are_left_out() -> None:
    panel = Panel.of([np.array([[nan, 1.0, nan, 3.0, nan], [4.0, 6.0, 8.0, nan, nan]])])
    assert panel.series[0].tolist() == [[1, 2, 3, 3], [6, 8, 8, 8]]
    assert panel.notes[0].startswith("4 missing values are filled by a line")
    assert panel.notes[1].startswith("1 step before")


def test_contexts_are_the_last_values_and_the_first_one_before_them() -> None:
    contexts = TWO.contexts(3, horizon=1)
    assert contexts.values.tolist() == [[2, 3, 4], [6, 7, 8], [9, 9, 10], [11, 11, 12]]
    assert contexts.channels.tolist() == [0, 1, 0, 1]
    assert contexts.rows.tolist() == [-1] * 4
    assert contexts.some(np.array([2])).values.tolist() == [[9, 9, 10]]


def test_back_in_time_nothing_later_is_known_and_it_is_what_follows() -> None:
    assert TWO.long_enough(3).contexts(2, horizon=1, back=2).values.tolist() == [[1, 2], [5, 6]]
    assert TWO.actual(1, back=1).tolist() == [[4], [8], [10], [12]]


def test_columns_known_ahead_begin_with_the_last_step() -> None:
    panel = Panel.of([np.array([[nan, 1.0, 2.0]])], [np.array([[0.0, 1, 2, 3, 4]])])
    assert panel.contexts(2, horizon=2).future is not None
    assert np.asarray(panel.contexts(2, horizon=2).future).tolist() == [[[2, 3, 4]]]
    assert np.asarray(panel.contexts(1, horizon=1, back=1).future).tolist() == [[[1, 2]]]


@pytest.mark.parametrize(
    ("series", "future", "told"),
    [
        ([], None, "there is no series"),
        ([np.ones((1, 3)), np.ones((2, 3))], None, r"series 1 has shape \(2, 3\), the first has 1"),
        ([np.array([[1.0, np.inf]])], None, "the series has an infinite value"),
        ([np.array([[1.0, 2.0], [nan, nan]])], None, r"no value in channel 1 \(from 0\)"),
        ([np.array([[nan, 1.0]])], None, "the series has 1 value; a forecast needs several"),
        (
            [np.ones((1, 3))],
            [np.ones((1, 2))],
            "future of series 0 has 2 steps; it must reach as far as the 3",
        ),
        ([np.ones((1, 3))], [np.full((1, 4), nan)], "values that are missing or infinite"),
        ([np.ones((1, 3))], [], "future has 0 arrays for 1 series"),
    ],
)
def test_what_cannot_be_forecast_is_refused(series: list, future: list | None, told: str) -> None:
    with pytest.raises(DataError, match=told):
        Panel.of(series, future)
