"""Tables of series to forecast: a row for every step, and columns of values, of time, of whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shoal.data.cells.values import as_numbers, given, text
from shoal.data.chosen import columns_in
from shoal.data.frames import Frame, pl, quoted
from shoal.data.names import meant, names_shown
from shoal.data.notes import tell
from shoal.data.sequences.calendars import MOMENT, MONTH, QUARTER, WHOLE, Calendar, find_calendar
from shoal.data.sequences.instants import are_months, are_numbers, are_quarters, in_order, instants
from shoal.data.sequences.known_ahead import divided
from shoal.data.sequences.long_tables import identified, rows_of_each, values_of
from shoal.data.sequences.timed import TimedSeries
from shoal.errors import ConfigurationError, DataError
from shoal.shapes import Array, IntArray
from shoal.words import setting

Floats = Array
_WRITTEN_WHOLE = (
    (r"^((?:1[89]|20)\d\d)(\d\d)$", "${1}-${2}", MONTH),
    (r"^((?:1[89]|20)\d\d)(\d\d)(\d\d)$", "${1}-${2}-${3}", MOMENT),
)
_ALONE = "the series"
"""What the one series of a table is called that has no name."""
_TIMES = frozenset(
    (
        "time",
        "date",
        "datetime",
        "timestamp",
        "ds",
        "year",
        "quarter",
        "month",
        "week",
        "day",
        "hour",
        "step",
        "t",
    )
)
"""Names of columns of numbers that tell the time of steps, if they grow by equal steps."""


@dataclass(frozen=True)
class ForecastColumns:
    """What the columns of a table are: whose row it is, when it was, and the values (``channels``).

    ``future`` are columns of numbers that are known ahead.
    """

    id: str | None
    order: str | None
    channels: tuple[str, ...]
    future: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that are read as numbers."""
        return (*self.channels, *self.future)

    @classmethod
    def settle(
        cls,
        frame: Frame,
        id: str | None,  # noqa: A002
        order: str | None,
        target: str | None,
        drop: Sequence[str] | None,
        columns: Sequence[str] | None,
        future: Sequence[str] | None = None,
    ) -> ForecastColumns:
        """Return what the columns of a table are, as asked and as they look.

        Without ``order`` the first column of dates tells the time, or one of numbers that is named so.
        Without ``target`` or ``columns`` every other column of numbers is forecast.

        Raises ``DataError`` for a column that is not there, ``ConfigurationError`` for one in two roles.
        """
        known = frame.columns
        roles = {name: column for name, column in (("id", id), ("order", order)) if column is not None}
        for role, column in roles.items():
            if column not in known:
                raise DataError(
                    f"the table has no column {column!r}, which {setting(role)} names; {meant(column, known)}"
                )
        if id is not None and id == order:
            raise ConfigurationError(
                f"{setting('id', id)} and {setting('order', order)} name one column; each needs its own"
            )
        asked = _asked(known, target, columns)
        coming = columns_in(future, known, "future") if future else ()
        ahead = [("future", name) for name in coming]
        for role, column in (*roles.items(), *ahead):
            if column in (asked or ()):
                raise ConfigurationError(
                    f"{setting(role)} and {setting('target')} both name {quoted(column)}; it is one "
                    "of the two"
                )
        dropped = columns_in(drop, known, "drop") if drop else ()
        for role, column in ahead:
            if column in (id, order, *dropped):
                raise ConfigurationError(
                    f"{setting(role)} names {quoted(column)}, which has another part; name it once"
                )
        free = [name for name in known if name not in (id, order, *coming) and name not in dropped]
        if order is None:
            order = _time_column(frame, id, [name for name in free if name not in (asked or ())])
        values = asked or _numeric(frame, [name for name in free if name != order])
        if not values:
            others = f" beside {names_shown([name for name in (id, order) if name])}" if id or order else ""
            raise DataError(
                f"the table has no column of numbers to forecast{others}; name one with {setting('target')}"
            )
        return cls(id, order, tuple(values), coming)


