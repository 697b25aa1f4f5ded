"""What a table's columns hold: the kind of each, whether it is used, and a line about its values."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal.data import values
from shoal.data.frames import native_frame, pl, quoted
from shoal.errors import DataError

KINDS = ("numeric", "boolean", "categorical", "date", "identifier", "constant")

#: Fewer rows than this prove nothing about a column whose values are all different.
MIN_ROWS_OF_IDENTIFIER = 20
#: A column holds numbers (or dates) although it holds other texts if these are so rare and so few, and the
#: numbers are more than codes.
STRAY_SHARE, STRAY_TOKENS, MAX_CODES = 0.05, 5, 10

_IDENTIFIER_NAME = re.compile(r"(^|[\s_.-])(id|idx|index|uuid|guid|key|row|rowid|nr)$", re.IGNORECASE)
_CAMEL_IDENTIFIER = re.compile(r"[a-z](ID|Id)$")


@dataclass(frozen=True)
class ColumnSummary:
    """One column of a table: its kind, whether it becomes features, and a line for the report.

    ``missing`` and ``distinct`` count values (``distinct`` without missing ones); ``note`` says why a column
    is not used. ``stray_tokens`` are the texts of a numeric or date column that are read as missing, and
    ``date_format`` is how the texts of a date column are written.
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


def describe_columns(
    frame: Any, target: str | None = None, categorical: Collection[str] = ()
) -> list[ColumnSummary]:
    """Return a summary of every column of ``frame`` but the target, in the table's order.

    A column is of the first kind that fits all its values: boolean, numeric (integer codes too), date,
    categorical. Columns named in ``categorical``, and those whose type says it (pandas' and polars'
    ``Categorical``, ``Enum``, pyarrow's dictionaries), hold categories whatever their labels look like.

    Constant columns, row numbers, columns named as an identifier whose values are all different, and
    texts that hardly ever occur twice are not used: a network can only learn them by heart. If nothing else
    is left, numbers that look like row numbers are used after all.

    Raises ``DataError`` for an infinite value, naming the column and its row, and for a name in
    ``categorical`` that is no column or the target's.

    >>> [column.kind for column in describe_columns({"x": [1.5, 2.5], "unit": ["cm", "cm"]})]
    ['numeric', 'constant']
    """
    table = native_frame(frame)
    _require_columns(categorical, table.columns, target)
    declared = {name: values.text(table[name]).cast(pl.Categorical) for name in categorical}
    table = table.with_columns(**declared)
    columns = [describe_column(table[name]) for name in table.columns if name != target]
    if not any(column.used for column in columns):
        columns = [_rescued(column, table[column.name]) for column in columns]
    return columns


def _require_columns(names: Collection[str], known: Sequence[str], target: str | None) -> None:
    """Raise ``DataError`` for a column that is said to hold categories and cannot."""
    for name in names:
        if name == target:
            raise DataError(
                f"the target {name!r} is named among the categorical columns; leave it out, and ask for a "
                "classification to predict classes"
            )
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "name a column of it"
            raise DataError(f"the table has no column {name!r}, said to be categorical; {hint}")


def describe_column(series: pl.Series) -> ColumnSummary:
    """Return the summary of one column."""
    known = series.drop_nulls()
    distinct = known.n_unique()
    if distinct == 0 or (distinct == 1 and len(known) == len(series)):
        value = f"always {quoted(known[0])}" if distinct else "always missing"
        return _summary(series, known, "constant", value, note=f"{value}, so it tells nothing")
    given = values.given(series)
    if series.dtype != pl.Categorical and given.n_unique() > 1:  # one value, given or not, is a category
        for describe in (_boolean, _numeric, _date):
            summary = describe(series, given)
            if summary is not None:
                return summary
    return _categorical(series, known)


def _boolean(series: pl.Series, given: pl.Series) -> ColumnSummary | None:
    if series.dtype == pl.String:
        if frozenset(given.unique().str.to_lowercase()) not in values.BOOLEAN_PAIRS:
            return None
    elif series.dtype != pl.Boolean:
        return None
    return _summary(series, given, "boolean", f"true in {_percent(values.booleans(given).mean())} of them")


