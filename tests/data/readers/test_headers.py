"""The names of columns, and columns without one."""

from __future__ import annotations

import warnings

import polars as pl
import pytest

from shoal.data.readers.headers import column_names, named_table, tell_of_totals, without_index
from shoal.errors import DataError, ShoalWarning


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ([" a ", "b"], ["a", "b"]),
        (["", "", "b"], ["", "", "b"]),  # two without a name are not twice the same
        (["", "0", "1"], ["", "0", "1"]),  # an array that pandas wrote with its index
        (["a", "1"], ["a", "1"]),
    ],
)
def test_names_are_taken_as_they_stand(header: list[str], names: list[str]) -> None:
    assert column_names(header, "t.csv") == names


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (["a", "b", " a"], "t.csv has more than one column named 'a'; give every column its own name"),
        (["1", "2.5"], r"t.csv: the first row holds numbers \('1', '2.5'\), expected column names"),
        (["", "1", "2"], "the first row holds numbers"),  # an index counts from 0
        (["nan", "-1e3"], "the first row holds numbers"),
        ([""], "the first row holds numbers"),
    ],
)
def test_headers_that_are_none(header: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        column_names(header, "t.csv")


def test_an_empty_column_without_a_name_is_left_out() -> None:
    columns = [pl.Series([1, 2]), pl.Series([" ", ""]), pl.Series([None, None])]
    assert named_table(columns, ["a", "", ""], "t.csv").columns == ["a"]


def test_a_first_column_without_a_name_that_numbers_the_rows_is_left_out_in_words() -> None:
    with pytest.warns(ShoalWarning, match=r"t.csv: its first column, which has no name, numbers the rows"):
        table = named_table([pl.Series(["0", "1"]), pl.Series([5, 6])], ["", "a"], "t.csv")
    assert table.columns == ["a"]


def test_dates_without_a_name_get_one() -> None:
    dates, y = pl.Series(["1969-01-01", "1969-02-01"]), pl.Series([1, 2])
    with pytest.warns(ShoalWarning, match=r"t.csv: its first column, which has no name, holds dates"):
        table = named_table([dates, y], ["", "y"], "t.csv")
    assert table.columns == ["date", "y"]
    with pytest.warns(ShoalWarning, match="called 'index'"):
        assert named_table([dates, y], ["", "date"], "t.csv").columns == ["index", "date"]
    for other in (pl.Series(["1969-01-01", "then"]), pl.Series(["1969-01-01", None])):
        with pytest.raises(DataError, match="column 1 has no name"):
            named_table([other, y], ["", "y"], "t.csv")


@pytest.mark.parametrize("values", [["0", "0"], ["0", "x"], ["0", None], ["0", "1.5"]])
def test_any_other_column_wants_a_name(values: list[str | None]) -> None:
    with pytest.raises(DataError, match=r"t.csv: column 1 has no name in the header"):
        named_table([pl.Series(values), pl.Series([5, 6])], ["", "a"], "t.csv")


def test_only_the_first_may_number_the_rows() -> None:
    with pytest.raises(DataError, match="column 2 has no name"):
        named_table([pl.Series([5, 6]), pl.Series(["0", "1"])], ["a", ""], "t.csv")


def test_pandas_index_goes_only_where_it_numbers_the_rows() -> None:
    table = pl.DataFrame({"Unnamed: 0": [0.0, 1.0], "__index_level_0__": [7, 7], "a": [1, 2]})
    with pytest.warns(ShoalWarning, match="the column 'Unnamed: 0', numbers the rows"):
        assert without_index(table, "t").columns == ["__index_level_0__", "a"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert without_index(table.with_columns(pl.lit(0.5).alias("Unnamed: 0")), "t").width == 3


@pytest.mark.parametrize(("last", "told"), [("Total:", True), (" sum ", True), ("totally", False)])
def test_a_last_row_that_sums_up_is_told_of(last: str, told: bool) -> None:
    table = pl.DataFrame({"a": [None, None], "b": ["x", last]})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tell_of_totals(table, "t.csv")
        tell_of_totals(table[1:], "t.csv")  # the only row is no sum of others
    assert len(caught) == told
