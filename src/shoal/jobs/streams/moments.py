"""When the rows of a table were, of which nobody holds all times, and where they are cut."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from shoal.data.cells.dates import CLEAR_FORMATS, parse_dates
from shoal.data.cells.values import given, undeclared
from shoal.data.frames import as_frame, named, pl
from shoal.data.readers.delimited_parts import NotPlainError
from shoal.data.roles import Floats, Roles
from shoal.data.sequences.instants import are_numbers
from shoal.selection.samples.dividers import cuts_between
from shoal.shapes import BoolArray, IntArray

MOST = 2**20
"""Different times that are told apart; of more, neighbours are counted together."""


@dataclass
class Moments:
    """Rows counted by time: ``counts`` (T,) of those from each of ``starts`` (T,), rising, until the next.

    While there are at most ``MOST`` different times, each is a start, and so every number is exact. Of more,
    neighbours are ``merged`` (T,) into one with about 2/MOST of the rows, of which only the first time is
    known from then on: how many rows are before a start is exact all the same. The last is never merged, so
    that a file in the order of time goes on behind it.
    """

    starts: Floats = field(default_factory=lambda: np.zeros(0))
    counts: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    merged: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    numbered: bool | None = None
    """Whether times are numbers, not dates; None before the first."""

    def add(self, rows: pl.DataFrame, roles: Roles) -> None:
        """Count the rows of a part; ``NotPlainError`` for numbers among dates."""
        times = times_of(rows, roles)
        if times is None or not times.size:
            return
        assert roles.time_order is not None
        numbered = roles.has_numbered_times(as_frame(named(rows, [roles.time_order])))
        if self.numbered not in (None, numbered):
            raise NotPlainError(only_all_rows_tell(roles.time_order))
        self.numbered = numbered
        self.count(times)

    def count(self, times: Floats) -> None:
        """Count rows with these times (N,)."""
        found, counts = np.unique(times, return_counts=True)
        place = np.searchsorted(self.starts, found, side="right") - 1
        known = place >= 0
        known[known] = self.merged[place[known]] | (self.starts[place[known]] == found[known])
        np.add.at(self.counts, place[known], counts[known])
        starts = np.concatenate([self.starts, found[~known]])
        order = np.argsort(starts, kind="stable")
        self.starts = starts[order]
        self.counts = np.concatenate([self.counts, counts[~known]])[order]
        self.merged = np.append(self.merged, np.zeros(len(starts) - len(self.merged), dtype=np.bool_))[order]
        if len(starts) > MOST:
            self._merge()

    def before(self, moment: float) -> Moments:
        """Return what is before one of the starts."""
        end = int(np.searchsorted(self.starts, moment))
        return Moments(self.starts[:end], self.counts[:end], self.merged[:end])

    def until(self, moment: float) -> int:
        """Return how many rows are not after a moment; where it is among neighbours, with all of these."""
        return int(self.counts[: np.searchsorted(self.starts, moment, side="right")].sum())

    def cuts(self, shares: list[float], what: str) -> list[float]:
        """Return the starts before which about these shares of the rows are: see ``cuts_between``."""
        return cuts_between(self.starts, self.counts, shares, what)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.counts.sum())

    def _merge(self) -> None:
        """Count neighbours together, so that about half as many are left as there may be."""
        width = -(-2 * self.rows // MOST)
        stretch = (np.cumsum(self.counts) - 1) // width
        first = np.flatnonzero(np.append(True, stretch[1:] != stretch[:-1]))
        first = np.union1d(first, len(stretch) - 1)  # the last stays alone
        alone = np.diff(np.append(first, len(stretch))) == 1
        self.merged = ~alone | self.merged[first]
        self.counts, self.starts = np.add.reduceat(self.counts, first), self.starts[first]


def times_of(rows: pl.DataFrame, roles: Roles) -> Floats | None:
    """Return when each row of a part was (N,), None where a table has no such column.

    Raises ``DataError`` where a time is missing, and ``NotPlainError`` for dates that are written otherwise
    than from the year on and for numbers that are not plain: what they mean is told by all rows of a table
    together.
    """
    if roles.time_order not in rows.columns:
        return None
    if not rows.height:
        return np.zeros(0)
    frame = as_frame(named(rows, [roles.time_order]))
    series = undeclared(frame[roles.time_order])
    if series.dtype == pl.String:
        known = given(series)
        is_number = are_plain(known) and are_numbers(known)
        if not is_number and parse_dates(known, CLEAR_FORMATS[0]).null_count():
            raise NotPlainError(only_all_rows_tell(roles.time_order))
    return roles.times(frame)


def only_all_rows_tell(column: str) -> str:
    """Return why a table with such a column is left to the whole."""
    return f"only all rows together tell how its column {column!r} is written"


def are_plain(texts: pl.Series) -> bool:
    """Return whether each text is a number by itself, whatever others stand in its column.

    >>> [are_plain(pl.Series(texts)) for texts in (["-1.5", "2e3"], ["1,234"])]
    [True, False]
    """
    return not texts.cast(pl.Float64, strict=False).null_count()
