"""Tables to forecast: which columns are what, in which order steps stand, and what is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.data.frames import as_frame
from shoal.data.sequences.forecast_tables import ForecastColumns, read_timed
from shoal.data.sequences.timed import TimedSeries
from shoal.errors import ConfigurationError, DataError, ShoalWarning

MONTHS = [f"2020-{month:02}" for month in range(1, 13)]


def settle(table: dict[str, Any], **asked: Any) -> ForecastColumns:
    usual: dict[str, Any] = dict.fromkeys(("id", "order", "target", "drop", "columns"))
    return ForecastColumns.settle(as_frame(pl.DataFrame(table)), **(usual | asked))


def read(table: dict[str, Any], strict: bool = False, **asked: Any) -> TimedSeries:
    return read_timed(as_frame(pl.DataFrame(table)), settle(table, **asked), strict)


@pytest.mark.parametrize("name", ["Date", "when", "month"])
def test_dates_tell_the_time_whatever_they_are_called(name: str) -> None:
    table = {"y": [float(n) for n in range(12)], name: MONTHS, "what": ["a"] * 12}
    with pytest.warns(ShoalWarning) as told:
        data = read(table)
    assert [str(each.message).split(";")[0] for each in told] == [
        f"{name!r} tells the time of each row",
        "1 of 2 columns hold no numbers and are left out: 'what'",
    ]
    assert (data.time, data.channels) == (name, ("y",))
    assert data.stamps(0, 12, 2).to_list() == ["2021-01", "2021-02"]


def test_months_with_points_tell_the_time_as_others_do() -> None:
    table = {"y": [float(n) for n in range(12)], "when": [f"{month[5:]}.{month[:4]}" for month in MONTHS]}
    with pytest.warns(ShoalWarning, match="'when' tells the time of each row"):
        data = read(table)
    assert data.stamps(0, 12, 2).to_list() == ["2021-01-01", "2021-02-01"]


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ({"YEAR": [1, 2, 3], "y": [3, 1, 2]}, ForecastColumns(None, "YEAR", ("y",))),
        ({"YEAR": [1, 2, 2], "y": [3, 1, 2]}, ForecastColumns(None, None, ("YEAR", "y"))),
        ({"a": [1, 2, 3], "y": [3, 1, 2]}, ForecastColumns(None, None, ("a", "y"))),
        ({"a": ["1", "2", "3"], "y": ["3", "", "2"]}, ForecastColumns(None, None, ("a", "y"))),
    ],
)
@pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")
def test_numbers_tell_the_time_if_they_are_called_so(table: dict[str, Any], columns: ForecastColumns) -> None:
    assert settle(table) == columns


def test_columns_as_asked() -> None:
    table = {"who": ["a", "a"], "t": [1, 2], "x": [1, 2], "y, in kg": [3, 4], "z": [5, 6]}
    assert settle(table, id="who", order="t", target="y, in kg,x").channels == ("y, in kg", "x")
    assert settle(table, id="who", order="t", columns=("z",)).channels == ("z",)
    assert settle(table, id="who", order="t", drop=("z,x",)).channels == ("y, in kg",)
    for asked, told in (
        ({"id": "whom"}, "no column 'whom', which id names; did you mean 'who'"),
        ({"id": "t", "order": "t"}, "name one column"),
        ({"id": "who", "target": "who"}, "both name 'who'"),
        ({"target": "x", "columns": ("x",)}, "both name the values to forecast"),
        ({"target": "w"}, "no column 'w', which target names"),
        ({"id": "who", "order": "t", "drop": ("x,z", "y, in kg")}, "no column of numbers to forecast"),
    ):
        with pytest.raises((ConfigurationError, DataError), match=told):
            settle(table, **asked)


def test_series_of_their_own_beginnings_in_any_order() -> None:
    table = {
        "id": ["b", "a", "b", "a", "b"],
        "day": ["2020-01-03", "2020-01-02", "2020-01-01", "2020-01-01", "2020-01-02"],
        "y": [3.0, 20.0, 1.0, 10.0, 2.0],
    }
    with pytest.warns(ShoalWarning, match="1 of 2 series, such as 'b', are put in order of time|2 of 2"):
        data = read(table, id="id", order="day")
    assert data.names == ("b", "a")
    assert [each.tolist() for each in data.series] == [[[1, 2, 3]], [[10, 20]]]
    assert data.stamps(1, 2, 1).to_list() == ["2020-01-03"]
    with pytest.raises(DataError, match="strict"):
        read(table, strict=True, id="id", order="day")


def test_rows_that_are_missing() -> None:
    table = {"month": [*MONTHS[:3], *MONTHS[5:]], "y": range(10)}
    with pytest.warns(ShoalWarning, match="2 of 12 steps of 1 month have no row and count as missing"):
        data = read(table, order="month")
    np.testing.assert_array_equal(data.series[0][0], [0, 1, 2, np.nan, np.nan, 3, 4, 5, 6, 7, 8, 9])


def test_a_date_that_is_far_off() -> None:
    table = {"month": [*MONTHS, "2101-01"], "y": range(13)}
    with pytest.raises(DataError, match=r"13 rows for 973 steps of 1 month.* of 961 before row 13"):
        read(table, order="month")


def test_times_twice() -> None:
    table = {"id": ["a", "a", "b"], "t": [1, 1, 1], "y": [1, 2, 3]}
    with pytest.raises(DataError, match=r"the series 'a' has the time '1' twice in 't'"):
        read(table, id="id", order="t")
    with pytest.raises(DataError, match=r"the series has the time '2020-01' twice in 'm'.*with id"):
        read({"m": ["2020-01", "2020-01"], "y": [1, 2]}, order="m")


def test_rows_of_unequal_time() -> None:
    table = {"t": [1.0, 2.0, 3.0, 4.5], "y": [1, 2, 3, 4]}
    with pytest.warns(ShoalWarning, match="rows of unequal time, which are taken for steps of 1 each"):
        data = read(table, order="t")
    assert data.series[0].tolist() == [[1, 2, 3, 4]]
    assert data.stamps(0, 3, 2).to_list() == [4.5, 5.5]
    with pytest.raises(DataError, match="strict"):
        read(table, strict=True, order="t")


@pytest.mark.parametrize(
    ("whole", "following"),
    [
        ([202011, 202012, 202101], "2021-02"),
        ([20201230, 20201231, 20210101], "2021-01-02"),
        ([202010, 202011, 202012], "2021-01"),
        ([20210129, 20210130, 20210131], "2021-02-01"),
        ([202011, 202012, 202013], 202014),
        ([20209930, 20209931, 20209939], 20209940),
    ],
)
@pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")
def test_dates_that_are_whole_numbers(whole: list[int], following: object) -> None:
    data = read({"t": whole, "y": [1, 2, 3]}, order="t")
    assert data.stamps(0, int(data.lengths[0]), 1).to_list() == [following]


def test_values_that_are_none() -> None:
    with pytest.raises(DataError, match="'x' in data row 2"):
        read({"t": [1, 2], "y": ["1", "x"]}, order="t", target="y")
    with pytest.raises(DataError, match="the time 't' is missing in 1 of 2 rows"):
        read({"t": [1, None], "y": [1, 2]}, order="t")
    with pytest.raises(DataError, match="lacks the column 'y'"):
        read_timed(as_frame(pl.DataFrame({"x": [1]})), ForecastColumns(None, None, ("y",)), strict=False)