def read_timed(
    frame: Frame, columns: ForecastColumns, strict: bool, calendar: Calendar | None = None
) -> TimedSeries:
    """Return the series of a table, in the order of time, with NaN at steps that no row is of.

    A ``calendar`` is that of series fitted before: the steps of these are told by it if they keep to it.
    Where columns are known ahead a series ends with the last step that has a value. What is odd is a note, an
    error if ``strict``. Raises ``DataError`` for values that are no numbers, a time that a series has twice,
    and columns that are missing.
    """
    needed = (columns.order, *columns.channels, *columns.future)
    missing = [name for name in needed if name and name not in frame.columns]
    if missing:
        raise DataError(
            f"the table lacks the column {quoted(missing[0])}; {meant(missing[0], frame.columns)}"
        )
    if not len(frame):
        raise DataError("the table has no rows; give a row for every step")
    if columns.id is not None:
        frame = identified(frame, columns.id, strict)
        names, rows = rows_of_each(text(frame[columns.id]))
    else:
        names, rows = (_ALONE,), [np.arange(len(frame))]
    values = np.stack([values_of(frame[name]) for name in columns.numbers])
    known, calendar, starts = calendar, Calendar(), [1.0] * len(names)
    series = [values[:, some] for some in rows]
    if columns.order is not None:
        stamps, form = _stamps(frame[columns.order], known)
        times = _Times(columns.order, stamps, form, names, strict, known)
        rows = times.in_order(rows)
        calendar, starts, series = times.spaced(rows, values)
    C = len(columns.channels)
    ahead: tuple[Array, ...] | None = None
    if columns.future:
        series, ahead = divided(names, series, columns.future, strict)
    return TimedSeries(
        tuple(np.ascontiguousarray(each[:C]) for each in series),
        names,
        tuple(starts),
        columns.channels,
        calendar,
        identifier=columns.id or "series",
        time=columns.order or "step",
        alone=columns.id is None,
        ahead=ahead,
        coming=columns.future,
    )


