from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from shoal.data.frames import as_frame
from shoal.data.sequences.long_tables import LongColumns, series_of
from shoal.errors import ConfigurationError, DataError, ShoalWarning

COLUMNS = LongColumns("id", "t", ("x", "y"), "label")
TABLE: dict[str, list[Any]] = {
    "id": ["b", "a", "b", "a", "b"],
    "t": [3, 1, 1, 2, 2],
    "x": [13.0, 21.0, 11.0, None, 12.0],
    "y": [0, 1, 1, 0, 0],
    "label": ["no", "yes", None, "yes", "no"],
}


def table(**changes: list[Any]) -> Any:
    return as_frame({**TABLE, **changes})


def read(frame: Any, columns: LongColumns = COLUMNS) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShoalWarning)
        return series_of(frame, columns, strict=False)


def test_rows_become_series_in_the_order_of_time() -> None:
    found = read(table())
    assert found.names == ("b", "a")
    np.testing.assert_array_equal(found.series[0], [[11, 12, 13], [1, 0, 0]])
    np.testing.assert_array_equal(found.series[1], [[21, np.nan], [1, 0]])
    assert found.targets.to_list() == ["no", "yes"]


def test_without_a_column_of_time_rows_stay_as_they_come() -> None:
    found = series_of(table(), LongColumns("id", None, ("x",), "label"), strict=True)
    np.testing.assert_array_equal(found.series[0], [[13, 11, 12]])


@pytest.mark.parametrize(
    "times",
    [
        ["2020-01-03", "2020-01-01", "2020-01-01", "2020-01-02", "2020-01-02"],
        ["3.5", "1.5", "1.5", "2.5", "2.5"],
        ["2020-03", "2020-01", "2020-01", "2020-02", "2020-02"],
        ["03.01.2020 10:00", "01.01.2020 10:00", "01.01.2020 10:00", "02.01.2020 10:00", "02.01.2020 10:00"],
    ],
)
def test_times_of_every_writing(times: list[str]) -> None:
    with pytest.warns(ShoalWarning) as notes:
        found = series_of(table(t=times), COLUMNS, strict=False)
    np.testing.assert_array_equal(found.series[0][0], [11, 12, 13])
    (note,) = notes
    assert str(note.message).startswith("1 of 2 series, such as 'b', are put in order of time")


def test_steps_of_unequal_time_are_told() -> None:
    one = {"id": ["a"] * 5, "label": ["no"] * 5, "t": [1, 2, 3, 4, 6]}
    with pytest.warns(ShoalWarning, match="1 of 1 series, such as 'a', have steps of unequal time"):
        series_of(table(**one), COLUMNS, strict=False)
    with pytest.raises(DataError, match=r"steps of unequal time.*strict was given"):
        series_of(table(**one), COLUMNS, strict=True)


def test_rows_that_are_nobodys_are_left_out() -> None:
    orderless = LongColumns("id", None, ("x", "y"), "label")
    with pytest.warns(ShoalWarning, match="1 of 5 rows have no 'id' and are left out"):
        found = series_of(table(id=["b", "a", "b", "a", None]), orderless, strict=False)
    assert found.lengths.tolist() == [2, 2]


def test_a_table_without_targets_is_read_all_the_same() -> None:
    frame = as_frame({name: values for name, values in TABLE.items() if name != "label"})
    assert read(frame).targets is None
    assert read(table(label=["no", None, "no", None, "no"])).targets.to_list() == ["no", None]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"t": [3, 1, 1, 1, 2]}, "the series 'a' has the time '1' twice in 't'"),
        ({"t": [3, 1, None, 1, 2]}, "the time 't' is missing in 1 of 5 rows, the first of them data row 3"),
        ({"t": ["x", "1", "2", "3", "4"]}, "the time 't' has 'x' in data row 1, expected numbers or dates"),
        (
            {"x": ["1", "2", "three", "4", "5"]},
            "column 'x' has 'three' in data row 3.*leave the column out with drop",
        ),
        ({"label": ["no", "yes", None, "yes", "yes"]}, "the series 'b' has the targets 'yes' and 'no'"),
        (
            {"x": [None, 1, None, 1, None], "y": [None, 1, None, 1, None]},
            "the series 'b' holds no value at all",
        ),
        ({"id": [None] * 5}, "the column 'id' is empty in every row"),
    ],
)
def test_what_is_wrong_is_told(changes: dict[str, list[Any]], told: str) -> None:
    with pytest.raises(DataError, match=told):
        read(table(**changes))


def test_columns_that_are_missing_are_told() -> None:
    with pytest.raises(DataError, match="lacks the column 'x'"):
        read(as_frame({name: values for name, values in TABLE.items() if name != "x"}))
    with pytest.raises(DataError, match="lacks the column 'id', which says whose row it is"):
        read(as_frame({name: values for name, values in TABLE.items() if name != "id"}))


def test_columns_as_asked() -> None:
    known = list(TABLE)
    assert LongColumns.settle(known, "id", "t", "label", None, None) == COLUMNS
    with pytest.warns(ShoalWarning, match="left out, as asked: 'y'"):
        assert LongColumns.settle(known, "id", "t", "label", ("y",), None).channels == ("x",)
    with pytest.warns(ShoalWarning):
        assert LongColumns.settle(known, "id", None, "label", None, ("y",)).channels == ("y",)


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        (("id", "t", None), ConfigurationError, "needs target"),
        (("Id", "t", "label"), DataError, "no column 'Id', which id names; did you mean 'id'"),
        (("id", "time", "label"), DataError, "no column 'time', which order names"),
        (("id", "t", "lable"), DataError, "no column 'lable', which target names; did you mean 'label'"),
        (("id", "id", "label"), ConfigurationError, "name one column twice"),
        (("label", None, "label"), ConfigurationError, "name one column twice"),
    ],
)
def test_columns_that_cannot_be(asked: tuple[str, str, str], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        LongColumns.settle(list(TABLE), *asked, None, None)


def test_a_table_needs_values() -> None:
    with pytest.raises((DataError, ConfigurationError), match="no column"):
        LongColumns.settle(["id", "label"], "id", None, "label", None, None)
