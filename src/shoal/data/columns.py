"""What a table's columns hold: the kind of each, whether it is used, and a line about its values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal.data.cells import values
from shoal.data.cells.dates import (
    family_of,
    in_letters,
    may_be_seasons,
    mixed_readings,
    months_with_points,
    parse_dates,
    parse_mixed_dates,
    readings,
)
from shoal.data.cells.numerals import GAPS, POINT, Reading
from shoal.data.cells.plain_numbers import plain_numbers
from shoal.data.cells.sampled import a_few
from shoal.data.cells.strays import stray_note, stray_tokens, without
from shoal.data.cells.texts import free_text_note, levels_note, mixture_note, unread_note
from shoal.data.frames import as_frame, named, pl, quoted
from shoal.data.names import meant
from shoal.errors import DataError

KINDS = ("numeric", "boolean", "categorical", "date", "text", "identifier", "constant")
UNUSED = ("text", "identifier", "constant")

#: Fewer rows than this prove nothing about a column whose values are all different.
MIN_ROWS_OF_IDENTIFIER = 20

#: In so many rows from all over a table a point is looked for that may separate thousands.
_SOME = 1000

#: So many texts are looked at to say what a column that is not used looks like.
ENOUGH_TO_LOOK_AT = 1000

_IDENTIFIER_NAME = re.compile(r"(^|[\s_.-])(id|idx|index|uuid|guid|key|row|rowid|nr)$", re.IGNORECASE)
_FOUR_DIGITS = re.compile("[0-9]{4}")
_CAMEL_IDENTIFIER = re.compile(r"[a-z](ID|Id)$")


@dataclass(frozen=True)
class ColumnSummary:
    """One column of a table: its kind, whether it becomes features, and a line for the report.

    ``missing`` and ``distinct`` count values (``distinct`` without missing ones); ``note`` says why a column
    is not used, or what was done to it. ``stray_tokens`` are the texts of a numeric or date column that are
    read as missing, ``date_format`` is how the texts of a date column are written (see
    ``shoal.data.cells.dates``), and ``decimal`` the mark of decimals in a numeric one (see
    ``shoal.data.cells.numerals``).
    """

    name: str
    kind: str
    used: bool
    missing: int
    distinct: int
    summary: str
    note: str = ""
    stray_tokens: tuple[str, ...] = ()
    date_format: str | None = None
    decimal: str = POINT


def describe_columns(
    frame: Any, target: str | None = None, categorical: Collection[str] = ()
) -> list[ColumnSummary]:
    """Return a summary of every column of ``frame`` but the target, in the table's order.

    A column is of the first kind that fits all its values: boolean, numeric (integer codes too), date,
    categorical. Columns named in ``categorical``, and those whose type says it (pandas' and polars'
    ``Categorical``, ``Enum``, pyarrow's dictionaries), hold categories whatever their labels look like.

    Constant columns, row numbers, columns named as an identifier whose values are all different, and
    texts that hardly ever occur twice (sentences are "text") are not used: a network can only learn them by
    heart. If nothing else is left, numbers that look like row numbers are used after all.

    Raises ``DataError`` for an infinite value, naming the column and its row, and for a name in
    ``categorical`` that is no column or the target's.

    >>> [column.kind for column in describe_columns({"x": [1.5, 2.5], "unit": ["cm", "cm"]})]
    ['numeric', 'constant']
    """
    table = as_frame(frame)
    _require_columns(categorical, table.columns, target)
    declared = [values.text(table[name]).cast(pl.Categorical) for name in categorical]
    table = table.with_columns(declared)
    columns = _all_described(table, [name for name in table.columns if name != target])
    if not any(column.used for column in columns):
        columns = [_rescued(column, table[column.name]) for column in columns]
    return columns


def _all_described(table: pl.DataFrame, names: Sequence[str]) -> list[ColumnSummary]:
    """Return the summary of each column; those of plain numbers are looked at together (wide tables!)."""
    months = set(months_with_points(table))
    known = {
        plain.name: _number(plain.name, table.height, plain.x, plain.quartiles)
        for plain in plain_numbers(table, [name for name in names if name not in months], values.LARGEST)
    }
    known |= {name: replace(known[name], note=note) for name, note in _grouped(table, known)}
    distinct = named(table, known).select(pl.all().drop_nulls().n_unique())  # as they are written
    known = {name: replace(known[name], distinct=distinct[name].item()) for name in known}
    others = named(table, (name for name in names if name not in known))
    given = others.with_columns(pl.col(pl.String).replace(GAPS, None))  # all at once, too
    known |= {name: _described(others[name], given[name]) for name in others.columns}
    return [known[name] for name in names]


def _grouped(table: pl.DataFrame, known: Mapping[str, ColumnSummary]) -> Iterator[tuple[str, str]]:
    """Yield the columns of texts whose points may separate thousands, with what to say of them."""
    types = table.schema  # once: each time it lists all columns
    numbers = (name for name in known if known[name].used and types[name] == pl.String)
    texts = named(table, numbers)
    some = texts.gather_every(max(len(texts) // _SOME, 1))  # of all columns at once, too
    for column in some.select(pl.all().str.contains(values.GROUPS).any()):
        if column.item() and (note := values.groups_note(texts[column.name])):
            yield column.name, note


def _require_columns(names: Collection[str], known: Sequence[str], target: str | None) -> None:
    """Raise ``DataError`` for a column that is said to hold categories and cannot."""
    for name in names:
        if name == target:
            raise DataError(
                f"the target {name!r} is named among the categorical columns; leave it out, and ask for a "
                "classification to predict classes"
            )
        if name not in known:
            raise DataError(f"the table has no column {name!r}, said to be categorical; {meant(name, known)}")


def describe_column(series: pl.Series) -> ColumnSummary:
    """Return the summary of one column."""
    return _described(series, values.given(series))


def _described(series: pl.Series, given: pl.Series) -> ColumnSummary:
    """Return the summary of a column, whose values but for gaps are ``given``."""
    known = series.drop_nulls()
    distinct = known.n_unique()
    if distinct == 0 or (distinct == 1 and len(known) == len(series)):
        value = f"always {quoted(known[0])}" if distinct else "always missing"
        return _summary(series, known, "constant", value, note=f"{value}, so it tells nothing")
    given = given.drop_nulls()
    note = ""
    if series.dtype != pl.Categorical and given.n_unique() > 1:  # one value, given or not, is a category
        summary = _boolean(series, given)
        if summary is None and _may_be_read(given):
            summary, note = _read(series, given)
        if summary is not None:
            return summary
    return _categorical(series, known, note)


def _may_be_read(given: pl.Series) -> bool:
    """Tell whether half of a few texts look like numbers or dates: asked before all ways to write them."""
    if given.dtype != pl.String:
        return True
    few = a_few(given)
    return 2 * int(few.str.contains("(?i)[0-9]|inf|nan").sum()) >= len(few)


def _read(series: pl.Series, given: pl.Series) -> tuple[ColumnSummary | None, str]:
    """Return the summary of a column of numbers or dates, or None and a note of why it is neither."""
    summary = _numeric(series, given)
    if summary is not None:
        return summary, ""
    date = _date_format(given)
    return (_date(series, given, date), "") if isinstance(date, _Dates) else (None, date)


def _boolean(series: pl.Series, given: pl.Series) -> ColumnSummary | None:
    if series.dtype == pl.String:
        if frozenset(given.unique().str.to_lowercase()) not in values.BOOLEAN_PAIRS:
            return None
    elif series.dtype != pl.Boolean:
        return None
    return _summary(series, given, "boolean", f"true in {_percent(values.booleans(given).mean())} of them")


def _numeric(series: pl.Series, given: pl.Series) -> ColumnSummary | None:
    if series.dtype == pl.Datetime or months_with_points(given.to_frame()):
        return None
    reading = Reading(given.cast(pl.Float64, strict=False))
    if reading.numbers.null_count():
        few = a_few(given)
        if 2 * values.as_numbers(few).null_count() > len(few):
            return None
        reading = values.read(given)
    stray = stray_tokens(given, reading.numbers)
    if stray is None:
        return None
    x = reading.numbers.drop_nulls().to_numpy()
    if (np.abs(x) > values.LARGEST).any():
        values.numbers(series, stray, reading.decimal)  # which says where
    quartiles, distinct = np.quantile(x, [0.25, 0.5, 0.75]), without(given, stray).n_unique()
    points = values.groups_note(given) if reading.plain and given.dtype == pl.String else ""
    notes = values.notation_note(given, reading), points, stray_note(stray)
    summary = _number(series.name, len(series), x, quartiles, "; ".join(filter(None, notes)))
    return replace(summary, distinct=distinct, stray_tokens=stray, decimal=reading.decimal)


def _number(
    name: str, n_rows: int, x: values.Floats, quartiles: values.Floats, note: str = ""
) -> ColumnSummary:
    """Return the summary of a column of numbers x, but for how many are distinct."""
    low, median, high = quartiles
    line = f"median {median:.4g}, middle half {low:.4g} to {high:.4g}"
    kind = "numeric"
    if x.size == n_rows and _is_row_number(x):
        kind, note = "identifier", "numbers the rows"
    elif x.size == n_rows and _is_named_identifier(name, x):
        kind, note = "identifier", "every row has its own"
    return ColumnSummary(name, kind, kind not in UNUSED, n_rows - x.size, 0, line, note)


@dataclass(frozen=True)
class _Dates:
    """The dates of a column, how they are written (None for a column of their type), and what is none."""

    read: pl.Series
    form: str | None = None
    stray: tuple[str, ...] = ()


def _date_format(given: pl.Series) -> _Dates | str:
    """Return how dates are written where there is one way to read them, else a note, empty for no dates."""
    if given.dtype != pl.String:
        return _Dates(given) if given.dtype == pl.Datetime else ""
    possible = _possible(given, readings(given)) or _possible(given, mixed_readings(given))
    if not possible:
        return ""
    best = min(possible, key=lambda form: len(possible[form]))
    rivals = [form for form in family_of(best) if form in possible]
    if len(rivals) > 1:
        ways = " or ".join(map(in_letters, rivals))
        row = int(parse_dates(given, best).is_not_null().arg_max() or 0)
        return f"dates that could be {ways}, as {quoted(given[row])}; write them as YYYY-MM-DD"
    if may_be_seasons(without(given, possible[best])):
        return f"seasons, or months, as {quoted(given[0])}; write months as 1999-12-01"
    read = parse_mixed_dates(given, best)
    return _Dates(read, best, stray_tokens(given, read) or ())


def _possible(given: pl.Series, read_by: Mapping[str, pl.Series]) -> dict[str, tuple[str, ...]]:
    """Return the formats that read all texts but for a few that are no dates, and these."""
    possible: dict[str, tuple[str, ...]] = {}
    for form, read in read_by.items():
        stray = stray_tokens(given, read)
        if stray is not None and not _tells_otherwise(stray, form):
            possible[form] = stray
    return possible


def _tells_otherwise(stray: tuple[str, ...], form: str) -> bool:
    """Tell whether what a format does not read is a date to another of the same shape."""
    others = [other for other in family_of(form) if other != form]
    return any(parse_dates(pl.Series(stray, dtype=pl.String), other).is_not_null().any() for other in others)


def _date(series: pl.Series, given: pl.Series, dates: _Dates) -> ColumnSummary:
    known = without(given, dates.stray)
    days = dates.read.dt.date()
    first, last = days.min(), days.max()
    notes = filter(None, (_century_note(given, dates), stray_note(dates.stray)))
    summary = _summary(series, known, "date", f"{first!s} to {last!s}", "; ".join(notes))
    return replace(summary, stray_tokens=dates.stray, date_format=dates.form)


def _century_note(given: pl.Series, dates: _Dates) -> str:
    """Return how the latest of dates with years of two digits is read, which may be a century too late."""
    if dates.form is None or "%y" not in dates.form:
        return ""
    read = dates.read
    if _FOUR_DIGITS.search(given[int(read.arg_max() or 0)]):  # which may tell the century
        read = parse_dates(given, dates.form)
    row = int(read.arg_max() or 0)
    return f"{quoted(given[row])} is read as {read[row]:%Y-%m-%d}: 00 to 68 are the years 2000 to 2068"


def _categorical(series: pl.Series, known: pl.Series, note: str) -> ColumnSummary:
    counts = values.text(known).alias("level").value_counts(name="rows")
    counts = counts.sort(["rows", "level"], descending=[True, False])
    distinct = counts.height
    if len(known) >= MIN_ROWS_OF_IDENTIFIER and distinct > len(known) / 2:
        line = f"{distinct} different texts such as {quoted(known[0])}"
        if not note and series.dtype == pl.String:
            some = known.gather_every(max(1, len(known) // ENOUGH_TO_LOOK_AT))
            note = unread_note(some) or mixture_note(some) or free_text_note(some)
        if note:
            return _summary(series, known, "text", line, note)
        return _summary(series, known, "identifier", line, note="hardly any value occurs twice")
    top = [f"{quoted(level)} {_percent(rows / len(known))}" for level, rows in counts.head(3).iter_rows()]
    more = f" and {distinct - 3} more" if distinct > 3 else ""
    if not note and series.dtype == pl.String:
        note = levels_note(counts["level"])
    return _summary(series, known, "categorical", ", ".join(top) + more, note)


def _is_row_number(x: values.Floats) -> bool:
    """Tell whether the column counts 0, 1, 2, … or 1, 2, 3, … down the table."""
    counts = x[0] in (0, 1) and x.size >= MIN_ROWS_OF_IDENTIFIER
    return counts and np.array_equal(x, x[0] + np.arange(x.size))


def _is_named_identifier(name: str, x: values.Floats) -> bool:
    named = _IDENTIFIER_NAME.search(name) or _CAMEL_IDENTIFIER.search(name)
    if not named or x.size < MIN_ROWS_OF_IDENTIFIER:
        return False
    return np.unique(x).size == x.size and np.array_equal(x, np.round(x))


def _rescued(column: ColumnSummary, series: pl.Series) -> ColumnSummary:
    """Return a numeric identifier as a number to train on."""
    given = values.given(series)
    if column.kind != "identifier" or series.dtype in (pl.Datetime, pl.Categorical):
        return column
    if values.as_numbers(given).null_count():
        return column
    return replace(column, kind="numeric", used=True, note="")


def _summary(series: pl.Series, known: pl.Series, kind: str, line: str, note: str = "") -> ColumnSummary:
    used = kind not in UNUSED
    return ColumnSummary(series.name, kind, used, len(series) - len(known), known.n_unique(), line, note)


def _percent(share: Any) -> str:
    return f"{100 * float(share):.3g}%"
