"""In which fold each row of a table is held out that nobody holds: it says so by itself, when it is read."""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from shoal.data.frames import pl
from shoal.data.roles import Floats, Roles
from shoal.errors import DataError
from shoal.jobs.streams.moments import Moments, times_of
from shoal.jobs.streams.sides import buckets_of
from shoal.selection.samples.dividers import halves
from shoal.shapes import Array, IntArray
from shoal.words import plural


@dataclass(frozen=True)
class Folds(ABC):
    """What tells the fold of a row, of so many."""

    count: int

    @property
    def forward(self) -> bool:
        """Whether what trains for a fold are those before it."""
        return False

    @abstractmethod
    def of(self, rows: pl.DataFrame, draws: Array) -> IntArray:
        """Return the fold of rows to train on (N,), 0 … count − 1, −1 for none; ``draws`` (N,) are theirs."""


@dataclass(frozen=True)
class DrawnFolds(Folds):
    """Folds at random: by the lowest digits of the numbers whose highest decide which rows are drawn."""

    def of(self, rows: pl.DataFrame, draws: Array) -> IntArray:
        return (draws % np.uint64(self.count)).astype(np.intp)


@dataclass(frozen=True)
class GroupFolds(Folds):
    """All rows of a bucket of groups are in one fold, ``of_bucket`` (BUCKETS,)."""

    of_bucket: IntArray
    roles: Roles
    seed: int

    def of(self, rows: pl.DataFrame, draws: Array) -> IntArray:
        buckets = buckets_of(rows, self.roles, self.seed)
        assert buckets is not None
        return self.of_bucket[buckets]


@dataclass(frozen=True)
class TimeFolds(Folds):
    """The later half of the rows in stretches that begin at ``cuts`` (count,), the earlier in none."""

    cuts: Floats
    roles: Roles

    @classmethod
    def of_moments(cls, count: int, moments: Moments, roles: Roles) -> TimeFolds:
        """Return the folds of rows that were at these moments, as ``dividers.Forward`` has them."""
        return cls(count, np.array(moments.cuts(halves(count), f"divided into {count} folds")), roles)

    @property
    def forward(self) -> bool:
        return True

    def of(self, rows: pl.DataFrame, draws: Array) -> IntArray:
        times = times_of(rows, self.roles)
        assert times is not None
        return np.searchsorted(self.cuts, times, side="right") - 1


def deal_folds(tally: IntArray, count: int) -> IntArray:
    """Return the fold of each bucket, of which a ``tally`` (BUCKETS,) counts the rows to train on.

    Buckets are dealt from the largest on, each to the fold that has the fewest rows by then. Raises
    ``DataError`` for fewer buckets with rows than folds.

    >>> deal_folds(np.array([5, 0, 9, 4, 3]), 2).tolist()
    [1, 0, 0, 1, 0]
    """
    filled = np.flatnonzero(tally)
    if filled.size < count:
        raise DataError(
            f"{plural(int(tally.sum()), 'row')} of {plural(filled.size, 'group')} cannot be divided into "
            f"{count} folds, which takes {count} groups at least; give rows of more groups, or ask for fewer "
            "folds"
        )
    of_bucket = np.zeros(len(tally), dtype=np.intp)
    has = [(0, fold) for fold in range(count)]
    for bucket in filled[np.argsort(-tally[filled], kind="stable")].tolist():
        rows, fold = has[0]
        of_bucket[bucket] = fold
        heapq.heapreplace(has, (rows + int(tally[bucket]), fold))
    return of_bucket
