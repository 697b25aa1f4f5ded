"""Calendars: how far apart the steps of a series are, so that gaps are seen and the future has dates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.data.frames import pl
from shoal.errors import ModelFolderError
from shoal.shapes import IntArray

Floats = npt.NDArray[np.float64]
NUMBERS, MONTHS, WEEKDAYS, TIME = UNITS = ("number", "months", "weekdays", "microseconds")
WHOLE, MONTH, QUARTER, DAY, MOMENT = FORMS = ("number", "month", "quarter", "day", "moment")
"""How time stamps are written: ``1.5``, ``1949-01``, ``1970 Q1``, ``1949-01-01``, ``1949-01-01 12:00:00``."""
SECOND = 1e6
A_DAY = 86_400 * SECOND
TOLERANCE = 1e-3
"""Of a step: what lies between two steps may differ from so many whole ones by, and still be that many."""
_FEWEST_DAYS, _MEAN_MONTH = 28, 365.2425 / 12 * A_DAY
_ONE_MONTH, _ONE_DAY = np.timedelta64(1, "M"), np.timedelta64(1, "D")
_WEEKEND = 3
"""Days from a Friday to a Monday."""
_FREQUENCY = re.compile(r"(?:([0-9]{1,4}|half)[ _-]?)?([a-z]+?)s?")
_PERIODS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("second", "secondly"), (TIME, SECOND)),
    **dict.fromkeys(("minute", "minutely"), (TIME, 60 * SECOND)),
    **dict.fromkeys(("hour", "hourly"), (TIME, 3600 * SECOND)),
    **dict.fromkeys(("day", "daily"), (TIME, A_DAY)),
    **dict.fromkeys(("week", "weekly"), (TIME, 7 * A_DAY)),
    **dict.fromkeys(("month", "monthly"), (MONTHS, 1.0)),
    **dict.fromkeys(("quarter", "quarterly"), (MONTHS, 3.0)),
    **dict.fromkeys(("year", "yearly", "annual"), (MONTHS, 12.0)),
}


@dataclass(frozen=True)
class Calendar:
    """Steps of ``step`` units each, and the ``form`` in which their stamps are written.

    Stamps are numbers, or microseconds since 1970 of dates. ``at_end``: of months it is the last days that
    count.

    >>> monthly = Calendar("months", 1.0, "month")
    >>> monthly.shown(monthly.after(0.0, np.array([1, 2]))).to_list()
    ['1970-02', '1970-03']
    """

    unit: str = NUMBERS
    step: float = 1.0
    form: str = WHOLE
    at_end: bool = False

    def offsets(self, t: Floats) -> Floats:
        """Return how many steps each stamp (T,) in order is after the first; whole ones on this calendar."""
        if self.unit == MONTHS:
            months = _months(t)
            return (months - months[:1]) / self.step
        if self.unit == WEEKDAYS:
            days = _days(t)
            return np.busday_count(days[:1], days).astype(np.float64)
        return np.concatenate([[0.0], np.cumsum(_whole(np.diff(t) / self.step))])

    def after(self, t: float, counts: IntArray) -> Floats:
        """Return the stamps so many steps after the stamp ``t``."""
        if self.unit == MONTHS:
            month, rest = _months(np.array([t])), _rest_of_month(np.array([t]))
            first = (month + np.rint(counts * self.step).astype(np.int64)).astype("M8[M]")
            length = _microseconds((first + _ONE_MONTH).astype("M8[us]") - first.astype("M8[us]"))
            last = length - A_DAY + rest % A_DAY
            within: Floats = last if self.at_end else np.minimum(rest, last)
            return _microseconds(first.astype("M8[us]").astype(np.int64)) + within
        if self.unit == WEEKDAYS:
            days = np.busday_offset(_days(np.array([t])), counts, roll="forward")
            return _microseconds(days.astype("M8[us]").astype(np.int64)) + t % A_DAY
        return np.asarray(t + counts * self.step, dtype=np.float64)

    def keeps(self, stamps: Sequence[Floats]) -> bool:
        """Return whether series with such stamps (T_i,), all in order, are of steps of this calendar.

        All lie on it, and some two are one step apart, unless no series has more than two.

        >>> t = np.array([0.0, 1.0, 3.0])
        >>> Calendar().keeps([t]), Calendar().keeps([2 * t]), Calendar(step=2.0).keeps([t])
        (True, False, False)
        """
        steps = [self.offsets(t) for t in stamps]
        for t, count in zip(stamps, steps, strict=True):
            if self.unit in (NUMBERS, TIME):
                on_it = bool((count == np.rint(count)).all())
            else:
                on_it = bool((self.after(float(t[0]), np.rint(count).astype(np.int64)) == t).all())
            if not on_it or (np.diff(count) < 0.5).any():
                return False
        return max(map(len, stamps)) <= 2 or any((np.diff(count) == 1).any() for count in steps)

    def nears(self, stamps: Sequence[Floats]) -> bool:
        """Return whether uneven stamps are, in the middle, between half a step and two of them apart."""
        gaps = _gaps(stamps)
        step = (
            self.step * _MEAN_MONTH if self.unit == MONTHS else A_DAY if self.unit == WEEKDAYS else self.step
        )
        return bool(gaps.size) and step / 2 <= float(np.median(gaps)) <= 2 * step

    def shown(self, t: Floats) -> pl.Series:
        """Return stamps as they are written: whole numbers, numbers, or texts."""
        if self.form == WHOLE:
            whole = (t == np.rint(t)).all()
            return pl.Series(t.astype(np.int64) if whole else t)
        moments = t.astype(np.int64).astype("M8[us]")
        if self.form == MONTH:
            return pl.Series(moments.astype("M8[M]").astype(str), dtype=pl.String)
        if self.form == DAY:
            return pl.Series(moments.astype("M8[D]").astype(str), dtype=pl.String)
        if self.form == QUARTER:
            months = _months(t)
            return pl.Series(
                [f"{1970 + m // 12} Q{m % 12 // 3 + 1}" for m in months.tolist()], dtype=pl.String
            )
        exact = bool((t % SECOND == 0).all())
        written = (moments.astype("M8[s]") if exact else moments).astype(str)
        return pl.Series([text.replace("T", " ") for text in written.tolist()], dtype=pl.String)

    @property
    def words(self) -> str:
        """What a step is.

        >>> Calendar("months", 3.0, "quarter").words, Calendar("microseconds", 18e8, "moment").words
        ('3 months', '30 minutes')
        """
        if self.unit == MONTHS:
            years, rest = divmod(self.step, 12)
            return _counted(self.step, "month") if rest else _counted(years, "year")
        if self.unit == WEEKDAYS:
            return "1 weekday"
        if self.unit == NUMBERS:
            return f"{self.step:g}"
        for noun, length in (("day", A_DAY), ("hour", 3600 * SECOND), ("minute", 60 * SECOND)):
            if self.step >= length and self.step % length == 0:
                return _counted(self.step / length, noun)
        return _counted(self.step / SECOND, "second")

    def to_config(self) -> dict[str, Any]:
        """Return the calendar as plain JSON."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Calendar:
        """Return the calendar that was described; raise ``ModelFolderError`` if none was."""
        unit, step, form, at_end = (config.get(name) for name in ("unit", "step", "form", "at_end"))
        known = unit in UNITS and form in FORMS and isinstance(at_end, bool)
        if not known or not isinstance(step, int | float) or isinstance(step, bool) or not 0 < step < 1e18:
            raise ModelFolderError(f"{dict(config)} is no calendar")
        return cls(str(unit), float(step), str(form), bool(at_end))


