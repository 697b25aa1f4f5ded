"""Reads a column as one kind of value, and says which value stands in the way when it cannot.

Numbers, booleans and dates come as float64 arrays (N,) with NaN where a value is missing; there, a lone
dash and whatever else programs write for "nothing" in a text column are missing values too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shoal.data.cells.dates import in_letters, known_format, parse_mixed_dates
from shoal.data.cells.numerals import GAPS, POINT, Reading, read_numbers
from shoal.data.frames import pl, quoted
from shoal.data.frames import text as text
from shoal.data.row_numbers import data_row
from shoal.errors import DataError

Floats = npt.NDArray[np.float64]

#: Nothing measured is larger, and its square is still a float64.
LARGEST = 1e150

TRUE_TEXTS = ("true", "yes", "t", "y")
FALSE_TEXTS = ("false", "no", "f", "n")
BOOLEAN_PAIRS = frozenset(map(frozenset, zip(TRUE_TEXTS, FALSE_TEXTS, strict=True)))
_BOOLEANS = {**dict.fromkeys((*TRUE_TEXTS, "1"), 1.0), **dict.fromkeys((*FALSE_TEXTS, "0"), 0.0)}

GROUPS, _BELOW_GROUPS = r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$", r"^[+-]?[0-9]{1,3}$"
_FEW_GROUPS = 3

_MICROSECONDS_A_DAY = 86_400e6
_REMEDY = "correct them or leave them empty"


def numbers(
    series: pl.Series, stray_tokens: Sequence[str] = (), decimal: str = POINT, remedy: str = _REMEDY
) -> Floats:
    """Return the column as numbers; the texts in ``stray_tokens`` are missing values.

    ``decimal`` is the mark of texts that could be read in two ways: see ``shoal.data.cells.numerals``.
    ``remedy`` says what to do about values that are none.

    Raises ``DataError`` for a value that is no number, for an infinity, and beyond ±1e150.
    """
    series = undeclared(series)
    if series.dtype == pl.Datetime:
        raise _unreadable(series, series.is_not_null(), "a number")
    read = as_numbers(series, decimal)
    _require_read(series, read, "a number", stray_tokens, remedy)
    x = read.to_numpy()
    large = np.abs(x) > LARGEST
    if large.any():
        row = int(large.argmax())
        raise DataError(
            f"column {series.name!r} has {quoted(series[row])} in {data_row(row)}, expected a finite "
            f"number within ±{LARGEST:g} ({int(large.sum())} of {len(x)} values are not); {remedy}"
        )
    return x


def as_numbers(series: pl.Series, decimal: str = POINT) -> pl.Series:
    """Return the values of a plain column as ``Float64``, null where one is no number."""
    if series.dtype == pl.String:
        return read_numbers(series, decimal).numbers
    return series.cast(pl.Float64, strict=False)


def notation_note(texts: pl.Series, reading: Reading) -> str:
    """Return a note of how the texts of numbers were read, empty where every number is plain."""
    if reading.plain:
        return ""
    numbers = reading.numbers
    unusual = numbers.is_not_null() & texts.cast(pl.Float64, strict=False).is_null()
    row = int(unusual.arg_max() or 0)
    if not unusual[row]:
        return ""
    signs = texts.str.contains("%", literal=True)
    bare = (~signs & (numbers != 0)).fill_null(False)
    if not (signs.any() and bare.any()):
        return f"{quoted(texts[row])} is read as {numbers[row]:g}"
    row, other = int(signs.arg_max() or 0), int(bare.arg_max() or 0)
    return (
        f"{quoted(texts[row])} is read as {numbers[row]:g}, and {quoted(texts[other])} as "
        f"{numbers[other]:g}; write a per cent sign behind all or none"
    )


def groups_note(texts: pl.Series) -> str:
    """Return a note of points that may separate thousands: whole numbers below 1000 stand beside; else none.

    >>> groups_note(pl.Series(["2.386", "529", "1.907", "18.424"]))
    "'2.386' is read as 2.386 beside '529'; where points separate thousands, write 2386"
    """
    known = texts.drop_nulls().str.strip_chars()
    known = known.filter(known.str.contains("[0-9]"))
    groups, whole = (known.filter(known.str.contains(pattern)) for pattern in (GROUPS, _BELOW_GROUPS))
    if len(groups) < _FEW_GROUPS or whole.is_empty() or len(groups) + len(whole) < len(known):
        return ""
    return (
        f"{quoted(groups[0])} is read as {float(groups[0]):g} beside {quoted(whole[0])}; where points "
        f"separate thousands, write {groups[0].replace('.', '')}"
    )


def read(series: pl.Series) -> Reading:
    """Return the numbers of a column, those of declared categories too, and how they are written."""
    series = undeclared(series)
    return read_numbers(series) if series.dtype == pl.String else Reading(as_numbers(series))


def booleans(series: pl.Series) -> Floats:
    """Return the column as 0 and 1; true/false, yes/no, t/f, y/n and 1/0 are read in any case.

    Raises ``DataError`` for any other value.
    """
    series = undeclared(series)
    lower = text(series).str.to_lowercase()
    read = lower.replace_strict(_BOOLEANS, default=None, return_dtype=pl.Float64)
    _require_read(series, read, "true or false")
    return read.to_numpy()


def days(series: pl.Series, date_format: str | None, stray_tokens: Sequence[str] = ()) -> Floats:
    """Return the column as days since 1970-01-01, the time of day as their fraction.

    ``date_format`` tells how its texts are written; others that cannot be mistaken are read too, if they
    tell the year in four digits. The texts in ``stray_tokens`` are missing values.

    Raises ``DataError`` for a value that is no such date.
    """
    series = undeclared(series)
    if series.dtype == pl.Datetime:
        read = series
    elif series.dtype == pl.String:
        form = known_format(date_format)
        read = parse_mixed_dates(series, form)
        _require_read(series, read, f"a date such as {in_letters(form)}", stray_tokens)
    else:
        raise _unreadable(series, series.is_not_null(), "a date")
    return read.to_physical().cast(pl.Float64).to_numpy() / _MICROSECONDS_A_DAY


def undeclared(series: pl.Series) -> pl.Series:
    """Return declared categories as the texts that they are, for who knows what these mean."""
    return series.cast(pl.String) if series.dtype == pl.Categorical else series


def given(series: pl.Series) -> pl.Series:
    """Return the values that are neither missing nor what is written for "nothing"."""
    known = series.drop_nulls()
    return known.filter(~known.is_in(GAPS)) if known.dtype == pl.String else known


def _require_read(
    before: pl.Series,
    after: pl.Series,
    what: str,
    stray_tokens: Sequence[str] = (),
    remedy: str = _REMEDY,
) -> None:
    """Raise ``DataError`` if values were lost on the way, but for those that mean "missing"."""
    if after.null_count() == before.null_count():
        return
    lost = before.is_not_null() & after.is_null()
    if before.dtype == pl.String:
        lost &= ~before.is_in([*GAPS, *stray_tokens])
    if lost.any():
        raise _unreadable(before, lost, what, remedy)


def _unreadable(series: pl.Series, lost: pl.Series, what: str, remedy: str = _REMEDY) -> DataError:
    row = int(lost.arg_max() or 0)
    return DataError(
        f"column {series.name!r} has {quoted(series[row])} in {data_row(row)}, expected {what} "
        f"({int(lost.sum())} of {len(series)} values are not); {remedy}"
    )
