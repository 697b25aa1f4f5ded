from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_array_equal

from shoal.data import columns as columns_module
from shoal.data.cells import values
from shoal.data.columns import ColumnSummary, describe_column, describe_columns
from shoal.errors import DataError


def described(column: Any, name: str = "x") -> ColumnSummary:
    """Describe one column of a table that has another, so that it stands on its own merits."""
    other = np.linspace(0.0, 1.0, len(column)) ** 2
    return describe_columns({name: column, "other": other})[0]


DAYS = [f"2024-01-{day:02d}" for day in range(1, 31)]
NAMES = [f"name {k}" for k in range(30)]


@pytest.mark.parametrize(
    ("values", "kind", "summary"),
    [
        (["1.5", "2", "-3e2", "4"], "numeric", "median 1.75, middle half -73.88 to 2.5"),
        ([3, 1, 2, 1], "numeric", "median 1.5, middle half 1 to 2.25"),
        (["0", "1", "1", "0"], "numeric", "median 0.5, middle half 0 to 1"),
        ([True, False, True, True], "boolean", "true in 75% of them"),
        (["Yes", "no", "NO", None], "boolean", "true in 33.3% of them"),
        (["yes", "Yes", "YES", "no", "No", "NO"], "boolean", "true in 50% of them"),
        (["t", "F", "-", "t"], "boolean", "true in 66.7% of them"),
        (["yes", "no", "maybe", "no"], "categorical", "'no' 50%, 'maybe' 25%, 'yes' 25%"),
        (list("aaabbcde"), "categorical", "'a' 37.5%, 'b' 25%, 'c' 12.5% and 2 more"),
        (["1", "2", "x", "x"], "categorical", "'x' 50%, '1' 25%, '2' 25%"),
        (["+", "-", "-", "+"], "categorical", "'+' 50%, '-' 50%"),
        (["yes", None, None, "yes"], "categorical", "'yes' 100%"),
        ([7, None, 7, 7], "categorical", "'7' 100%"),
        (["2024-01-31", "2023-12-01", "-", None], "date", "2023-12-01 to 2024-01-31"),
        (["13/01/2024", "01/02/2024"], "date", "2024-01-13 to 2024-02-01"),
        (["01/13/2024", "02/01/2024"], "date", "2024-01-13 to 2024-02-01"),
        ([dt.date(2024, 1, 31), dt.date(2024, 2, 1)], "date", "2024-01-31 to 2024-02-01"),
        (DAYS, "date", "2024-01-01 to 2024-01-30"),
        (["cm"] * 4, "constant", "always 'cm'"),
        ([2.5] * 4, "constant", "always '2.5'"),
        ([None] * 4, "constant", "always missing"),
        (NAMES, "identifier", "30 different texts such as 'name 0'"),
        ([*NAMES, "name 0"], "identifier", "30 different texts such as 'name 0'"),
        (NAMES[:20], "identifier", "20 different texts such as 'name 0'"),
        (NAMES[:19], "categorical", "'name 0' 5.26%, 'name 1' 5.26%, 'name 10' 5.26% and 16 more"),
        (NAMES * 2, "categorical", "'name 0' 3.33%, 'name 1' 3.33%, 'name 10' 3.33% and 27 more"),
        (
            [*DAYS, *DAYS, *DAYS, *["soon"] * 6],
            "categorical",
            "'soon' 6.25%, '2024-01-01' 3.12%, '2024-01-02' 3.12% and 28 more",
        ),
        (range(20), "identifier", "median 9.5, middle half 4.75 to 14.25"),
        (range(30), "identifier", "median 14.5, middle half 7.25 to 21.75"),
        (range(1, 31), "identifier", "median 15.5, middle half 8.25 to 22.75"),
        (range(19), "numeric", "median 9, middle half 4.5 to 13.5"),
        (range(30, 0, -1), "numeric", "median 15.5, middle half 8.25 to 22.75"),
        (range(1990, 2020), "numeric", "median 2004, middle half 1997 to 2012"),
        ([*range(29), None], "numeric", "median 14, middle half 7 to 21"),
    ],
)
def test_the_kind_of_a_column(values: Any, kind: str, summary: str) -> None:
    column = described(list(values))
    assert (column.kind, column.summary) == (kind, summary)
    assert column.used == (kind not in ("identifier", "constant"))
    assert column.decimal == "."
    assert bool(column.note) == (not column.used)


