from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from shoal.data import values
from shoal.errors import DataError

NAN = np.nan
at = dt.datetime.fromisoformat


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (["1", "-2.5", "1e3", None, "-", ".5", "+7"], [1, -2.5, 1000, NAN, NAN, 0.5, 7]),
        ([1, None, 3], [1, NAN, 3]),
        ([True, False, None], [1, 0, NAN]),
        (["1", "unknown", "3"], [1, NAN, 3]),
        (["-nan", "2"], [NAN, 2]),
        (pl.Series([None, None], dtype=pl.String), [NAN, NAN]),
    ],
)
def test_numbers(series: Any, expected: list[float]) -> None:
    assert_array_equal(values.numbers(pl.Series("x", series), ["unknown"]), expected)


@pytest.mark.parametrize(
    ("series", "fragments"),
    [
        (["1", "abc", "2", "abd"], ["column 'x' has 'abc' in data row 2", "a number", "2 of 4"]),
        (["1", "x" * 1000], ["'" + "x" * 29 + "…'"]),
        (["1", "two\nlines"], [r"'two\nlines'"]),
        (["1", "inf"], ["'inf' in data row 2", "finite", "1 of 2"]),
        ([1.0, float("-inf"), float("inf")], ["'-inf' in data row 2", "2 of 3"]),
        (["1e400"], ["'1e400' in data row 1"]),
        ([1e200], ["'1e+200' in data row 1", "±1e+150"]),
        ([at("2024-05-01")], ["'2024-05-01 00:00:00' in data row 1"]),
    ],
)
def test_what_is_no_number_is_named_with_its_row(series: Any, fragments: list[str], refuses: Any) -> None:
    with refuses(DataError, *fragments):
        values.numbers(pl.Series("x", series))


@pytest.mark.parametrize(
    "series",
    [
        [True, False, None],
        ["Yes", "NO", None],
        ["t", "F", "-"],
        ["1", "0", None],
        [1, 0, None],
        [1.0, 0.0, None],
    ],
)
def test_booleans(series: Any) -> None:
    assert_array_equal(values.booleans(pl.Series("x", series)), [1, 0, NAN])


@pytest.mark.parametrize("series", [["yes", "maybe"], [1, 2], [0.0, 0.5]])
def test_what_is_no_boolean_is_named_with_its_row(series: Any, refuses: Any) -> None:
    with refuses(DataError, "column 'x'", "in data row 2", "true or false"):
        values.booleans(pl.Series("x", series))


DAY = (dt.date(2024, 2, 29) - dt.date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2024-02-29", DAY),
        ("2024/02/29", DAY),
        ("29.02.2024", DAY),
        ("2024-02-29 18:00:00", DAY + 0.75),
        ("2024-02-29T18:00:00.000", DAY + 0.75),
        ("2024-02-29T18:00:00Z", DAY + 0.75),
        ("2024-02-29 18:00:00+06:00", DAY + 0.5),
        ("2024-02-29 06:00", DAY + 0.25),
        ("2024-02-29T06:00", DAY + 0.25),
        ("29.02.2024 12:00", DAY + 0.5),
    ],
)
def test_dates(written: str, day: float) -> None:
    assert_array_equal(values.days(pl.Series("x", [written, None, "-"]), None), [day, NAN, NAN])


def test_a_column_may_write_dates_in_several_ways() -> None:
    series = pl.Series("x", ["2024-02-29", "01.03.2024"])
    assert_array_equal(values.days(series, "%Y-%m-%d"), [DAY, DAY + 1])


@pytest.mark.parametrize(("date_format", "day"), [("%m/%d/%Y", DAY - 57), ("%d/%m/%Y", DAY + 1)])
def test_month_and_day_stand_where_the_format_says(date_format: str, day: int) -> None:
    assert_array_equal(values.days(pl.Series("x", ["01/03/2024"]), date_format), [day])


@pytest.mark.parametrize("series", [["2024-02-29", "2023-02-29"], ["2024-02-29", "01/02/2024"]])
def test_what_is_no_date_is_named_with_its_row(series: Any, refuses: Any) -> None:
    with refuses(DataError, "column 'x'", f"{series[1]!r} in data row 2", "a date such as YYYY-MM-DD"):
        values.days(pl.Series("x", series), None)


def test_a_number_is_no_date(refuses: Any) -> None:
    with refuses(DataError, "'5' in data row 2", "a date"):
        values.days(pl.Series("x", [None, 5]), None)


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ([5.0, 0.5, None, -0.0], ["5", "0.5", None, "0"]),
        ([1e300], ["1e+300"]),
        ([5, None], ["5", None]),
        ([True, None], ["true", None]),
        (["05", None], ["05", None]),
    ],
)
def test_text(series: Any, expected: list[str | None]) -> None:
    assert values.text(pl.Series("x", series)).to_list() == expected
