"""What a table's columns hold: the kind of each, whether it is used, and a line about its values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from shoal.data import values
from shoal.data.frames import native_frame, pl
from shoal.errors import DataError

KINDS = ("numeric", "boolean", "categorical", "date", "identifier", "constant")

#: Fewer rows than this prove nothing about a column whose values are all different.
MIN_ROWS_OF_IDENTIFIER = 20
#: A column is numeric although it holds other texts if they are this rare and this few.
STRAY_SHARE, STRAY_TOKENS, MIN_NUMBERS = 0.05, 5, 10

_IDENTIFIER_NAME = re.compile(r"(^|[\s_.-])(id|idx|index|uuid|guid|key|row|rowid|nr)$", re.IGNORECASE)
_CAMEL_IDENTIFIER = re.compile(r"[a-z](ID|Id)$")


@dataclass(frozen=True)
class ColumnSummary:
    """One column of a table: its kind, whether it becomes features, and a line for the report.

    ``missing`` and ``distinct`` count values (``distinct`` without missing ones); ``note`` says why a column
    is not used. ``stray_tokens`` are the texts of a numeric column that are read as missing values, and
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


def describe_columns(frame: Any, target: str | None = None) -> list[ColumnSummary]:
    """Return a summary of every column of ``frame`` but the target, in the table's order.

    A column is of the first kind that fits all its values: boolean, numeric (integer codes too), date,
    categorical. Constant columns, row numbers, columns named as an identifier whose values are all different,
    and texts that hardly ever occur twice are not used: a network can only learn them by heart. If nothing
    else is left, numbers that look like row numbers are used after all.

    Raises ``DataError`` for an infinite value, naming the column and its row.

    >>> [column.kind for column in describe_columns({"x": [1.5, 2.5], "unit": ["cm", "cm"]})]
    ['numeric', 'constant']
    """
    table = native_frame(frame)
    columns = [describe_column(table[name]) for name in table.columns if name != target]
    if not any(column.used for column in columns):
        columns = [_rescued(column, table[column.name]) for column in columns]
    return columns


def describe_column(series: pl.Series) -> ColumnSummary:
    """Return the summary of one column."""
    known = series.drop_nulls()
    distinct = known.n_unique()
    constant = distinct == 0 or (distinct == 1 and len(known) == len(series))
    if constant:
        value = f"always {_quoted(known[0])}" if distinct else "always missing"
        return _summary(series, distinct, "constant", value, note=f"{value}, so it tells nothing")
    if distinct == 1:  # given or not given: the missing value is the other category
        return _categorical(series, known, distinct)
    for describe in (_boolean, _numeric, _date):
        summary = describe(series, known, distinct)
        if summary is not None:
            return summary
    return _categorical(series, known, distinct)


Describe = Callable[[pl.Series, pl.Series, int], ColumnSummary | None]


def _boolean(series: pl.Series, known: pl.Series, distinct: int) -> ColumnSummary | None:
    if series.dtype == pl.String:
        if frozenset(known.unique().str.to_lowercase()) not in values.BOOLEAN_PAIRS:
            return None
    elif series.dtype != pl.Boolean:
        return None
    share = values.booleans(known).mean()
    return _summary(series, distinct, "boolean", f"true in {_percent(share)} of the rows")


def _numeric(series: pl.Series, known: pl.Series, distinct: int) -> ColumnSummary | None:
    if series.dtype == pl.Datetime:
        return None
    stray: tuple[str, ...] = ()
    if known.dtype == pl.String:
        read = known.cast(pl.Float64, strict=False)
        others = known.filter(read.is_null())
        if len(others):
            stray = tuple(sorted(others.unique()))
            if (
                len(others) > STRAY_SHARE * len(known)
                or len(stray) > STRAY_TOKENS
                or read.n_unique() <= MIN_NUMBERS
            ):
                return None
    numbers = values.numbers(series, stray).drop_nulls()
    low, median, high = (numbers.quantile(q, "linear") for q in (0.25, 0.5, 0.75))
    line = f"median {median:.4g}, middle half {low:.4g} to {high:.4g}"
    if _is_row_number(numbers):
        return _summary(series, distinct, "identifier", line, note="numbers the rows")
    if _is_named_identifier(series, numbers, distinct):
        return _summary(series, distinct, "identifier", line, note="every row has its own value")
    note = f"read as missing: {', '.join(map(_quoted, stray))}" if stray else ""
    return replace(_summary(series, distinct, "numeric", line, note=note), stray_tokens=stray)


def _date(series: pl.Series, known: pl.Series, distinct: int) -> ColumnSummary | None:
    if series.dtype == pl.Datetime:
        return _summary(series, distinct, "date", f"{known.min()!s} to {known.max()!s}")
    if series.dtype != pl.String:
        return None
    formats = [form for form in values.DATE_FORMATS if _reads_all(known, form)]
    if not formats or set(formats) >= values.AMBIGUOUS:
        return None
    read = values.parse_dates(known, formats[0])
    line = f"{read.min()!s} to {read.max()!s}"
    return replace(_summary(series, distinct, "date", line), date_format=formats[0])


def _reads_all(known: pl.Series, date_format: str) -> bool:
    few = values.parse_dates(known.head(50), date_format).null_count() == 0
    return few and values.parse_dates(known, date_format).null_count() == 0


def _categorical(series: pl.Series, known: pl.Series, distinct: int) -> ColumnSummary:
    texts = values.text(known)
    counts = texts.alias("level").value_counts(name="rows").sort(["rows", "level"], descending=[True, False])
    top = [f"{_quoted(value)} {_percent(count / len(known))}" for value, count in counts.head(3).iter_rows()]
    line = ", ".join(top) + (f" and {distinct - 3} more" if distinct > 3 else "")
    if len(known) >= MIN_ROWS_OF_IDENTIFIER and distinct > len(known) / 2:
        example = f"{distinct} different texts such as {_quoted(known[0])}"
        return _summary(series, distinct, "identifier", example, note="hardly any value occurs twice")
    return _summary(series, distinct, "categorical", line)


def _is_row_number(numbers: pl.Series) -> bool:
    """Tell whether the column counts 0, 1, 2, … or 1, 2, 3, … down the table."""
    first = numbers[0]
    return (
        len(numbers) >= MIN_ROWS_OF_IDENTIFIER
        and first in (0.0, 1.0)
        and bool((numbers.to_numpy() == first + pl.arange(len(numbers), eager=True).to_numpy()).all())
    )


def _is_named_identifier(series: pl.Series, numbers: pl.Series, distinct: int) -> bool:
    name = series.name
    return (
        len(series) >= MIN_ROWS_OF_IDENTIFIER
        and distinct == len(series)
        and bool(_IDENTIFIER_NAME.search(name) or _CAMEL_IDENTIFIER.search(name))
        and bool((numbers == numbers.round()).all())
    )


def _rescued(column: ColumnSummary, series: pl.Series) -> ColumnSummary:
    if column.kind != "identifier" or series.dtype == pl.Datetime:
        return column
    try:
        values.numbers(series)
    except DataError:
        return column
    return replace(column, kind="numeric", used=True, note="")


def _summary(series: pl.Series, distinct: int, kind: str, line: str, note: str = "") -> ColumnSummary:
    used = kind not in ("identifier", "constant")
    return ColumnSummary(series.name, kind, used, series.null_count(), distinct, line, note)


def _quoted(value: object) -> str:
    shown = str(value)
    return repr(shown if len(shown) <= 30 else shown[:29] + "…")


def _percent(share: Any) -> str:
    return f"{100 * float(share):.3g}%"
