from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from shoal.data.cells.marks import with_decimal_points
from shoal.data.cells.notation import Known, Notation, notations_of
from shoal.data.cells.numerals import COMMA, POINT
from shoal.errors import DataError


@pytest.mark.parametrize(
    ("columns", "expected", "commas"),
    [
        ({"a": ["0,5", "NA", "-"]}, {"a": ["0.5", "NA", "-"]}, False),
        ({"a": ["5,123"], "b": ["0,5"]}, {"a": ["5.123"], "b": ["0.5"]}, False),
        ({"a": ["5,123"], "b": ["0.5"]}, {"a": ["5,123"], "b": ["0.5"]}, True),
        ({"a": ["5,123"], "b": ["7"]}, {"a": ["5.123"], "b": ["7"]}, True),
        ({"a": ["5,123"], "b": ["7"]}, {"a": ["5,123"], "b": ["7"]}, False),
        ({"a": ["1.234,5", "2.000", None]}, {"a": ["1234.5", "2000", None]}, True),
        ({"a": ["1,5", "1,2,3"]}, {"a": ["1,5", "1,2,3"]}, True),
        ({"a": ["1,5", "0.5"]}, {"a": ["1,5", "0.5"]}, True),
        ({"a": ["1,5", "x", "y"]}, {"a": ["1,5", "x", "y"]}, True),
        ({"a": [" 1,5 ", "x"], "b": ["Doe, J.", "7"]}, {"a": ["1.5", "x"], "b": ["Doe, J.", "7"]}, True),
        ({"a": ["0,5"], "b": ["14.125"]}, {"a": ["0.5"], "b": ["14125"]}, False),
        ({"a": ["5,123"], "b": ["14.125"]}, {"a": ["5.123"], "b": ["14125"]}, True),
        ({"a": ["1.234.567"], "b": ["14.125"]}, {"a": ["1234567"], "b": ["14125"]}, False),
        ({"a": ["0,5", ""], "b": ["0.125", "1.125"]}, {"a": ["0.5", ""], "b": ["0.125", "1.125"]}, False),
        ({"a": ["0,5", ""], "b": ["1234", "1.125"]}, {"a": ["0.5", ""], "b": ["1234", "1.125"]}, False),
        ({"a": ["0,5"], "b": ["1.125"], "c": ["7.5"]}, {"a": ["0.5"], "b": ["1.125"], "c": ["7.5"]}, False),
        (
            {"a": ["0,5"], "b": ["1.125"], "c": ["02.05.2020"]},
            {"a": ["0.5"], "b": ["1125"], "c": ["02.05.2020"]},
            False,
        ),
        ({"a": ["5,123"], "b": ["2.5.2020 9:30"]}, {"a": ["5.123"], "b": ["2.5.2020 9:30"]}, True),
        (
            {"a": ["0,5"], "b": ["1.125"], "c": ["05.2020"]},
            {"a": ["0.5"], "b": ["1125"], "c": ["05.2020"]},
            False,
        ),
        ({"a": ["1,234"], "b": ["1,234.5"]}, {"a": ["1,234"], "b": ["1,234.5"]}, True),
        ({"a": ["1,234"], "b": ["1,234,567"]}, {"a": ["1,234"], "b": ["1,234,567"]}, True),
        ({"a": ["10.100.100.101"], "b": ["1.500"]}, {"a": ["10.100.100.101"], "b": ["1.500"]}, False),
        ({"a": ["12,345 €", "€ 1"], "b": ["0,5", ""]}, {"a": ["12.345 €", "€ 1"], "b": ["0.5", ""]}, False),
        ({"a": ["14.125 %", "-"], "b": ["0,5", ""]}, {"a": ["14125 %", "-"], "b": ["0.5", ""]}, False),
    ],
)
def test_a_file_has_one_decimal_mark(columns: Any, expected: Any, commas: bool) -> None:
    read = with_decimal_points(pl.DataFrame(columns), expected="," if commas else "")
    assert read.table.to_dict(as_series=False) == expected


COMMAS = Known({"a": Notation(",", "."), "b": Notation(",")})
POINTS = Known({"a": Notation(".", ","), "b": Notation(".")})
PLAIN_POINTS = Known({"a": Notation("."), "b": Notation()})
PLAIN_COMMAS = Known({"a": Notation(","), "b": Notation()})
BOTH = Known({"a": Notation(",", "."), "b": Notation("."), "d": Notation()})
BOTH_TURNED = Known({"a": Notation("."), "b": Notation(",")})