def _numeric(series: pl.Series, given: pl.Series) -> ColumnSummary | None:
    if series.dtype == pl.Datetime:
        return None
    stray = _stray_tokens(given, given.cast(pl.Float64, strict=False))
    if stray is None:
        return None
    x = values.numbers(series, stray)
    known = x[~np.isnan(x)]
    low, median, high = np.quantile(known, [0.25, 0.5, 0.75])
    line = f"median {median:.4g}, middle half {low:.4g} to {high:.4g}"
    kind, note = "numeric", _stray_note(stray)
    if _is_row_number(x):
        kind, note = "identifier", "numbers the rows"
    elif _is_named_identifier(series.name, x):
        kind, note = "identifier", "every row has its own"
    return replace(_summary(series, _without(given, stray), kind, line, note), stray_tokens=stray)


def _stray_tokens(given: pl.Series, read: pl.Series) -> tuple[str, ...] | None:
    """Return the texts that were not read and can count as missing values, None if they are too many."""
    n_others = read.null_count()
    if n_others == 0:
        return ()
    tokens = given.filter(read.is_null()).unique()
    few = n_others <= STRAY_SHARE * len(given) and len(tokens) <= STRAY_TOKENS
    return tuple(sorted(tokens)) if few and read.drop_nulls().n_unique() > MAX_CODES else None


def _date(series: pl.Series, given: pl.Series) -> ColumnSummary | None:
    date_format: str | None = None
    stray: tuple[str, ...] = ()
    if series.dtype == pl.String:
        strays = {
            form: tokens for form in values.DATE_FORMATS if (tokens := _date_strays(given, form)) is not None
        }
        if not strays or set(strays) >= values.AMBIGUOUS_FORMATS:
            return None
        date_format = min(strays, key=lambda form: len(strays[form]))
        stray = strays[date_format]
    elif series.dtype != pl.Datetime:
        return None
    known = _without(given, stray)
    days = values.days(known, date_format)
    first, last = (np.datetime64(int(day), "D") for day in (np.floor(days.min()), np.floor(days.max())))
    summary = _summary(series, known, "date", f"{first} to {last}", _stray_note(stray))
    return replace(summary, stray_tokens=stray, date_format=date_format)


def _date_strays(given: pl.Series, date_format: str) -> tuple[str, ...] | None:
    few = given.head(20)  # enough to see that nearly all columns of text are none of dates
    if values.parse_dates(few, date_format).null_count() > len(few) / 2:
        return None
    stray = _stray_tokens(given, values.parse_dates(given, date_format))
    return None if stray and date_format in values.AMBIGUOUS_FORMATS else stray


def _categorical(series: pl.Series, known: pl.Series) -> ColumnSummary:
    counts = values.text(known).alias("level").value_counts(name="rows")
    counts = counts.sort(["rows", "level"], descending=[True, False])
    distinct = counts.height
    if len(known) >= MIN_ROWS_OF_IDENTIFIER and distinct > len(known) / 2:
        line = f"{distinct} different texts such as {quoted(known[0])}"
        return _summary(series, known, "identifier", line, note="hardly any value occurs twice")
    top = [f"{quoted(level)} {_percent(rows / len(known))}" for level, rows in counts.head(3).iter_rows()]
    more = f" and {distinct - 3} more" if distinct > 3 else ""
    return _summary(series, known, "categorical", ", ".join(top) + more)


def _without(given: pl.Series, stray: tuple[str, ...]) -> pl.Series:
    return given.filter(~given.is_in(stray)) if stray else given


def _stray_note(stray: tuple[str, ...]) -> str:
    return f"read as missing: {', '.join(map(quoted, stray))}" if stray else ""


def _is_row_number(x: values.Floats) -> bool:
    """Tell whether the column counts 0, 1, 2, … or 1, 2, 3, … down the table."""
    counts = np.array_equal(x, x[0] + np.arange(x.size))
    return counts and x[0] in (0, 1) and x.size >= MIN_ROWS_OF_IDENTIFIER


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
    if given.cast(pl.Float64, strict=False).null_count():
        return column
    return replace(column, kind="numeric", used=True, note="")


def _summary(series: pl.Series, known: pl.Series, kind: str, line: str, note: str = "") -> ColumnSummary:
    used = kind not in ("identifier", "constant")
    return ColumnSummary(series.name, kind, used, len(series) - len(known), known.n_unique(), line, note)


def _percent(share: Any) -> str:
    return f"{100 * float(share):.3g}%"
