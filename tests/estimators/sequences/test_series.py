from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from shoal import Sequences
from shoal.errors import DataError, ShoalWarning
from shoal.estimators.sequences.series import as_series, require_channels

LONG, SHORT = np.arange(8.0).reshape(4, 2), np.arange(4.0).reshape(2, 2)  # (T, C)


def same(series: list[Any], expected: list[Any]) -> None:
    assert [each.dtype for each in series] == [np.float64] * len(expected)
    assert [each.tolist() for each in series] == [np.asarray(each).tolist() for each in expected]


def test_lists_and_arrays_have_time_before_channels() -> None:
    same(as_series([LONG, SHORT]), [LONG.T, SHORT.T])
    same(as_series([LONG.tolist(), SHORT.tolist()]), [LONG.T, SHORT.T])
    same(as_series(np.stack([LONG, LONG + 1])), [LONG.T, LONG.T + 1])
    same(as_series(np.array([LONG, SHORT], dtype=object)), [LONG.T, SHORT.T])


def test_one_channel_needs_no_axis() -> None:
    same(as_series([[1, 2, 3], [4]]), [[[1, 2, 3]], [[4]]])
    same(as_series(np.eye(2, 3, dtype=np.int8)), [[[1, 0, 0]], [[0, 1, 0]]])
    same(as_series([pd.Series([1, 2]), np.array([True, False])]), [[[1, 2]], [[1, 0]]])
    same(as_series(np.eye(2, 3), channels_first=True), [[[1, 0, 0]], [[0, 1, 0]]])


def test_channels_first_is_said_and_never_guessed() -> None:
    same(as_series([LONG.T, SHORT.T], channels_first=True), [LONG.T, SHORT.T])
    same(as_series(np.stack([LONG.T, LONG.T + 1]), channels_first=True), [LONG.T, LONG.T + 1])
    same(as_series(np.ones((2, 3, 5)))[:1], [np.ones((5, 3))])


@pytest.mark.parametrize("channels_first", [False, True])
def test_sequences_know_where_their_channels_are(channels_first: bool) -> None:
    same(as_series(Sequences.of([LONG.T, SHORT.T]), channels_first), [LONG.T, SHORT.T])


def test_what_is_like_an_array_is_one() -> None:
    class Wrapped:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.stack([LONG, LONG + 1])

    same(as_series(Wrapped()), [LONG.T, LONG.T + 1])


def test_frames_of_series() -> None:
    nested = pd.DataFrame(
        {"a": [pd.Series(LONG[:, 0]), pd.Series(SHORT[:, 0])], "b": [LONG[:, 1], SHORT[:, 1]]}
    )
    same(as_series(nested), [LONG.T, SHORT.T])
    index = pd.MultiIndex.from_tuples([("z", i) for i in range(4)] + [("a", i) for i in range(2)])
    same(as_series(pd.DataFrame(np.concatenate([LONG, SHORT]), index=index)), [LONG.T, SHORT.T])


def panel(series: list[Any], times: Any, values: Any = None) -> Any:
    index = pd.MultiIndex.from_arrays([series, times], names=["series", "time"])
    return pd.DataFrame({"a": np.arange(len(index)) if values is None else values}, index=index)


DAYS = pd.date_range("2024-03-30", periods=3, tz="Europe/Berlin").to_list()  # 23 hours apart, once


@pytest.mark.parametrize(
    "times",
    [
        [1, 2, 3],
        [0.5, 1.0, 1.5],
        DAYS,
        pd.date_range("2024-10-27", periods=3, freq="3h", tz="Europe/Berlin").to_list(),
        pd.to_datetime(["2024-01-31", "2024-02-29", "2024-03-31"]).to_list(),
        [pd.Timestamp(1), pd.Timestamp(2), pd.Timestamp(3)],  # nanoseconds
        pd.to_timedelta([1, 2, 3], unit="h").to_list(),
        pd.period_range("2024-01", periods=3, freq="M").to_list(),
        ["2024-01-01", "2024-01-02", "2024-01-03"],
    ],
    ids=[
        "ints",
        "floats",
        "days of a zone",
        "hours of a zone",
        "months",
        "nanoseconds",
        "hours",
        "periods",
        "texts",
    ],
)
def test_rows_of_frames_are_put_in_order_of_time(times: list[Any]) -> None:
    even = panel([7] * 3 + [3] * 3, times * 2)
    same(as_series(even), [[[0, 1, 2]], [[3, 4, 5]]])
    same(as_series(even["a"]), [[[0, 1, 2]], [[3, 4, 5]]])
    interleaved = even.iloc[[0, 3, 1, 4, 2, 5]]
    same(as_series(interleaved), [[[0, 1, 2]], [[3, 4, 5]]])
    with pytest.warns(ShoalWarning, match="1 of 2 series, such as 3, are put in order of time; sort"):
        same(as_series(even.iloc[[0, 1, 2, 5, 3, 4]]), [[[0, 1, 2]], [[3, 4, 5]]])
    with pytest.raises(DataError, match=r"series 3 of X has the time .* twice; leave one of"):
        as_series(pd.concat([even, even.iloc[4:5]]))


