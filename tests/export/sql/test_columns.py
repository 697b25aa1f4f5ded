"""Columns as SQL, each expression beside the same by hand, in every database that is asked."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.data.features.encoders import BooleanEncoder, CategoricalEncoder, DateEncoder, NumericEncoder
from shoal.export.sql.columns import CIRCLES, FEATURES, READINGS, explained, prepare
from shoal.export.sql.text import QueryTables

Asked = Callable[..., dict[str, list[Any]]]
NUMBER = NumericEncoder("x", 2.0, 4.0, True)
TRUTH = BooleanEncoder("x", True, True)
DATE = DateEncoder("x", None, 0.0, 1.0, (), True)


def read(asked: Asked, encoder: Any, values: list[Any]) -> list[Any]:
    """Return what an encoder reads of a column."""
    formula = READINGS[encoder.name](encoder, 'source."x"')
    return asked(f"SELECT {formula} AS v FROM source", {"x": values}, "source")["v"]  # noqa: S608


def features(asked: Asked, encoder: Any, values: list[Any], s: list[float]) -> list[list[Any]]:
    """Return an encoder's features of values as they were read, and scaled."""
    formulas = FEATURES[encoder.name](encoder, "c", "s")
    listed = ", ".join(f"{formula} AS v{k}" for k, formula in enumerate(formulas))
    found = asked(f"SELECT {listed} FROM source", {"c": values, "s": s}, "source")  # noqa: S608
    return [[float(value) for value in row] for row in zip(*found.values(), strict=True)]


def test_numbers_are_read_within_what_is_a_number(asked: Asked) -> None:
    given = [1.5, -1e150, 1e150, 1.1e150, -1.1e150, None]
    assert read(asked, NUMBER, given) == [1.5, -1e150, 1e150, None, None, None]


def test_a_text_that_holds_a_number_is_one(asked: Asked) -> None:
    assert read(asked, NUMBER, ["1.5", "-2e3"]) == [1.5, -2000]


def test_truth_is_read_in_any_case_and_with_blanks_around_it(asked: Asked) -> None:
    given = [
        "True",
        " yes ",
        "T\t",
        "\u3000y\n",
        "1",
        "1.0",
        "FALSE",
        "No",
        "f",
        "N",
        "0",
        "0.0",
        "2",
        "",
        None,
    ]
    assert read(asked, TRUTH, given) == [1] * 6 + [0] * 6 + [None] * 3
    assert read(asked, TRUTH, [1, 0, 2]) == [1, 0, None]


def test_texts_are_read_without_blanks_and_not_where_they_say_that_there_is_none(asked: Asked) -> None:
    encoder = CategoricalEncoder("x", ("red",), False, True)
    given = [" red ", "it's", "NA", "", "?", None, "5.0", "\tred\r\n", "\xa0NA\u2003", "\v"]
    assert read(asked, encoder, given) == ["red", "it's", *[None] * 4, "5.0", "red", None, None]


def test_codes_that_a_database_keeps_as_numbers_with_a_point_are_codes(asked: Asked) -> None:
    encoder = CategoricalEncoder("x", ("5", "-7", "2.5"), False, False)
    assert read(asked, encoder, [5.0, -7.0, 2.5, None]) == ["5", "-7", "2.5", None]
    assert read(asked, CategoricalEncoder("x", ("5", "red"), False, False), ["5.0"]) == ["5.0"]
    assert read(asked, CategoricalEncoder("x", ("5.0",), False, False), ["5.0"]) == ["5.0"]


DATES = [
    datetime.date(year, month, day)
    for year in (1600, 1700, 1900, 1969, 1970, 1996, 2000, 2024, 2100, 2400)
    for month, day in [(1, 1), (2, 28), (3, 1), (4, 30), (10, 31), (12, 31)]
] + [datetime.date(2000, 2, 29), datetime.date(2024, 2, 29)]
DAYS = [(date - datetime.date(1970, 1, 1)).days for date in DATES]


def test_days_are_those_of_the_calendar(asked: Asked) -> None:
    assert read(asked, DATE, [date.isoformat() for date in DATES]) == DAYS


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1970-01-02", 0.0),
        ("1970-01-02 06", 1 / 4),
        ("1970-01-02 06:30", 6.5 / 24),
        ("1970-01-02T06:30:36", 6.51 / 24),
        ("1970-01-02 00:00:00.5", 0.5 / 86400),
        ("1970-01-02T06:00:00Z", 1 / 4),
        ("1970-01-02 06:00:00+00", 1 / 4),  # as DuckDB writes a moment with a zone
        ("1970-01-02 06:00:00.25+05:45", (0.25 * 86400 - 5.75 * 3600 + 0.25) / 86400),
        ("1970-01-02T06:00-0330", 9.5 / 24),
        ("\t1970-01-02 06:00 ", 1 / 4),
    ],
)
def test_the_time_of_a_day_is_a_part_of_it(asked: Asked, text: str, part: float) -> None:
    assert read(asked, DATE, [text]) == [pytest.approx(1 + part, rel=1e-12)]


def test_moments_with_a_zone_are_those_of_utc_in_whatever_zone_a_database_is() -> None:
    duckdb = pytest.importorskip("duckdb", reason="needs the package duckdb")
    formula = READINGS[DATE.name](DATE, "source.x")
    found: list[float] = []
    for zone in ("UTC", "Asia/Kathmandu", "America/Caracas"):
        with duckdb.connect() as connection:
            connection.execute(f"SET TimeZone = '{zone}'")
            connection.execute("CREATE TABLE source AS SELECT make_timestamptz(93600500000) AS x")
            found += connection.execute(f"SELECT {formula} FROM source").fetchone()  # noqa: S608
    assert found == [pytest.approx(1 + 7200.5 / 86400, rel=1e-12)] * 3


