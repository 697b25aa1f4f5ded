from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from shoal.data.cells import values
from shoal.data.columns import describe_column
from shoal.data.frames import as_series
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


@pytest.mark.parametrize(
    ("date_format", "written", "day"),
    [
        ("%d.%m.%y", "01.03.24", DAY + 1),
        ("%d.%m.%y", "01.03.2024", DAY + 1),
        ("%m/%d/%y", "03/01/2024", DAY + 1),
        ("%d/%m/%y", "01/03/2024", DAY + 1),
        ("%m/%d/%y", "2024-03-01", DAY + 1),
        ("%m/%d/%Y", "1 March 2024", DAY + 1),
        ("%Y-%m-%dT%H:%M:%S%.f%#z", "2024-03-01T12:00:00.5Z", DAY + 1.5 + 0.5 / 86400),
    ],
)
def test_other_writings_are_read_where_they_cannot_be_mistaken(
    date_format: str, written: str, day: float
) -> None:
    assert_array_equal(values.days(pl.Series("x", [written]), date_format), [day])


@pytest.mark.parametrize(
    ("date_format", "written"),
    [
        ("%Y-%m-%d", "31.12.99"),
        ("%Y-%m-%d", "05-12-10"),
        (None, "99-12-31"),
        ("%m/%d/%Y", "12/31/99"),
        ("%d.%m.%Y", "31.12.99"),
        ("%m/%d/%y", "31/12/99"),
        ("%Y-%m-%d", "01/02/2024"),
    ],
)
def test_two_digits_are_a_year_only_where_the_fitted_ones_were(
    date_format: str | None, written: str, refuses: Any
) -> None:
    with refuses(DataError, f"{written!r} in data row 1", "a date such as"):
        values.days(pl.Series("x", [written]), date_format)


@pytest.mark.parametrize("gap", ["NA", "-", "None", ".", "NaT"])
def test_a_gap_among_dates_is_missing(gap: str) -> None:
    series = as_series(["31 Dec 1999", gap], "x")
    assert_array_equal(values.days(series, "%d %b %Y"), [10956, NAN])


def test_a_fitted_decimal_comma_settles_what_one_row_does_not_tell() -> None:
    assert_array_equal(values.numbers(pl.Series("x", ["5,123"]), (), ","), [5.123])
    assert_array_equal(values.numbers(pl.Series("x", ["5,123"])), [5123])


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


def test_a_per_cent_sign_that_some_numbers_lack_is_told() -> None:
    shares = [f"{k}%" for k in range(20, 60)]
    assert describe_column(as_series(shares)).note == "'20%' is read as 0.2"
    assert describe_column(as_series([*shares, "0"])).note == "'20%' is read as 0.2"
    told = "'20%' is read as 0.2, and '35' as 35; write a per cent sign behind all or none"
    assert describe_column(as_series(["0", "NA", *shares, "35"])).note == told