@pytest.mark.parametrize("name", ["id", "ID", "user_id", "userId", "passengerID", "row", "order.key", "uuid"])
def test_whole_numbers_that_are_all_different_identify_if_the_name_says_so(name: str) -> None:
    ids = np.random.default_rng(0).permutation(30) + 1000
    assert described(ids, name).kind == "identifier"
    assert described(ids, "price").kind == "numeric"
    assert described(ids // 2, name).kind == "numeric"
    assert described(ids + 0.5, name).kind == "numeric"
    assert described(ids[:19], name).kind == "numeric"


@pytest.mark.parametrize("name", ["paid", "humid", "grid", "width", "monkey", "arrow"])
def test_a_name_that_only_ends_like_an_identifier_is_none(name: str) -> None:
    assert described(np.random.default_rng(0).permutation(30), name).kind == "numeric"


def test_a_few_strange_texts_among_numbers_are_missing_values() -> None:
    values = [str(k) for k in range(5, 105)]
    values[3] = values[50] = "unknown"
    values[7], values[8], values[9] = "tr.", "-", ""
    column = described(values)
    assert (column.kind, column.stray_tokens) == ("numeric", ("tr.", "unknown"))
    assert (column.missing, column.distinct) == (5, 95)
    assert column.note == "read as missing: 'tr.', 'unknown'"


@pytest.mark.parametrize(
    ("kind", "value"),
    [("numeric", lambda k: str(k)), ("date", lambda k: f"2024-{k % 12 + 1:02}-{k % 28 + 1:02}")],
)
def test_strange_texts_that_a_sorted_table_has_first_are_missing_values(
    kind: str, value: Callable[[int], str]
) -> None:
    column = described(["(none)"] * 30 + [value(k) for k in range(970)])
    assert (column.kind, column.stray_tokens, column.missing) == (kind, ("(none)",), 30)


def test_a_few_strange_texts_among_dates_are_missing_values() -> None:
    column = described([*DAYS, "soon", "-"])
    assert (column.kind, column.stray_tokens, column.date_format) == ("date", ("soon",), "%Y-%m-%d")
    assert (column.missing, column.distinct, column.note) == (2, 30, "read as missing: 'soon'")
    american = [f"01/{day:02d}/2024" for day in range(1, 31)]
    assert described(american).kind == "date"
    assert described([*american, "soon"]).stray_tokens == ("soon",)
    # what another order reads is a date of that order, and none to leave out
    assert (
        described([*[f"01/{day:02d}/2024" for day in range(1, 12)] * 3, "13/01/2024"]).date_format
        == "%d/%m/%Y"
    )
    assert described([*american, "31/12/2024"]).kind == "text"


@pytest.mark.parametrize(
    "values",
    [
        [str(k) for k in range(94)] + ["unknown"] * 6,  # more than one in twenty
        [str(k) for k in range(194)] + list("abcdef"),  # more than five
        [str(k % 10) for k in range(99)] + ["A"],  # codes rather than numbers
    ],
)
def test_many_texts_among_numbers_are_categories_or_names(values: list[str]) -> None:
    assert described(values).kind in ("categorical", "text")
    assert not described(values).stray_tokens


@pytest.mark.parametrize(
    ("values", "missing", "distinct"),
    [
        (["a", "b", "?", "a", ""], 2, 2),
        ([1.0, np.nan, 1.0, 2.0], 1, 2),
        (["1", "-", "2", "2"], 1, 2),
        (["+", "-", "+"], 0, 2),
        ([None, None], 2, 0),
        (["2024-01-31", "-", "2024-02-29", None], 2, 2),
    ],
)
def test_missing_and_distinct_values_are_counted(values: Any, missing: int, distinct: int) -> None:
    column = described(values)
    assert (column.missing, column.distinct) == (missing, distinct)


CODES = [3, 1, 2, 1] * 5
DIGITS = [str(code) for code in CODES]


def spread(form: str, first: str, days: int, n: int = 60) -> list[str]:
    start = dt.datetime.fromisoformat(first)
    return [(start + dt.timedelta(days=days * k)).strftime(form) for k in range(n)]


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ("%d.%m.%y", "%d.%m.%y"),
        ("%m/%d/%y", "%m/%d/%y"),
        ("%d/%m/%y", "%d/%m/%y"),
        ("%y-%m-%d", "%y-%m-%d"),
        ("%d-%m-%y", "%d-%m-%y"),
        ("%d-%b-%y", "%d %b %y"),
        ("%m/%d/%Y", "%m/%d/%Y"),
        ("%d-%m-%Y", "%d-%m-%Y"),
        ("%d %b %Y", "%d %b %Y"),
        ("%d. %B %Y", "%d %b %Y"),
        ("%b %d, %Y", "%b %d, %Y"),
        ("%A, %B %d, %Y", "%b %d, %Y"),
        ("%m/%d/%Y %I:%M %p", "%m/%d/%Y"),
        ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d"),
        ("%Y-%m-%d %H:%M:%S+0000", "%Y-%m-%d"),
        ("%Y.%m.%d", "%Y.%m.%d"),
    ],
)
def test_dates_are_the_same_days_however_they_are_written(form: str, found: str) -> None:
    written, plain = spread(form, "1996-02-27", 30), spread("%Y-%m-%d", "1996-02-27", 30)
    column = described(written)
    assert (column.kind, column.date_format) == ("date", found)
    years = f"'{written[-1]}' is read as 2001-01-01: 00 to 68 are the years 2000 to 2068"
    assert column.note == (years if "%y" in found else "")
    assert column.summary == described(plain).summary == "1996-02-27 to 2001-01-01"
    assert_array_equal(values.days(pl.Series(written), found), values.days(pl.Series(plain), None))