def find_calendar(stamps: Sequence[Floats], form: str = WHOLE) -> tuple[Calendar, bool]:
    """Return the calendar of series with such stamps (T_i,), all in order, and whether all keep to it.

    ``form`` is what is known of how they are written; of moments it is seen whether they are days. The most
    frequent distance is one step, and others must be a multiple of it; of distances that are all different
    and no multiples, the middle one is a step.
    """
    gaps = _gaps(stamps)
    if form == WHOLE:
        return _even(gaps, WHOLE)
    if not gaps.size:
        return Calendar(TIME, A_DAY, form), True
    at_midnight = all((t % A_DAY == 0).all() for t in stamps)
    form = DAY if form == MOMENT and at_midnight else form
    if form in (MONTH, QUARTER) or gaps.min() >= _FEWEST_DAYS * A_DAY:
        at_end = all(map(_are_last_days, stamps))
        if at_end or all((_rest_of_month(t) == _rest_of_month(t[:1])).all() for t in stamps):
            months = np.concatenate([np.diff(_months(t)) for t in stamps]).astype(np.float64)
            calendar, regular = _even(months, form)
            return Calendar(MONTHS, calendar.step, form, at_end), regular
    if _are_weekdays(stamps, gaps):
        return Calendar(WEEKDAYS, 1.0, form), True
    calendar, regular = _even(gaps, form)
    if calendar.step % A_DAY and form == DAY:
        form = MOMENT
    return Calendar(TIME, calendar.step, form), regular


