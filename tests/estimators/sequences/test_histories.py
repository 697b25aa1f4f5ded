from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from shoal.errors import DataError
from shoal.estimators.sequences.histories import Histories, known_ahead

NEXT = np.array([[[7.0, 8.0]]])


@pytest.mark.parametrize(
    ("index", "after"),
    [
        (pd.date_range("2024-01-31", periods=4, freq="ME"), ["2024-05-31", "2024-06-30"]),
        (pd.period_range("2024Q1", periods=4, freq="Q"), ["2025Q1", "2025Q2"]),
        (pd.Index([10, 20, 30, 40]), ["50", "60"]),
        (pd.Index([0.5, 1.0, 1.5, 2.0]), ["2.5", "3.0"]),
        (pd.Index([1, 2, 4, 9]), ["1", "2"]),
    ],
    ids=["months", "quarters", "tens", "halves", "uneven"],
)
@pytest.mark.filterwarnings("ignore:the times of y are uneven:shoal.errors.ShoalWarning")
def test_forecasts_go_on_as_the_index_does(index: Any, after: list[str]) -> None:
    given = Histories.of(pd.Series([1.0, 2.0, 3.0, 4.0], index=index, name="sales"))
    forecast = given.given_back(NEXT)
    assert (forecast.name, forecast.tolist()) == ("sales", [7, 8])
    assert [str(each)[:10] for each in forecast.index] == after


def test_what_comes_in_channels_goes_out_in_them() -> None:
    given = Histories.of(np.arange(6.0).reshape(3, 2))
    assert [each.shape for each in given.series] == [(2, 3)]
    assert given.given_back(np.array([[[7.0], [8.0]]])).tolist() == [[7, 8]]


def test_a_dict_and_a_list_come_back_as_such() -> None:
    named = Histories.of({3: [1.0, 2.0], "b": [4.0, 5.0]})
    assert named.names == ["3", "b"]
    assert {key: each.tolist() for key, each in named.given_back(np.repeat(NEXT, 2, 0)).items()} == {
        3: [7, 8],
        "b": [7, 8],
    }
    assert [each.tolist() for each in Histories.of([[1.0, 2.0]]).given_back(NEXT)] == [[7, 8]]


def test_columns_known_ahead_go_by_the_names_of_series() -> None:
    histories = Histories.of({"a": [1.0], "b": [2.0]})
    found, _ = known_ahead({"b": [5.0, 6.0], "a": [3.0, 4.0]}, histories)
    assert found is not None
    assert [each.tolist() for each in found] == [[[3, 4]], [[5, 6]]]
    with pytest.raises(DataError, match="future has no columns for the series 'b'"):
        known_ahead({"a": [3.0]}, histories)


@pytest.mark.parametrize(
    ("series", "told"),
    [
        ("1 2 3", "a list of some, got str"),
        (["x", "y"], "y must be numbers"),
        ([], "y is empty"),
        ([1j, 2j], "got complex128 values"),
        (np.zeros((2, 2, 2, 2)), "has shape"),
        (pd.Series([1.0, 2.0], index=pd.to_datetime(["2024-02-01", "2024-01-01"])), "not in order"),
        (pd.Series([1.0, 2.0], index=pd.to_datetime(["2024-01-01"] * 2)), "has 1 time twice"),
    ],
)
def test_what_is_no_history_is_told(series: Any, told: str) -> None:
    with pytest.raises(DataError, match=told):
        Histories.of(series)