@pytest.mark.parametrize(
    ("form", "first", "days", "ways"),
    [
        ("%d/%m/%Y", "2020-01-01", 31, "MM/DD/YYYY or DD/MM/YYYY"),
        ("%d-%m-%Y", "2020-01-01", 31, "DD-MM-YYYY or MM-DD-YYYY"),
        ("%m/%d/%y", "1996-01-01", 31, "MM/DD/YY or DD/MM/YY"),
        ("%d-%m-%y", "2013-05-20", 1, "DD-MM-YY or YY-MM-DD"),
        ("%y/%m/%d", "2013-05-20", 1, "DD/MM/YY or YY/MM/DD"),
    ],
)
def test_dates_that_could_be_others_are_left_as_text(form: str, first: str, days: int, ways: str) -> None:
    written = spread(form, first, days, 12)
    column = described(written * 2)
    assert column.kind == "categorical"
    assert column.note.startswith(f"dates that could be {ways}, as '{written[0]}'")


def test_a_column_that_is_not_used_is_never_an_identifier_for_its_writing() -> None:
    amounts = np.random.default_rng(0).uniform(1, 9000, 60).round(2)
    for written, note in (
        ([f"({x})" for x in amounts], "numbers in a writing that is not read, as '("),
        (["€$"[k % 2] + str(x) for k, x in enumerate(amounts)], "amounts in several currencies, as '€"),
        ([f"{x} kg" for x in amounts], "numbers with a unit behind, as '"),
        ([f"{k + 90}/{k % 40 + 50}" for k in range(60)], "several numbers in a cell, as '90/50'; give each"),
        ([f"{x / 100 - 40:.2f}, {-x / 90:.3f}" for x in amounts], "several numbers in a cell, as '"),
        ([f"1. Dez. {1900 + k}" for k in range(60)], "dates in a writing that is not read, as '1. Dez"),
        ([*map(str, amounts), *(f"off {k}" for k in range(9))], "'off 0' and others are no numbers"),
        ([*DAYS, *(f"off {k}" for k in range(9))], "'off 0' and others are no dates"),
        ([f"Machine number {k} was stopped at once." for k in range(60)], "free text, 7 words on average"),
        (spread("%d-%m-%y", "2013-05-20", 1, 12), "dates that could be DD-MM-YY or YY-MM-DD"),
        (
            [f"0{k % 9 + 1}/0{k % 8 + 1}/{2000 + k}" for k in range(60)],
            "dates that could be MM/DD/YYYY or DD/",
        ),
    ):
        column = described(written)
        assert column.note.startswith(note), column
        assert (column.kind, column.used) == (("text", False) if len(written) > 12 else ("categorical", True))


