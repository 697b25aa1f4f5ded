from __future__ import annotations

import numpy as np
import pytest

from shoal.data.sequences.calendars import Calendar
from shoal.data.sequences.timed import TimedSeries

TWO = TimedSeries(
    series=(np.array([[1.0, 2.0, 3.0]]), np.array([[7.0, 8.0]])),
    names=("a", "b"),
    starts=(10.0, 20.0),
    channels=("y",),
    calendar=Calendar(step=5.0),
    identifier="shop",
    time="week",
    ahead=(np.zeros((1, 4)), np.ones((1, 3))),
    coming=("price",),
)


def test_stamps_are_counted_from_the_first_step_of_each_series() -> None:
    assert TWO.lengths.tolist() == [3, 2]
    assert TWO.stamps(0, 0, 3).to_list() == [10, 15, 20]
    assert TWO.stamps(1, 2, 2).to_list() == [30, 35]


def test_what_follows_begins_behind_the_end_of_each_series() -> None:
    told = TWO.columns(0, 2)
    assert list(told) == ["shop", "week"]
    assert told["shop"].tolist() == ["a", "a", "b", "b"]
    assert told["week"].to_list() == [25, 30, 30, 35]
    assert TWO.columns(1, 1)["week"].to_list() == [30, 35]


def test_one_series_without_a_name_has_no_column_of_names() -> None:
    alone = TimedSeries((np.zeros((1, 2)),), ("series",), (0.0,), ("y",), Calendar(), alone=True)
    assert list(alone.columns(0, 1)) == ["step"]


@pytest.mark.parametrize("rows", [[1, 0], [1], []])
def test_some_series_keep_all_that_is_theirs(rows: list[int]) -> None:
    some = TWO.rows(rows)
    assert some.names == tuple(TWO.names[row] for row in rows)
    assert some.starts == tuple(TWO.starts[row] for row in rows)
    assert [each[0, 0] for each in some.series] == [TWO.series[row][0, 0] for row in rows]
    assert some.ahead is not None
    assert [each.shape for each in some.ahead] == [(1, 4 - row) for row in rows]
