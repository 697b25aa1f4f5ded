"""Rows drawn at random from a table that is read once, in parts, and never held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.data.frames import as_series, pl
from shoal.data.readers.parts import table_parts
from shoal.data.targets.task import known_targets
from shoal.errors import DataError
from shoal.randomness import SHARED, Purpose, stream
from shoal.shapes import Array, BoolArray, IntArray

_STREAM = 2**34
"""The index of the random stream that rows are drawn by, away from those of shares and folds."""


@dataclass(frozen=True)
class Drawn:
    """The ``rows`` drawn, as the file has them, in its order, and their ``numbers`` (M,) there, from 0 on.

    ``ranks`` (M,) are 0, 1, … in the random order in which they were drawn. ``known`` of the ``total`` rows
    have a target, and no others are drawn.
    """

    rows: pl.DataFrame
    numbers: IntArray
    ranks: IntArray
    known: int
    total: int


def draw(source: str, target: str, seed: int, most: int) -> Drawn:
    """Return so many rows of a table, or all of them, each as likely as any other.

    They are those with the least of random numbers that each row has by its place, so that they do not depend
    on the parts in which the table is read.

    Raises ``DataError`` for a damaged table, one without the target, and one whose target is never known; and
    ``NotPlainError`` for one that has to be read as a whole.
    """
    bits = stream(seed, SHARED, Purpose.SPLIT, _STREAM).bit_generator
    pool, limit, total, known = _Pool(), np.uint64(2**64 - 1), 0, 0
    for part in table_parts(source, large=0):
        if target not in part.columns:
            raise DataError(f"{source} has no column {target!r} to predict; its columns: {part.columns}")
        there, draws = targets_known(part, target), bits.random_raw(part.height)
        taken = there & (draws <= limit)
        pool.add(part.filter(pl.Series(taken)), total + np.flatnonzero(taken), draws[taken])
        if pool.size > 2 * most:
            limit = pool.keep(most)
        total, known = total + part.height, known + int(there.sum())
    if not known:
        raise DataError(f"the target {target!r} is missing in all {total} rows; give a column with values")
    pool.keep(most)
    return pool.drawn(known, total)


def targets_known(part: pl.DataFrame, target: str) -> BoolArray:
    """Return which rows have a target (N,)."""
    known: BoolArray = known_targets(as_series(part[target])).to_numpy()
    return known


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

    def drawn(self, known: int, total: int) -> Drawn:
        """Return what has been kept."""
        ranks = np.empty(self.size, dtype=np.intp)
        ranks[np.argsort(self._draws[0], kind="stable")] = np.arange(self.size)
        return Drawn(self._rows[0], self._numbers[0], ranks, known, total)
