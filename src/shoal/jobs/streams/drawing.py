"""Rows drawn at random from a table that is read once, in parts, and never held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from shoal.data.cells.values import given, undeclared
from shoal.data.frames import as_frame, as_series, named, pl
from shoal.data.readers.delimited_parts import NotPlainError
from shoal.data.readers.parts import table_parts
from shoal.data.roles import Roles
from shoal.data.row_numbers import counting_rows, keep_rows
from shoal.data.targets.task import known_targets
from shoal.errors import DataError
from shoal.jobs.streams.buckets import BUCKETS, buckets_of
from shoal.jobs.streams.moments import Moments, are_plain, only_all_rows_tell
from shoal.randomness import SHARED, Purpose, stream
from shoal.shapes import Array, BoolArray, IntArray

_STREAM = 2**34
"""The index of the random stream that rows are drawn by, away from those of shares and folds."""
NO_ROLES = Roles()
Passing: TypeAlias = Callable[[pl.DataFrame, IntArray, Array], None]
"""What is shown rows that may be drawn (N,), with their places in the table and their random numbers."""


@dataclass(frozen=True)
class DrawnRows:
    """The ``rows`` drawn, as the file has them, in its order, and their ``numbers`` (M,) there, from 0 on.

    ``draws`` (M,) are their random numbers (``drawing_stream``), and ``ranks`` (M,) 0, 1, … in the order of
    these. ``known`` of the ``total`` rows
    have a target and count for something, and no others are drawn; ``weightless`` are those that would but
    for their weight. ``tally`` are the known rows of each bucket of groups, where there are groups.
    """

    rows: pl.DataFrame
    numbers: IntArray
    draws: Array
    ranks: IntArray
    known: int
    weightless: int
    total: int
    tally: IntArray | None = None
    moments: Moments | None = None
    besides: int = 0

    @property
    def at_random(self) -> int:
        """How many of the rows were drawn."""
        return self.rows.height - self.besides


def draw(
    source: str,
    target: str,
    seed: int,
    most: int,
    roles: Roles = NO_ROLES,
    passing: Passing = lambda rows, numbers, draws: None,
) -> DrawnRows:
    """Return so many rows of a table, or all of them, each as likely as any other.

    They are those with the least of random numbers that each row has by its place, so that they do not depend
    on the parts in which the table is read. All rows that may be drawn are ``passing`` by, part by part.

    Raises ``DataError`` for a damaged table, one without the target, one whose target is never known, and for
    groups and weights that ``Roles`` refuses; and ``NotPlainError`` for one that has to be read as a whole.
    """
    bits = drawing_stream(seed)
    pool, limit, total, known, weightless = _Pool(), np.uint64(2**64 - 1), 0, 0, 0
    tally = None if roles.group is None else np.zeros(BUCKETS, dtype=np.intp)
    moments = None if roles.time_order is None else Moments()
    for part in table_parts(source, large=0):
        if target not in part.columns:
            raise DataError(f"{source} has no column {target!r} to predict; its columns: {part.columns}")
        with naming_rows(source, total, part):
            there, without = counted(part, target, roles)
            draws = bits.random_raw(part.height)
            taken = there & (draws <= limit)
            pool.add(part.filter(pl.Series(taken)), total + np.flatnonzero(taken), draws[taken])
            counting = part.filter(pl.Series(there))
            if tally is not None and (buckets := buckets_of(counting, roles, seed)) is not None:
                tally += np.bincount(buckets, minlength=BUCKETS)
            if moments is not None:
                moments.add(counting, roles)
            passing(counting, total + np.flatnonzero(there), draws[there])
        if pool.size > 2 * most:
            limit = pool.keep(most)
        total, known, weightless = total + part.height, known + int(there.sum()), weightless + without
    if not known:
        where = f"all {total} rows"
        if weightless:
            where = f"all of {total} rows but those that count for nothing, by {roles.weight!r}"
        raise DataError(f"the target {target!r} is missing in {where}; give a column with values")
    pool.keep(most)
    return pool.drawn(known, weightless, total, tally, moments)


def drawing_stream(seed: int) -> np.random.BitGenerator:
    """Return what has a random number for each row of a table, in its order: ``random_raw``."""
    return stream(seed, SHARED, Purpose.SPLIT, _STREAM).bit_generator


def counted(part: pl.DataFrame, target: str, roles: Roles) -> tuple[BoolArray, int]:
    """Return which rows have a target and count for something (N,), and how many only have a target.

    From then on those are the rows that are kept.
    """
    known: BoolArray = known_targets(as_series(part[target])).to_numpy()
    keep_rows(known)
    weights = weights_of(part.filter(pl.Series(known)), roles)
    if weights is None or weights.all():
        return known, 0
    keep_rows(weights > 0)
    there = known.copy()
    there[known] = weights > 0
    return there, int((weights == 0).sum())


def weights_of(part: pl.DataFrame, roles: Roles) -> Array | None:
    """Return what each row counts for (N,), as it is told; None where the table does not say.

    Raises ``NotPlainError`` for texts of which only all rows together tell the decimal mark.
    """
    if roles.weight not in part.columns or not part.height:
        return None
    found = roles.weights(as_frame(named(part, [roles.weight])), of_all=False)
    told = undeclared(as_series(part[roles.weight]))
    if told.dtype == pl.String and not are_plain(given(told)):
        raise NotPlainError(only_all_rows_tell(told.name))
    return found


@contextmanager
def naming_rows(source: str, first: int, part: pl.DataFrame) -> Iterator[None]:
    """Have an error say in which rows of a table it is, and count them."""
    try:
        with counting_rows(first):
            yield
    except DataError as error:
        raise DataError(f"{source}, data rows {first + 1} to {first + part.height}: {error}") from None


class _Pool:
    """Rows with their numbers and draws, the smallest of which are kept."""

    def __init__(self) -> None:
        self._rows: list[pl.DataFrame] = []
        self._numbers: list[IntArray] = []
        self._draws: list[Array] = []
        self.size = 0

    def add(self, rows: pl.DataFrame, numbers: IntArray, draws: Array) -> None:
        if rows.height:
            self._rows.append(rows)
            self._numbers.append(numbers)
            self._draws.append(draws)
            self.size += rows.height

    def keep(self, most: int) -> np.uint64:
        """Keep the rows with the smallest draws; return the largest of those."""
        draws = np.concatenate(self._draws)
        kept = np.sort(np.argsort(draws, kind="stable")[:most])
        self._rows = [pl.concat(self._rows)[kept]]
        self._numbers, self._draws = [np.concatenate(self._numbers)[kept]], [draws[kept]]
        self.size = len(kept)
        return np.uint64(self._draws[0].max())

    def drawn(
        self, known: int, weightless: int, total: int, tally: IntArray | None, moments: Moments | None
    ) -> DrawnRows:
        """Return what has been kept."""
        ranks = np.empty(self.size, dtype=np.intp)
        ranks[np.argsort(self._draws[0], kind="stable")] = np.arange(self.size)
        return DrawnRows(
            self._rows[0], self._numbers[0], self._draws[0], ranks, known, weightless, total, tally, moments
        )