def test_a_month_is_its_first_day(asked: Asked) -> None:
    assert read(asked, DATE, ["1970-02", " 2000-03 ", "1970-1"]) == [31, 11017, None]


def test_what_is_not_written_as_a_date_is_missing(asked: Asked) -> None:
    assert read(asked, DATE, ["1.2.2024", "2024/01/02", "", None]) == [None] * 4


@pytest.mark.parametrize("circle", CIRCLES)
def test_circles_have_gone_by_as_the_calendar_says(asked: Asked, circle: str) -> None:
    days = [day + part for day in DAYS for part in (0.0, 0.75)]
    found = asked(f"SELECT {CIRCLES[circle]('c')} AS v FROM source", {"c": days}, "source")["v"]  # noqa: S608
    gone = {"month": lambda d, p: (d.month - 1) / 12, "weekday": lambda d, p: d.weekday() / 7}
    expected = [gone.get(circle, lambda d, p: p)(date, part) for date in DATES for part in (0.0, 0.75)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_features_of_a_number_are_itself_its_pieces_and_waves_and_whether_it_is_missing(asked: Asked) -> None:
    encoder = NumericEncoder("x", 2.0, 4.0, True, knots=(0.0, 1.0, 5.0), waves=(1.0, 2.0))
    found = features(asked, encoder, [0.25, 3.0, -7.0, 9.0, None], [0.125, 0.0, 0.0, 0.0, 0.0])
    root = np.sqrt(0.5)
    still = [0, 1, 0, 1]
    np.testing.assert_allclose(
        found,
        [
            [0.125, -0.25, -0.5, root, root, 1, 0, 0],
            [0, 0.5, 0, *still, 0],
            [0, -0.5, -0.5, *still, 0],
            [0, 0.5, 0.5, *still, 0],
            [0, 0.5, -0.25, *still, 1],  # the median, 2, is a quarter of the second piece
        ],
        atol=1e-15,
    )


@pytest.mark.parametrize("commoner", [True, False])
def test_a_missing_truth_is_the_commoner(asked: Asked, commoner: bool) -> None:
    encoder = BooleanEncoder("x", commoner, True)
    found = features(asked, encoder, [1.0, 0.0, None], [0.0] * 3)
    assert found == [[1, 0], [0, 0], [commoner, 1]]


@pytest.mark.parametrize(
    ("levels", "other", "indicator", "expected"),
    [
        (("a", "it's"), True, True, [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
        (("a", "it's"), False, False, [[1, 0], [0, 1], [0, 0], [0, 0]]),
        ((), True, False, [[1], [1], [1], [0]]),
        (("a",), True, False, [[1, 0], [0, 1], [0, 1], [0, 0]]),
    ],
)
def test_a_category_is_its_level_or_other_or_missing(
    asked: Asked, levels: tuple[str, ...], other: bool, indicator: bool, expected: list[list[int]]
) -> None:
    encoder = CategoricalEncoder("x", levels, other, indicator)
    assert features(asked, encoder, ["a", "it's", "b", None], [0.0] * 4) == expected


def test_angles_of_a_missing_date_are_0(asked: Asked) -> None:
    encoder = DateEncoder("x", None, 0.0, 1.0, ("hour", "weekday"), True)
    found = features(asked, encoder, [4.25, None], [1.5, 0.0])  # a Monday at six
    np.testing.assert_allclose(found, [[1.5, 1, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1]], atol=1e-12)


class Both:
    """Two columns of a table."""

    encoders = (NUMBER, CategoricalEncoder('a "b"', ("red",), True, False))


def test_tables_lead_from_the_source_to_the_features(asked: Asked) -> None:
    tables = QueryTables()
    names = prepare(Both(), tables, "source")
    assert names == ["x0", "x1", "x2", "x3"]
    query = f"WITH {', '.join(tables.written)} SELECT {', '.join(names)} FROM x ORDER BY shoal_row"  # noqa: S608
    rows = {"shoal_row": [0, 1, 2, 3], "x": [6.0, None, 1e150, -1e150], 'a "b"': ["red", "blue", None, "red"]}
    found = asked(query, rows, "source")
    bent = 1 / np.sqrt(1 + 1 / 9)  # of r = 1; it is 3 at the most
    np.testing.assert_allclose(found["x0"], [bent, 0, 3, -3], rtol=1e-15)
    assert [found[name] for name in names[1:]] == [[0, 1, 0, 0], [1, 0, 0, 1], [0, 1, 0, 0]]


@pytest.mark.parametrize(("scale", "r"), [(1e-300, 3.0), (1e149, 10 / np.sqrt(1 + 100 / 9))])
def test_a_scale_that_is_tiny_or_huge_overflows_nowhere(asked: Asked, scale: float, r: float) -> None:
    """As numbers are bounded before they are divided, no database has to know of infinities."""
    tables, encoder = QueryTables(), NumericEncoder("x", 0.0, scale, False)
    prepare(type("One", (), {"encoders": (encoder,)})(), tables, "source")
    query = f"WITH {', '.join(tables.written)} SELECT x0 FROM x ORDER BY shoal_row"  # noqa: S608
    found = asked(query, {"shoal_row": [0, 1, 2], "x": [1e150, -1e150, 0.0]}, "source")
    np.testing.assert_allclose(found["x0"], [r, -r, 0], rtol=1e-14)


def test_what_each_column_is_to_hold_is_explained() -> None:
    lines = explained(Both())
    assert lines == ['  "x": numbers', '  "a \\"b\\"": texts or codes']