def test_uneven_times_of_frames_are_told() -> None:
    with pytest.warns(
        ShoalWarning, match="1 of 2 series, such as 'b', have steps of unequal time, which are"
    ):
        as_series(panel(["a"] * 3 + ["b"] * 3, [1, 2, 3, 1, 2, 4]))
    with pytest.warns(ShoalWarning, match="the times of X are no numbers or dates; its rows are taken as"):
        same(as_series(panel(["a"] * 3, ["begin", "middle", "end"])), [[[0, 1, 2]]])
    same(as_series(panel(["a"] * 2, [False, True])), [[[0, 1]]])


def test_missing_values_stay_and_padding_goes() -> None:
    gap = [1.0, np.nan, 3.0]
    [first, second] = as_series(np.array([[*gap, np.nan], [4, 5, 6, 7]]))
    np.testing.assert_array_equal(first, [gap])
    np.testing.assert_array_equal(second, [[4, 5, 6, 7]])
    [series] = as_series([[[1.0, np.nan], [np.nan, np.nan], [np.nan, 2.0], [np.nan, np.nan]]])
    np.testing.assert_array_equal(series, [[1, np.nan, np.nan], [np.nan, np.nan, 2]])
    np.testing.assert_array_equal(as_series([[None, 2.0]])[0], [[np.nan, 2]])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([], "X holds no series"),
        ([[1.0], []], "series 1 of X has no steps"),
        ([[1.0], [np.nan, np.nan]], "series 1 of X has no value among its 2 steps"),
        ([[1.0], [2.0, np.inf]], "series 1 of X has infinite values"),
        ([LONG, LONG[:, :1]], "series 1 of X has 1 channel and the first 2"),
        ([[1.0], ["a", "b"]], "series 1 of X must be numbers"),
        ([np.array([1 + 2j])], "series 0 of X must be numbers: Complex data not supported"),
        ([np.array(["2020-01-01"], "M8[D]")], "series 0 of X must be numbers: got datetime64"),
        ([[1.0], [[1.0, 2.0], [3.0]]], "series 1 of X must be numbers"),
        (np.ones(5), r"got shape \(5,\); reshape it, one series as X\[None\]"),
        (np.ones((2, 3, 4, 5)), r"got shape \(2, 3, 4, 5\)"),
        ([np.ones((2, 3, 4))], r"series 0 of X has shape \(2, 3, 4\), expected \(T, C\)"),
        ([1.0, 2.0], r"series 0 of X has shape \(\), expected \(T, C\)"),
        ("text", "got str"),
        (5, "got int"),
        (sparse.csr_array(np.eye(2)), r"X is a sparse csr_array, not supported; give X.toarray\(\)"),
        (pd.DataFrame({"a": [1.0, 2.0]}), "a data frame of series holds a series in each cell"),
        (pd.DataFrame({"a": [[1.0, 2.0]], "b": [[1.0]]}), r"channels of \[2, 1\] steps"),
        (panel(["a", "a"], ["x", "x"]), "series 'a' of X has the time 'x' twice"),
        (panel(["a", "a"], [1.0, np.nan]), "the time of 1 row of X is missing"),
        (panel(["a", None], [1, 2]), "1 row of X does not say whose"),
        (panel(["a", "a"], [1, 2], ["u", "v"]), "X must be numbers"),
        (pd.concat({"up": panel(["a"], [1])}), r"X has an index of 3 levels, expected two, \(series, time\)"),
        (pl.DataFrame({"a": [1.0, 2.0]}), "a data frame of series holds a series in each cell"),
    ],
)
def test_what_is_no_container_is_said_in_one_line(X: Any, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        as_series(X)
    assert "\n" not in str(caught.value)


def test_another_number_of_channels_names_both() -> None:
    series = as_series([LONG])
    require_channels(series, 2, "It", False)
    with pytest.raises(DataError, match=r"series of 2 channels, It was fitted to 3; .*channels_first=True"):
        require_channels(series, 3, "It", False)
