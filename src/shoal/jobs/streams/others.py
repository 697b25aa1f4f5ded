"""Whether tables that judge are apart from a table that nobody holds, and from each other.

They are read before it, and of their rows a number is kept for each group, or how many were when. The rows of
the table are then looked at as they pass by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from shoal.data.frames import as_frame, as_series, named, pl
from shoal.data.readers.delimited_parts import NotPlainError
from shoal.data.readers.parts import table_parts
from shoal.data.row_numbers import counting_rows, keep_rows
from shoal.data.tables import read_table
from shoal.data.targets.task import known_targets
from shoal.errors import DataError
from shoal.jobs.leakage import groups_are_shared, rows_are_early, times_are_others
from shoal.jobs.prepared import collected
from shoal.jobs.streams.drawing import counted, naming_rows
from shoal.jobs.streams.moments import Moments
from shoal.words import setting

if TYPE_CHECKING:
    from shoal.data.roles import Roles
    from shoal.jobs.request import FitRequest

Numbers = npt.NDArray[np.uint64]
TABLE = "the table"
"""How the table is called that others are apart from."""


class Others:
    """The tables that a request brings along, where its rows go by groups or a time; else none."""

    def __init__(self, roles: Roles) -> None:
        self.roles = roles
        self._read: list[_Other] = []

    @classmethod
    def read(cls, request: FitRequest, roles: Roles) -> Self:
        """Return them, of which all rows have passed by.

        Raises ``DataError`` for a damaged one, and for groups, times and weights that ``Roles`` refuses.
        """
        others = cls(roles)
        if roles.group is None and roles.time_order is None:
            return others
        assert request.target is not None
        for option in ("valid", "test"):
            if (path := getattr(request, option)) is not None:
                others._add(setting(option, path), path, request.target)
        return others

    def meet(self, rows: pl.DataFrame, whose: str = TABLE) -> None:
        """Note which groups of the tables some rows are of."""
        if not self._read or self.roles.group not in rows.columns or not rows.height:
            return
        names = _names(rows, self.roles)
        numbers = _numbers(names)
        for other in self._read:
            other.met(whose).add(names, numbers)

    def require_apart(self, moments: Moments | None) -> None:
        """Raise ``DataError`` where a table shares a group with another, or is not later than it.

        All rows of the table have been met, and were at these moments.
        """
        for j, other in enumerate(self._read):
            before = [(TABLE, other.met(TABLE), moments or Moments())]
            before += [(one.whose, one.met(other.whose), one.moments) for one in self._read[:j]]
            for whose, met, theirs in before:
                try:
                    _require_apart(met, self.roles, whose)
                    _require_later(other.moments, theirs, self.roles, whose)
                except DataError as error:
                    raise DataError(f"{other.whose}: {error}") from None

    def _add(self, whose: str, path: str, target: str) -> None:
        """Read a table, in parts if that can be; one without the target is told of where it is made ready."""
        try:
            other, first = _Other(whose), 0
            for part in table_parts(path, large=0):
                if target not in part.columns:
                    return
                with naming_rows(whose, first, part):
                    rows = part.filter(pl.Series(counted(part, target, self.roles)[0]))
                    other.moments.add(rows, self.roles)
                    self._know(other, rows)
                first += part.height
        except NotPlainError:
            with collected():  # what there is to tell is told where its rows are made ready
                table = read_table(path)
            if target not in table.columns:
                return
            other = _Other(whose)
            try:
                with counting_rows():
                    known = known_targets(as_series(table[target]))
                    keep_rows(known.to_numpy())
                    self._take(other, table.filter(known))
            except DataError as error:
                raise DataError(f"{whose}: {error}") from None
        self._read.append(other)

    def _take(self, other: _Other, rows: pl.DataFrame) -> None:
        """Know all rows of a table, whose times tell of each other how they are written."""
        weights = self.roles.weights(rows, of_all=False)
        if weights is not None:
            keep_rows(weights > 0)
            rows = rows.filter(pl.Series(weights > 0))
        times = self.roles.times(rows)
        if times is not None:
            other.moments.numbered = self.roles.has_numbered_times(rows)
            other.moments.count(times)
        self._know(other, rows)

    def _know(self, other: _Other, rows: pl.DataFrame) -> None:
        """Keep the groups of some rows of a table, and note which of the others have them."""
        if self.roles.group in rows.columns and rows.height:
            other.groups.add(_numbers(_names(rows, self.roles)))
            self.meet(rows, other.whose)


class _Other:
    """What is kept of a table: when its rows were, numbers of their groups, and whose these are as well."""

    def __init__(self, whose: str) -> None:
        self.whose, self.groups, self.moments = whose, _Numbers(), Moments()
        self._met: dict[str, _Met] = {}

    def met(self, whose: str) -> _Met:
        """Return which of its groups another has; from then on no group is added."""
        if whose not in self._met:
            self._met[whose] = _Met(self.groups.sorted())
        return self._met[whose]


class _Numbers:
    """Different numbers, added some at a time."""

    def __init__(self) -> None:
        self._known, self._new, self._size = np.zeros(0, dtype=np.uint64), list[Numbers](), 0

    def add(self, numbers: Numbers) -> None:
        self._new.append(numbers)
        self._size += numbers.size
        if self._size > self._known.size:
            self.sorted()

    def sorted(self) -> Numbers:
        """Return them, rising."""
        self._known = np.unique(np.concatenate([self._known, *self._new]))
        self._new, self._size = [], 0
        return self._known


class _Met:
    """Which of some ``numbers`` (G,), rising, have been met, and the ``first`` of their names."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers, self._seen = numbers, np.zeros(numbers.size, dtype=np.bool_)
        self.first: str | None = None

    def add(self, names: pl.Series, numbers: Numbers) -> None:
        """Note groups with these names (M,), whose numbers these are."""
        if not self.numbers.size:
            return
        place = np.minimum(np.searchsorted(self.numbers, numbers), self.numbers.size - 1)
        there = self.numbers[place] == numbers
        if there.any():
            self._seen[place[there]] = True
            found = names.filter(pl.Series(there)).to_list()
            self.first = min(found if self.first is None else [self.first, *found])

    @property
    def count(self) -> int:
        """How many have been met."""
        return int(self._seen.sum())


def _require_apart(met: _Met, roles: Roles, whose: str) -> None:
    if met.first is not None:
        raise groups_are_shared(met.count, met.first, whose, roles)


def _require_later(given: Moments, earlier: Moments, roles: Roles, whose: str) -> None:
    if not given.rows or not earlier.rows:
        return
    if given.numbered != earlier.numbered:
        raise times_are_others(bool(given.numbered), whose, roles)
    if early := given.until(earlier.starts[-1]):
        raise rows_are_early(early, whose, roles)


def _names(rows: pl.DataFrame, roles: Roles) -> pl.Series:
    """Return the different groups of some rows (M,)."""
    assert roles.group is not None
    groups = roles.groups(as_frame(named(rows, [roles.group])))
    assert groups is not None
    return groups.unique()


def _numbers(names: pl.Series) -> Numbers:
    """Return a number of 64 bits for each name (M,), the same throughout this process."""
    return names.hash().to_numpy()
