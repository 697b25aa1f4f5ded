from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from shoal.errors import DataError, ShoalWarning
from shoal.estimators.sequences.histories import Histories
from shoal.estimators.sequences.pandas_times import continued, whole


@pytest.mark.parametrize(
    "every",
    [
        pd.date_range("2020-01-01", periods=20),
        pd.date_range("2020-03-20", periods=20, tz="Europe/Berlin"),
        pd.date_range("2020-01-31", periods=20, freq="ME"),
        pd.bdate_range("2020-01-01", periods=20),
        pd.bdate_range("2020-01-01 16:00", periods=20, normalize=False),
        pd.date_range("2020-01-01", periods=20, freq="15min"),
        pd.date_range("2024-03-30 18:00", periods=20, freq="h", tz="Europe/Berlin"),  # without 2 o'clock
        pd.date_range("2024-10-26 18:00", periods=20, freq="h", tz="Europe/Berlin"),  # with two of them
        pd.period_range("2020-01", periods=20, freq="M"),
    ],
)
def test_steps_that_dates_leave_out_are_missing(every: pd.Index) -> None:
    y = pd.Series(np.arange(20.0), index=every)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert whole(y, "y") is y
    with pytest.warns(ShoalWarning, match="2 steps between the times of y are left out, and missing"):
        found = whole(y.drop(every[[7, 12]]), "y")
    assert list(found.index) == list(every)
    assert np.flatnonzero(found.isna()).tolist() == [7, 12]
    assert found.dropna().tolist() == y.drop(every[[7, 12]]).tolist()
    assert list(continued(found.index, 2)) == list(continued(every, 2))
    frame = pd.DataFrame({"a": y, "b": -y}).drop(every[7])
    with pytest.warns(ShoalWarning, match="1 step between the times of series 1 of y is left out"):
        histories = Histories.of([y, frame["a"]])
    assert histories.series[1].shape == (1, 20)
    with pytest.warns(ShoalWarning):
        assert Histories.of(frame).series[0][1, 8] == -8


def test_uneven_times_are_told() -> None:
    days = np.cumsum([1, 3, 8, 2, 5, 30, 4, 7, 6, 9])
    y = pd.Series(np.arange(10.0), index=pd.to_datetime(days * 86_400_000_000_000))
    with pytest.warns(ShoalWarning, match="the times of y are uneven"):
        assert whole(y, "y") is y
    assert list(continued(y.index, 2)) == [1, 2]
    counted = y.set_axis([1, 2, 3, 4, 6, 7, 8, 9, 10, 11])
    with pytest.warns(ShoalWarning, match="the times of y are uneven; .* forecasts are counted from 1"):
        assert whole(counted, "y") is counted


def test_a_midnight_that_a_zone_leaves_out() -> None:
    days = pd.date_range("2024-08-20", periods=19, tz="America/Santiago")  # to the eve of the change
    following = ["2024-09-08 01:00:00-03:00", "2024-09-09 00:00:00-03:00"]
    assert list(map(str, continued(days, 2))) == following
    with pytest.warns(ShoalWarning, match="1 step between"):
        found = whole(pd.Series(np.arange(18.0), index=days.delete(7)), "y")
    assert list(found.index) == list(days)


def test_times_that_cannot_be_are_refused() -> None:
    y = pd.Series(np.arange(4.0), index=pd.date_range("2020", periods=4))
    with pytest.raises(DataError, match="not in order"):
        whole(y[::-1], "y")
    with pytest.raises(DataError, match="y has 1 time twice"):
        whole(pd.concat([y, y[:1]]), "y")
    assert whole([1.0, 2.0], "y") == [1.0, 2.0]