def _asked(known: Sequence[str], target: str | None, columns: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the columns that are to be forecast, if that was said."""
    if target is not None and columns is not None:
        raise ConfigurationError(
            f"{setting('target')} and {setting('columns')} were given, and both name the values to forecast; "
            "leave one of them out"
        )
    if target is not None:
        return columns_in([target], known, "target")
    return columns_in(columns, known, "columns") if columns else None


def _numeric(frame: Frame, names: Sequence[str]) -> list[str]:
    """Return the columns of numbers; others are left out with a note."""
    kept = []
    for name in names:
        column = frame[name]
        known = given(column)
        numbers = column.dtype == pl.String or column.dtype.is_numeric()
        if numbers and len(known) and as_numbers(known).null_count() == 0:
            kept.append(name)
    left = [name for name in names if name not in kept]
    if left and kept:
        what = f"{len(left)} of {len(names)} columns hold no numbers and are left out: {names_shown(left)}"
        tell(what, f"name the values with {setting('target')}", strict=False)
    return kept


def _time_column(frame: Frame, id: str | None, names: Sequence[str]) -> str | None:  # noqa: A002
    """Return the column that tells the time: the first of dates, or one of numbers that is named so."""
    dated = next((name for name in names if _are_dates(frame[name])), None)
    found = dated or next((name for name in names if _counts_steps(frame, id, name)), None)
    if found is not None:
        tell(
            f"{quoted(found)} tells the time of each row",
            f"name another with {setting('order')}",
            strict=False,
        )
    return found


def _are_dates(column: pl.Series) -> bool:
    if column.dtype == pl.Datetime:
        return not column.null_count()
    if column.dtype != pl.String or column.null_count() or are_numbers(column.head(100)):
        return False
    try:
        instants(column)
    except DataError:
        return False
    return True


def _counts_steps(frame: Frame, id: str | None, name: str) -> bool:  # noqa: A002
    """Whether a column is named as a time is, and grows within each series."""
    column = frame[name]
    if name.strip().casefold() not in _TIMES or not are_numbers(column):
        return False
    if id is None:
        groups: list[IntArray] = [np.arange(len(frame))]
    elif frame[id].null_count():
        return False
    else:
        groups = rows_of_each(text(frame[id]))[1]
    t = as_numbers(column).to_numpy()
    return all(bool((np.diff(np.sort(t[some])) > 0).all()) for some in groups)


def _stamps(column: pl.Series, known: Calendar | None) -> tuple[Floats, str]:
    """Return time stamps (N,) as numbers that grow with time, and the form in which they are written."""
    t = instants(column)
    if column.dtype == pl.Datetime:
        return t, MOMENT
    if are_numbers(column):
        return (t, WHOLE) if known is not None and known.form == WHOLE else _written_whole(t)
    if are_months(column):
        return t, MONTH
    return t, QUARTER if are_quarters(column) else MOMENT


def _written_whole(t: Floats) -> tuple[Floats, str]:
    """Return numbers as they are, or as the months or days that ``194901`` and ``19490131`` are."""
    if not (t == np.rint(t)).all():
        return t, WHOLE
    digits = pl.Series(t.astype(np.int64)).cast(pl.String)
    for pattern, written, form in _WRITTEN_WHOLE:
        if digits.str.contains(pattern).all():
            try:
                return instants(digits.str.replace(pattern, written)), form
            except DataError:  # they are no dates of any calendar
                break
    return t, WHOLE


@dataclass(frozen=True)
class _Times:
    """The stamps (N,) of all rows, and what is said of them."""

    column: str
    stamps: Floats
    form: str
    names: Sequence[str]
    strict: bool
    known: Calendar | None = None
    """That of the series fitted, if these are others."""

    def in_order(self, rows: Sequence[IntArray]) -> list[IntArray]:
        """Return the rows of each series in the order of time."""
        orders = [in_order(self.stamps[some]) for some in rows]
        for name, some, order in zip(self.names, rows, orders, strict=True):
            if order.twice is not None:
                shown = self._shown(self.stamps[some[order.twice]])
                whose = f"{name} has" if name == _ALONE else f"the series {quoted(name)} has"
                raise DataError(
                    f"{whose} the time {shown} twice in {quoted(self.column)}; leave one of the rows out, "
                    f"or say whose rows they are with {setting('id')}"
                )
        unsorted = [name for name, order in zip(self.names, orders, strict=True) if not order.was_sorted]
        if unsorted:
            self._tell(len(unsorted), unsorted[0], "put in order of time", "sort their rows")
        return [some[order.rows] for some, order in zip(rows, orders, strict=True)]

    def spaced(self, rows: Sequence[IntArray], values: Array) -> tuple[Calendar, list[float], list[Array]]:
        """Return the calendar, the first stamps, and values (C, T_i) with NaN where no row is."""
        times = [self.stamps[some] for some in rows]
        calendar, regular = self._calendar(times)
        starts = [float(t[0]) for t in times]
        if not regular:
            what = f"rows of unequal time, which are taken for steps of {calendar.words} each"
            tell(
                f"{quoted(self.column)} has {what}, counted back from the last",
                "resample them if that matters",
                self.strict,
            )
            starts = [float(calendar.after(float(t[-1]), np.array([1 - len(t)]))[0]) for t in times]
            return calendar, starts, [values[:, some] for some in rows]
        series, filled, of = [], 0, 0
        for name, some, t in zip(self.names, rows, times, strict=True):
            places = np.rint(calendar.offsets(t)).astype(np.intp)
            self._require_dense(name, places, calendar)
            whole = np.full((len(values), int(places[-1]) + 1), np.nan)
            whole[:, places] = values[:, some]
            series.append(whole)
            filled, of = filled + whole.shape[1] - len(some), of + whole.shape[1]
        if filled:
            what = f"{filled:,} of {of:,} steps of {calendar.words} have no row and count as missing"
            tell(what, "add the rows, empty ones where nothing is known", self.strict)
        return calendar, starts, series

    def _calendar(self, times: Sequence[Floats]) -> tuple[Calendar, bool]:
        """Return the calendar of steps, the known one if they are of it, and whether all keep to it."""
        if self.known is not None and (self.known.form == WHOLE) == (self.form == WHOLE):
            if self.known.keeps(times):
                return self.known, True
            found, regular = find_calendar(times, self.form)
            return (self.known if not regular and self.known.nears(times) else found), regular
        return find_calendar(times, self.form)

    def _require_dense(self, name: str, places: IntArray, calendar: Calendar) -> None:
        """Raise ``DataError`` for a series of nearly nothing but gaps, as a mistaken date makes them."""
        steps = int(places[-1]) + 1
        if steps > 2 * len(places) + 10:
            gaps = np.diff(places)
            whose = name if name == _ALONE else f"the series {quoted(name)}"
            raise DataError(
                f"{whose} has {len(places):,} rows for {steps:,} steps of {calendar.words}, the longest gap "
                f"of {int(gaps.max()):,} before row {int(gaps.argmax()) + 2} in order of time; correct its "
                f"{quoted(self.column)}, or leave those rows out"
            )

    def _tell(self, count: int, name: str, what: str, remedy: str) -> None:
        if len(self.names) == 1:
            tell(f"rows are {what}", remedy, self.strict)
        else:
            tell(
                f"{count} of {len(self.names)} series, such as {quoted(name)}, are {what}",
                remedy,
                self.strict,
            )

    def _shown(self, stamp: float) -> str:
        return quoted(str(Calendar(form=self.form).shown(np.array([stamp]))[0]))
