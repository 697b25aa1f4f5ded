"""Series with a calendar: values at even steps, from a beginning that is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal.data.frames import pl
from shoal.data.sequences.calendars import Calendar
from shoal.shapes import Array, IntArray


@dataclass(frozen=True)
class TimedSeries:
    """Series (C, T_i) at the steps of one ``calendar``, with NaN where a value is missing.

    ``starts`` are the stamps of their first steps. ``identifier`` is what the names of series are called,
    ``time`` the stamps. ``horizon`` is how many steps ahead the source itself asks for, None where it does
    not, and ``alone`` is the one series of a table that has no names. ``ahead`` are columns known ahead,
    (F, T_i + some): of every step, and of as many further ones as are told; ``coming`` are their names.
    """

    series: tuple[Array, ...]
    names: tuple[str, ...]
    starts: tuple[float, ...]
    channels: tuple[str, ...]
    calendar: Calendar
    identifier: str = "series"
    time: str = "step"
    horizon: int | None = None
    alone: bool = False
    ahead: tuple[Array, ...] | None = None
    coming: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.series)

    @property
    def lengths(self) -> IntArray:
        """The steps (N,) of each."""
        return np.array([each.shape[1] for each in self.series], dtype=np.intp)

    def stamps(self, row: int, first: int, count: int) -> pl.Series:
        """Return the time stamps of ``count`` steps of a series, from step ``first`` on, counted from 0."""
        counts = np.arange(first, first + count)
        return self.calendar.shown(self.calendar.after(self.starts[row], counts))

    def columns(self, first: int, count: int) -> dict[str, Any]:
        """Return whose and when ``count`` steps of all series are, from ``first`` after their ends on.

        A table of one series that has no name has no column of names.
        """
        stamps = [self.stamps(row, steps + first, count) for row, steps in enumerate(self.lengths.tolist())]
        named = {} if self.alone else {self.identifier: np.repeat(np.array(self.names, dtype=object), count)}
        return {**named, self.time: pl.concat(stamps)}

    def rows(self, rows: Iterable[int]) -> TimedSeries:
        """Return some of the series, in this order."""
        some = [int(row) for row in rows]
        return replace(
            self,
            series=tuple(self.series[row] for row in some),
            names=tuple(self.names[row] for row in some),
            starts=tuple(self.starts[row] for row in some),
            ahead=None if self.ahead is None else tuple(self.ahead[row] for row in some),
        )