def test_names_and_addresses_are_no_sentences() -> None:
    for written in ("Braund, Mr. Owen {}", "{} Main Street", "https://example.org/a/{}", "A/5 {}"):
        assert described([written.format(k) for k in range(60)]).kind == "identifier"
    japanese = [f"機械{k}はすぐに止められました。" for k in range(60)]
    assert described(japanese).kind == "text"
    sentences = ["The same sentence again and again.", "And this is another one."] * 9
    assert described(sentences).kind == "categorical"


@pytest.mark.parametrize(
    ("written", "decimal", "note"),
    [
        (lambda x: f"{x:.2f}".replace(".", ","), ",", "is read as"),
        (lambda x: f"{1000 * x:,.2f}", ".", "is read as"),
        (lambda x: f"${x:.2f}", ".", "is read as"),
        (lambda x: f"{x:.2f} €".replace(".", ","), ",", "is read as"),
        (lambda x: f"{x:.1f}%", ".", "is read as"),
    ],
)
@pytest.mark.parametrize("gap", [None, "NA", "?", "-", "n/a", "NULL", "nan", "N/A", "None", ".", "#DIV/0!"])
def test_numbers_with_gaps_in_every_writing(written: Any, decimal: str, note: str, gap: str | None) -> None:
    x = np.random.default_rng(1).uniform(0.5, 99, 60)
    texts = [gap if k % 10 == 3 else written(value) for k, value in enumerate(x)]
    column = described(texts)
    assert (column.kind, column.decimal, column.missing, column.stray_tokens) == ("numeric", decimal, 6, ())
    assert note in column.note


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(pd.Categorical(CODES)),
        pd.Series(pd.Categorical([float(code) for code in CODES])),
        pd.Series(pd.Categorical(DIGITS)),
        pd.Categorical(CODES),
        pl.Series(DIGITS, dtype=pl.Enum(["1", "2", "3"])),
        pl.Series(DIGITS, dtype=pl.Categorical),
        pa.array(CODES).dictionary_encode(),
        pa.chunked_array([pa.array(DIGITS).dictionary_encode()]),
    ],
    ids=lambda values: f"{type(values).__module__}-{getattr(values, 'dtype', '')}",
)
def test_who_declares_categories_gets_them(values: Any) -> None:
    assert (described(values).kind, described(values).summary) == ("categorical", "'1' 50%, '2' 25%, '3' 25%")


def test_columns_can_be_named_as_categories(refuses: Any) -> None:
    table = {"zip": CODES, "size": [1.0, 2.5] * 10, "y": ["a", "b"] * 10}
    assert [column.kind for column in describe_columns(table, "y")] == ["numeric", "numeric"]
    columns = describe_columns(table, "y", categorical=["zip", "size"])
    assert [(column.kind, column.summary) for column in columns] == [
        ("categorical", "'1' 50%, '2' 25%, '3' 25%"),
        ("categorical", "'1' 50%, '2.5' 50%"),
    ]
    with refuses(DataError, "no column 'zips'", "categorical", "did you mean 'zip'?"):
        describe_columns(table, "y", categorical=["zips"])
    with refuses(DataError, "the target 'y'", "leave it out"):
        describe_columns(table, "y", categorical=["y"])