@pytest.mark.parametrize(
    ("columns", "known", "expected", "numbers"),
    [
        # nothing in the file tells: as it was fitted
        ({"a": ["1.234", "-"]}, COMMAS, COMMA, ["1234", "-"]),
        ({"a": ["1.234", "-"]}, COMMAS, POINT, ["1234", "-"]),
        ({"a": ["1,234", None]}, COMMAS, POINT, ["1.234", None]),
        ({"a": ["1,234"]}, PLAIN_COMMAS, "", ["1.234"]),
        ({"a": ["1.234"]}, POINTS, COMMA, ["1.234"]),
        ({"a": ["1,234"]}, POINTS, COMMA, ["1,234"]),
        ({"b": ["1.234"]}, PLAIN_POINTS, COMMA, ["1.234"]),
        ({"b": ["1,234"]}, PLAIN_COMMAS, POINT, ["1.234"]),
        ({"b": ["1.234"]}, COMMAS, COMMA, ["1234"]),
        ({"b": ["1.234 %"]}, COMMAS, "", ["1234 %"]),
        # the file tells otherwise
        ({"a": ["1.234"], "b": ["0.5"]}, COMMAS, POINT, ["1.234"]),
        ({"a": ["1,234"], "b": ["0.5"]}, COMMAS, POINT, ["1,234"]),
        ({"a": ["1.234"], "b": ["0,5"]}, POINTS, COMMA, ["1234"]),
        ({"a": ["1,234"], "b": ["0,5"]}, POINTS, POINT, ["1.234"]),
        ({"a": ["1.234"], "b": ["1.234.567"]}, POINTS, "", ["1234"]),
        ({"a": ["1,234"], "b": ["1,234.5"]}, COMMAS, COMMA, ["1,234"]),
        # it tells both
        ({"a": ["1,234"], "b": ["0,5"], "c": ["0.5"]}, POINTS, COMMA, ["1,234"]),
        ({"a": ["1.234"], "b": ["0,5"], "c": ["0.5"]}, COMMAS, COMMA, ["1234"]),
        # its columns differed from each other where it was fitted, and do so again
        ({"a": ["1.234"], "b": ["0.5"]}, BOTH, COMMA, ["1234"]),
        ({"a": ["1.234.567"], "b": ["0.5"]}, BOTH, COMMA, ["1234567"]),
        ({"a": ["1.234"], "b": ["7"]}, BOTH, COMMA, ["1234"]),
        ({"a": ["1.234"], "d": ["0.5"]}, BOTH, COMMA, ["1234"]),
        ({"a": ["1.538"], "b": ["2,2"]}, BOTH_TURNED, POINT, ["1.538"]),
        # or do not: one of them is written otherwise
        ({"a": ["1,234"], "b": ["0,5"]}, BOTH, COMMA, ["1.234"]),
        ({"a": ["1,234"], "b": ["0.5"]}, BOTH_TURNED, COMMA, ["1,234"]),
        ({"d": ["1.234"], "b": ["0.5"]}, BOTH, COMMA, ["1.234"]),
        # texts that are no numbers tell nothing
        ({"a": ["1.234"], "c": ["9.30 Uhr"]}, COMMAS, COMMA, ["1234"]),
        ({"a": ["1.234", "7"], "c": ["2.0 TDI", "2.5"]}, COMMAS, COMMA, ["1234", "7"]),
        ({"a": ["1.234", "7"], "c": ["2.0", "2.5"]}, COMMAS, COMMA, ["1.234", "7"]),
        # nothing was remembered, or of no such column
        ({"a": ["1,234"]}, Known(), COMMA, ["1.234"]),
        ({"a": ["1,234"]}, Known({"a": Notation()}), COMMA, ["1.234"]),
        ({"c": ["1,234"]}, PLAIN_POINTS, COMMA, ["1.234"]),
    ],
)
def test_what_a_file_leaves_open_the_fitted_one_tells(
    columns: Any, known: Known, expected: str, numbers: Any
) -> None:
    table = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    assert with_decimal_points(table, expected, known).table.to_series().to_list() == numbers


@pytest.mark.parametrize(
    ("columns", "known", "expected", "remedy"),
    [
        ({"a": ["-", "1,234"]}, PLAIN_POINTS, COMMA, "write 1234 or 1.2340"),
        ({"b": ["7", "1,234"]}, PLAIN_POINTS, "", "write 1234 or 1.2340"),
        ({"a": ["7", "1.234"]}, PLAIN_COMMAS, "", "write 1234 or 1,2340"),
        ({"b": ["7", "1.234"]}, COMMAS, POINT, "write 1234 or 1,2340"),
        ({"b": ["7", "1,234"]}, POINTS, COMMA, "write 1234 or 1.2340"),
        ({"b": ["k.A.", "1.234"]}, COMMAS, POINT, "write 1234 or 1,2340"),
    ],
)
def test_what_neither_tells_is_refused(columns: Any, known: Known, expected: str, remedy: str) -> None:
    with pytest.raises(DataError, match=rf"in data row 2, which may be .*; {remedy}$"):
        with_decimal_points(pl.DataFrame(columns), expected, known)


def test_another_mark_than_the_fitted_one_is_told() -> None:
    commas = pl.DataFrame({"a": ["1.234"], "b": ["0,5"]})
    points = pl.DataFrame({"a": ["1,234"], "b": ["0.5"]})
    assert "decimal commas, as column 'b' with '0,5' tells" in with_decimal_points(commas, "", POINTS).told
    assert "decimal points, as column 'b' with '0.5' tells" in with_decimal_points(points, "", COMMAS).told
    assert not with_decimal_points(commas, "", COMMAS).told
    assert not with_decimal_points(points, "", POINTS).told
    assert not with_decimal_points(commas).told


def test_a_column_that_is_written_otherwise_than_it_was_is_told() -> None:
    read = with_decimal_points(pl.DataFrame({"a": ["1,234"], "b": ["0,5"]}), COMMA, BOTH)
    assert "'b' with '0,5' tells; that column of the table" in read.told
    assert read.told.endswith("has decimal points")
    same = pl.DataFrame({"a": ["1.234", "2.345,6"], "b": ["0.5", "0.7"]})
    assert not with_decimal_points(same, COMMA, BOTH).told


def test_groups_of_thousands_between_points_are_remembered() -> None:
    table = pl.DataFrame({"a": ["1.234.567", "255.848"], "b": ["1.5", "2"]})
    assert notations_of(table, {"a": COMMA, "b": POINT}) == {"a": Notation(thousands="."), "b": Notation(".")}


def test_how_columns_were_written_is_told() -> None:
    table = pl.DataFrame({"a": ["1.234,5", "-"], "b": ["2,5 %", "3 %"], "c": ["x", "y"]})
    assert with_decimal_points(table, COMMA).notations == {
        "a": Notation(",", "."),
        "b": Notation(",", percent=True),
    }