def calendar_of(frequency: str) -> Calendar | None:
    """Return the calendar of a frequency such as ``monthly`` or ``10_minutes``; None for one not known.

    >>> calendar_of("half_hourly").words, calendar_of("quarterly").words, calendar_of("often")
    ('30 minutes', '3 months', None)
    """
    found = _FREQUENCY.fullmatch(frequency.strip().lower())
    period = None if found is None else _PERIODS.get(found[2])
    if found is None or period is None:
        return None
    unit, step = period
    step *= 0.5 if found[1] == "half" else float(found[1] or 1)
    if step <= 0 or (unit == MONTHS and step % 1):
        return None
    whole_days = unit == MONTHS or step % A_DAY == 0
    return Calendar(unit, step, DAY if whole_days else MOMENT)


def _even(gaps: Floats, form: str) -> tuple[Calendar, bool]:
    """Return steps of the most frequent distance, and whether all distances are multiples of it."""
    if not gaps.size:
        return Calendar(NUMBERS, 1.0, form), True
    median = float(np.median(gaps))
    relative, first, times = np.unique(np.round(gaps / median, 6), return_index=True, return_counts=True)
    step = float(gaps[first[times.argmax()]]) if relative[times.argmax()] > 0 else median
    counts = gaps / step
    regular = bool((np.abs(counts - np.rint(counts)) <= TOLERANCE).all() and counts.min() > 0.5)
    if not regular and times.max() == 1:
        step = median
    return Calendar(NUMBERS, step, form), regular


def _are_weekdays(stamps: Sequence[Floats], gaps: Floats) -> bool:
    """Whether days are those of working weeks: one after the other, none at a weekend, and Mondays after.

    Any time of day will do, if all have the same.
    """
    if any((t % A_DAY != stamps[0][0] % A_DAY).any() for t in stamps):
        return False
    days = gaps / A_DAY
    values, times = np.unique(days, return_counts=True)
    if values[times.argmax()] != 1 or _WEEKEND not in values:
        return False
    return all(bool(np.is_busday(_days(t)).all()) for t in stamps)


def _gaps(stamps: Sequence[Floats]) -> Floats:
    return np.concatenate([np.diff(t) for t in stamps])


def _whole(counts: Floats) -> Floats:
    """Return whole numbers where these are nearly that."""
    rounded = np.rint(counts)
    return np.where(np.abs(counts - rounded) <= TOLERANCE, rounded, counts)


def _moments(t: Floats) -> npt.NDArray[np.datetime64]:
    return t.astype(np.int64).astype("M8[us]")


def _days(t: Floats) -> npt.NDArray[np.datetime64]:
    return _moments(t).astype("M8[D]")


def _months(t: Floats) -> npt.NDArray[np.int64]:
    """Return the months since January 1970."""
    return _moments(t).astype("M8[M]").astype(np.int64)


def _rest_of_month(t: Floats) -> Floats:
    """Return the microseconds since the first of each month."""
    moments = _moments(t)
    return _microseconds(moments - moments.astype("M8[M]").astype("M8[us]"))


def _are_last_days(t: Floats) -> bool:
    days = _days(t)
    return bool(((days + _ONE_DAY).astype("M8[M]") > days.astype("M8[M]")).all() and len(set(t % A_DAY)) <= 1)


def _microseconds(values: Any) -> Floats:
    return np.asarray(values).astype(np.int64).astype(np.float64)


def _counted(count: float, noun: str) -> str:
    return f"{count:g} {noun}{'s' * (count != 1)}"
