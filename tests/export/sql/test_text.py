"""What queries are made of, as SQLite reads it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from shoal.export.sql.text import SUMMED, QueryTables, comment, literal, name, number, total


def asked(expression: str) -> object:
    with closing(sqlite3.connect(":memory:")) as database:
        (found,) = database.execute(f"SELECT {expression}").fetchone()
    return found


@pytest.mark.parametrize("value", [0.1, -1 / 3, 5e-324, -1.7976931348623157e308, 0.0, float(np.float32(0.1))])
def test_a_number_is_read_back_to_the_last_bit(value: float) -> None:
    assert asked(number(value)) == value
    assert asked(f"1-{number(value)}") == 1 - value  # a minus of its own begins no comment


@pytest.mark.parametrize("text", ["it's", "''", "a -- b", 'say "no"', ""])
def test_texts_and_names_end_where_they_end(text: str) -> None:
    assert asked(literal(text)) == text
    assert asked(f"{name(text)} FROM (SELECT 7 AS {name(text)})") == 7


def depth(expression: str) -> int:
    """Return how many parentheses are open at the most."""
    steps = [(letter == "(") - (letter == ")") for letter in expression]
    return int(np.cumsum(steps).max())


@pytest.mark.parametrize(
    ("terms", "deep"), [(SUMMED, 1), (SUMMED + 1, 2), (SUMMED**2, 2), (SUMMED**2 + 1, 3)]
)
def test_a_sum_of_many_terms_is_nowhere_deep(terms: int, deep: int) -> None:
    added = total([str(k) for k in range(terms)])
    assert depth(added) == deep
    assert asked(added) == terms * (terms - 1) // 2


def test_no_line_of_a_comment_ends_it() -> None:
    assert comment(["of\r\nwines", "DROP"]).splitlines() == ["-- of wines", "-- DROP"]


def test_tables_are_computed_one_from_the_other() -> None:
    tables = QueryTables()
    first = tables.as_it_is("first", "SELECT 1 AS shoal_row, 2 AS x")
    assert tables.add("second", first, [("y", "x * 3")]) == "second"
    with closing(sqlite3.connect(":memory:")) as database:
        query = f"WITH {', '.join(tables.written)} SELECT * FROM second"  # noqa: S608
        assert database.execute(query).fetchall() == [(1, 6)]