def test_declared_categories_that_are_all_different_are_no_numbers_to_fall_back_on() -> None:
    (column,) = describe_columns({"zip": pl.Series(map(str, range(30)), dtype=pl.Categorical)})
    assert (column.kind, column.used) == ("identifier", False)


def test_the_target_is_not_described_and_the_order_is_the_tables() -> None:
    table = {"b": [1, 2], "y": [0, 1], "a": ["u", "v"]}
    assert [column.name for column in describe_columns(table, "y")] == ["b", "a"]
    assert [column.name for column in describe_columns(table)] == ["b", "y", "a"]


def test_a_row_number_is_used_if_there_is_nothing_else() -> None:
    columns = describe_columns({"t": list(range(30)), "unit": ["s"] * 30, "name": NAMES})
    assert [(column.kind, column.used, column.note) for column in columns] == [
        ("numeric", True, ""),
        ("constant", False, "always 's', so it tells nothing"),
        ("identifier", False, "hardly any value occurs twice"),
    ]


def test_the_kinds_do_not_depend_on_pandas_or_text() -> None:
    rows = {"n": [1.5, 2, None], "b": [True, False, True], "c": ["a", "b", None]}
    text = {
        name: [None if value is None else str(value) for value in values] for name, values in rows.items()
    }
    assert describe_columns(pd.DataFrame(rows)) == describe_columns(rows) == describe_columns(text)


def test_an_infinite_value_is_named_with_its_column_and_row(refuses: Any) -> None:
    with refuses(DataError, "column 'size' has '-inf' in data row 3"):
        describe_columns({"size": [1.0, 2.0, -np.inf]})


def test_long_values_are_shown_cut() -> None:
    assert described(["x" * 1000, "y\ny"]).summary == "'" + "x" * 29 + "…' 50%, 'y\\ny' 50%"


@pytest.mark.parametrize(
    "texts",
    [
        ["p", "q", "r", "q"],
        ["inf", "-Infinity", "p", "q"],
        ["NaN", "1.5", "p", "q"],
        ["5", "6", "p", "q"],
        ["5", "p", "q", "r"],
        ["12 May 2021", "13 May 2021", "soon", "later"],
        ["May", "June", "May", "June"],
        ["$5", "€", "6 %", "-"],
        ["½", "٣", "二", "½"],
        ["yes", "no", "no", "yes"],
        [None, "p", "7", None],
    ],
)
def test_what_has_no_digits_is_no_number_and_no_date(
    texts: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns that are not read at all are what they would be if every way to read them had been tried."""

    def described() -> object:
        try:
            return describe_columns({"c": texts})
        except DataError as error:
            return str(error)

    seen = described()
    monkeypatch.setattr(columns_module, "_may_be_read", lambda _: True)
    assert described() == seen


def test_texts_without_digits_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns_module, "_read", None)  # which nobody may call
    (column,) = describe_columns({"c": ["p", "q", "r", "q"]})
    assert column.kind == "categorical"


@pytest.mark.parametrize("rows", [12, 5000])
def test_points_that_may_separate_thousands_are_told(rows: int) -> None:
    amounts = np.resize(["2.386", "529", "18.424", "", "0", "1.907"], rows)
    decimals = np.resize(["2.386", "36.600", "1.907"], rows)
    shorter = np.resize(["2.386", "529", "18.424", "1.5"], rows)
    below_one = np.resize(["2.386", "529", "18.424", "0.125"], rows)
    columns = describe_columns(
        {"a": amounts, "b": decimals, "c": shorter, "d": below_one, "e": amounts == ""}
    )
    assert [column.kind for column in columns[:4]] == ["numeric"] * 4
    note = "'2.386' is read as 2.386 beside '529'; where points separate thousands, write 2386"
    assert [column.note for column in columns] == [note, "", "", "", ""]
    assert describe_column(pl.Series("a", amounts).replace("", None)).note == note
    [gaps] = describe_columns({"a": np.where(amounts == "", "k.A.", amounts)})
    assert gaps.note == note
    [commas] = describe_columns({"a": [*amounts.tolist(), "1.234,5"]})
    assert note not in commas.note
