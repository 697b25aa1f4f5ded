"""What points and commas mean in the texts of a table, which is decided for all of its columns together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from shoal.data.cells.dates import months_with_points
from shoal.data.cells.notation import NOTHING_KNOWN, OTHER, Known, Notation, notation_of
from shoal.data.cells.numerals import (
    ADDRESS,
    BETWEEN_POINTS,
    COMMA,
    NOTHING,
    POINT,
    WITH_COMMA,
    plain_digits,
    without_signs,
)
from shoal.data.frames import pl, quoted
from shoal.errors import DataError

_EITHER = r"^[+-]?[1-9][0-9]{0,2},[0-9]{3}$"
_POINT_ONLY = r"^[+-]?[0-9]*\.[0-9]+"
_DECIMAL_POINT = r"^[+-]?[0-9]*\.[0-9]+(?:[^0-9.]|$)"  # no date such as 31.12.1999
_GROUPED_BY_POINTS = r"^[+-]?(?:[0-9]{1,3}|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)$"
_GROUPED_BY_COMMAS = r"^[+-]?[1-9][0-9]{0,2}(?:(?:,[0-9]{3}){2,}(?:\.[0-9]*)?|,[0-9]{3}\.[0-9]+)$"
"""Which leaves decimals to points."""
_ONE_GROUP = r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$"
_NUMBER = r"^[+-]?[0-9.,]+(?:[eE][+-]?[0-9]+)?$"
_NAMES = {POINT: "points", COMMA: "commas"}


class Resolved(NamedTuple):
    """A table of texts with decimal points, how columns were written that had others, and what to tell."""

    table: pl.DataFrame
    notations: dict[str, Notation]
    told: str = ""
    thousands: Mapping[str, str] = MappingProxyType({})
    """A text of each column whose points other columns alone tell to separate thousands."""


def with_decimal_points(table: pl.DataFrame, expected: str = "", known: Known = NOTHING_KNOWN) -> Resolved:
    """Return a table of texts with 3,14 as 3.14, and 1.234,5 as 1234.5, in the columns of such numbers.

    Such a column holds a decimal comma, no comma but those of numbers, and no more other texts than numbers.
    Commas that might separate thousands are decimal if other columns show decimal commas, or if commas are
    ``expected`` and none shows decimal points. Where commas are decimal, or a number such as 1.234.567 shows
    it, points separate thousands: 14.125 is 14125 in columns where all may be so.

    Columns that may be names (``known.is_name``) tell of the others, have a notation, and stay as written.

    What nothing in the table tells, the one that was fitted tells (``known``): columns of numbers that are
    written otherwise than there are what tells of another file. Raises ``DataError`` for a column of that one
    where nothing tells.

    >>> table = pl.DataFrame({"a": ["1.234"], "b": ["7"]})
    >>> fitted = Known({"a": Notation(thousands="."), "b": Notation(",")})
    >>> [with_decimal_points(table, known=of).table["a"].item() for of in (Known(), fitted)]
    ['1.234', '1234']
    """
    file = _File([_Marked(series) for series in table if series.str.contains("[.,]").any()], table, known)
    changed, notations, thousands = [], {}, {}
    for column in file.columns:
        mark, unclear = file.mark_of(column, expected), column.separator
        decimal = column in file.candidates and column.name not in known.by_texts
        if mark == COMMA and (decimal or column in file.grouped):
            notations[column.name] = notation_of(table[column.name], COMMA)
            if column.may_have_decimals():
                thousands[column.name] = column.text_with_point
            if not known.is_name(column.name):
                changed.append(column.with_point())
        elif mark == POINT and unclear == COMMA and column.name in known.by_texts:
            changed.append(column.without_commas())
    resolved = table.with_columns(changed) if changed else table
    return Resolved(resolved, notations, file.note(), thousands)


def with_point(series: pl.Series) -> pl.Series:
    """Return a column of texts whose decimals have commas as programs write it.

    >>> with_point(pl.Series(["1.234,5", "7"])).to_list()
    ['1234.5', '7']
    """
    return _Marked(series).with_point()


def may_have_commas(series: pl.Series) -> bool:
    """Tell whether texts are read otherwise in a file with decimal commas.

    >>> [may_have_commas(pl.Series([text])) for text in ("1.000", "1,5", "1.5", "red")]
    [True, True, False, False]
    """
    column = _Marked(series)
    return column.holds_decimal_commas() or column.is_grouped_by_points()


def thousands_note(thousands: Mapping[str, str]) -> str:
    """Return what to say of columns whose points are taken for separators of thousands; else nothing.

    >>> thousands_note({"size": "1.250"})
    "'1.250' in 'size' is read as 1250, as decimals have commas elsewhere; where it is 1.250, write 1,250"
    """
    if not thousands:
        return ""
    name, text = next(iter(thousands.items()))
    more = f" and {len(thousands) - 1} more" if len(thousands) > 1 else ""
    return (
        f"{quoted(text)} in {quoted(name)}{more} is read as {text.replace(POINT, '')}, as decimals have "
        f"commas elsewhere; where it is {text}, write {text.replace(POINT, COMMA)}"
    )


def may_have_marks(table: pl.DataFrame) -> bool:
    """Tell whether a text of the table is a number that may say what the marks of its file mean.

    >>> texts = ("1,5", "1.234.567", "1.5", "192.168.178.120")
    >>> [may_have_marks(pl.DataFrame({"a": ["Ada, Lovelace", text]})) for text in texts]
    [True, True, False, False]
    """
    written = (
        series.filter(series.str.contains(f",|{BETWEEN_POINTS}")).str.strip_chars() for series in table
    )
    numbers = (texts.filter(texts.str.contains(WITH_COMMA)) for texts in written)
    return any(not bool(texts.str.contains(ADDRESS).all()) for texts in numbers)


class _File:
    """The columns of a table that have points or commas in them, and what these tell of each other.

    ``candidates`` are those whose commas may be decimal, ``grouped`` those all of whose points may separate
    thousands; ``showing`` has those that show it for each mark that decimals may have.
    """

    def __init__(self, columns: list[_Marked], table: pl.DataFrame, known: Known) -> None:
        self.columns, self.known = columns, known
        self.candidates = [column for column in columns if column.holds_decimal_commas()]
        self.grouped = [column for column in columns if column.is_grouped_by_points()]
        months = months_with_points(table) if columns else ()
        points = [column for column in columns if column.shows_points() and column.name not in months]
        certain = [column for column in self.candidates if column.separator != COMMA]
        tells = [] if points else [column for column in self.grouped if column.tells_of_groups()]
        self.showing = {COMMA: certain + tells, POINT: points}

    @cached_property
    def _shown(self) -> dict[str, _Marked]:
        """The first column of numbers that shows it, for each mark that decimals are shown to have."""
        return self._first(lambda column, _: column.name in self.known.of or column.holds_numbers())

    @cached_property
    def _told(self) -> dict[str, _Marked]:
        """The same of columns that tell of another file than the fitted one.

        Where decimals had one mark, these are all. Where columns differed, each is as it was there, unless
        one is written otherwise.
        """
        return (
            self._shown
            if self.known.mark
            else self._first(lambda column, mark: self.known.had_other(column.name, mark))
        )

    def _first(self, counts: Callable[[_Marked, str], bool]) -> dict[str, _Marked]:
        """Return the first column that shows a mark and counts, by the mark, where there is one."""
        found = {
            mark: [each for each in columns if counts(each, mark)] for mark, columns in self.showing.items()
        }
        return {mark: columns[0] for mark, columns in found.items() if columns}

    def mark_of(self, column: _Marked, expected: str) -> str:
        """Return the mark of decimals in a column, as far as points and commas of it may be otherwise."""
        if column not in self.candidates and column not in self.grouped:
            return ""
        if not self.known.marks or column.name not in self.known.of:
            return self._usual(column, expected)
        separator = column.separator
        if not separator:
            return COMMA if column in self.grouped else self._usual(column, expected)
        if len(self._told) == 1:
            return next(iter(self._told))
        mark = self.known.mark_of(column.name, separator, expected)
        if not mark and len(self._shown) == 1:
            return next(iter(self._shown))
        if not mark:
            raise column.unclear(self.known)
        return mark

    def _usual(self, column: _Marked, expected: str) -> str:
        """Return the same where nothing is known of another table."""
        commas, points = self.showing[COMMA], self.showing[POINT]
        certain = any(other in self.candidates for other in commas)
        decimal = bool(self.candidates) and (certain or (expected == COMMA and not points))
        if column in self.candidates:
            return COMMA if decimal else POINT
        return COMMA if not points and (decimal or commas) else POINT

    def note(self) -> str:
        """Return what to say of a table with another mark than the one that was fitted, else nothing."""
        if len(self._told) != 1 or self.known.mark in self._told:
            return ""
        [(mark, column)] = self._told.items()
        example = f"column {column.name!r} with {quoted(column.example(mark))}"
        where = "the table" if self.known.mark else "that column of the table"
        return (
            f"numbers are read with decimal {_NAMES[mark]}, as {example} tells; {where} that the model "
            f"was fitted to has decimal {_NAMES[OTHER[mark]]}"
        )


class _Marked:
    """A column of texts, some of which have points or commas in them: what these may mean."""

    def __init__(self, series: pl.Series) -> None:
        self.name, self._series, self._texts = series.name, series, series.str.strip_chars()
        known = self._texts.drop_nulls()
        known, _ = without_signs(known.filter(~known.is_in(NOTHING)))
        self._known, self._fits = known, known.str.contains(WITH_COMMA)
        self._commas = known.str.contains(",", literal=True)
        self._points = known.str.contains(_POINT_ONLY) & ~self._commas

    def holds_decimal_commas(self) -> bool:
        """Tell whether commas may be decimal: all that are there, in half of the values at least."""
        odd = ((self._commas | self._points) & ~self._fits).any()
        return bool(self._commas.any()) and not odd and 2 * int(self._fits.sum()) >= len(self._known)

    @cached_property
    def separator(self) -> str:
        """The mark that may separate thousands wherever it stands, or decimals; empty if neither."""
        if self._commas.any():
            grouped = self._known.filter(self._commas).str.contains(_EITHER).all()
            return COMMA if grouped and self.holds_decimal_commas() else ""
        return POINT if self.is_grouped_by_points() and not self.tells_of_groups() else ""

    def shows_points(self) -> bool:
        """Tell whether a point is decimal for sure."""
        return bool(self._decimal_points().any())

    def _decimal_points(self) -> pl.Series:
        decimal = self._known.str.contains(_DECIMAL_POINT) & ~self._fits
        return decimal | self._known.str.contains(_GROUPED_BY_COMMAS)

    def is_grouped_by_points(self) -> bool:
        """Tell whether every point may separate thousands, in all values but those that are none."""
        grouped = self._known.str.contains(_GROUPED_BY_POINTS)
        addresses = self._known.str.contains(ADDRESS)
        return bool(self._points.any()) and bool(grouped.all()) and not addresses.all()

    def tells_of_groups(self) -> bool:
        """Tell whether some point can but separate thousands."""
        return bool(self._known.str.contains(BETWEEN_POINTS).any())

    def may_have_decimals(self) -> bool:
        """Tell whether every value has one point before three digits, as decimals might have."""
        return bool(self._known.str.contains(_ONE_GROUP).all()) and not self._known.is_empty()

    @property
    def text_with_point(self) -> str:
        """The first text with a point."""
        return str(self._known.filter(self._points)[0])

    def with_point(self) -> pl.Series:
        """Return the column with the numbers in it as programs write them, signs as they are."""
        bare, _ = without_signs(self._texts)
        written = bare.str.contains(WITH_COMMA) & bare.str.contains("[0-9]")
        return plain_digits(self._texts).zip_with(written.fill_null(False), self._series)

    def without_commas(self) -> pl.Series:
        """Return the column without what separates thousands."""
        return self._texts.str.replace_all(",", "", literal=True)

    def holds_numbers(self) -> bool:
        """Tell whether all values are numbers, whatever their marks mean."""
        return bool(self._known.str.contains(_NUMBER).all())

    def example(self, mark: str) -> str:
        """Return a text that shows that decimals have this mark."""
        if mark == POINT:
            return str(self._known.filter(self._decimal_points())[0])
        commas = self._commas & ~self._known.str.contains(_EITHER)
        return str(self._known.filter(commas | self._known.str.contains(BETWEEN_POINTS))[0])

    def unclear(self, known: Known) -> DataError:
        """Return the error of a column with separators of which nothing tells what they are."""
        separator = self.separator
        text = str(self._known.filter(self._known.str.contains(separator, literal=True))[0])
        written = self._texts.str.contains(separator, literal=True) & ~self._texts.is_in(NOTHING)
        row = int(written.fill_null(False).arg_max() or 0)
        thousands = text.replace(separator, "")
        decimal = text.replace(separator, known.mark or separator)
        return DataError(
            f"column {self.name!r} has {quoted(self._texts[row])} in data row {row + 1}, which may be "
            f"{thousands} or {decimal}: nothing tells in this table, and none was written so where the "
            f"model was fitted; write {thousands} or {decimal}0"
        )
