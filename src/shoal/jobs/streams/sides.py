"""On which side of a division rows are, by their group or their time, in a table that nobody holds.

A row that is read says by itself where it belongs. A group's name is hashed into one of many buckets, and all
rows of a bucket are on one side; of times those are on one side that are between two moments.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from shoal.data.frames import pl
from shoal.data.roles import Floats, Roles
from shoal.errors import DataError
from shoal.jobs.streams.buckets import buckets_of
from shoal.jobs.streams.folds import Folds, GroupFolds, TimeFolds, deal_folds
from shoal.jobs.streams.moments import Moments, times_of
from shoal.selection.samples.splits import require_share
from shoal.shapes import BoolArray, IntArray
from shoal.words import plural

TRAINS, VALIDATES, TESTS = 0, 1, 2


class Sides(ABC):
    """What tells the side of a row, and how many rows each side has."""

    @abstractmethod
    def of(self, rows: pl.DataFrame) -> IntArray:
        """Return the side of each row (N,)."""

    @property
    @abstractmethod
    def trained(self) -> int:
        """How many rows of the table are to train on."""

    @abstractmethod
    def folds(self, count: int) -> Folds:
        """Return so many folds of the rows to train on, which are apart as the sides are.

        Raises ``DataError`` for too few groups, or different times.
        """

    def train(self, rows: pl.DataFrame) -> BoolArray:
        """Return which rows are to train on (N,)."""
        return np.equal(self.of(rows), TRAINS)


@dataclass(frozen=True)
class GroupSides(Sides):
    """The side of each bucket, ``of_bucket`` (BUCKETS,), for the groups of ``roles`` and a seed.

    ``tally`` (BUCKETS,) counts the rows of each.
    """

    of_bucket: IntArray
    tally: IntArray
    roles: Roles
    seed: int

    def of(self, rows: pl.DataFrame) -> IntArray:
        buckets = buckets_of(rows, self.roles, self.seed)
        assert buckets is not None
        return self.of_bucket[buckets]

    @property
    def trained(self) -> int:
        return int(self.tally[self.of_bucket == TRAINS].sum())

    def folds(self, count: int) -> Folds:
        tally = np.where(self.of_bucket == TRAINS, self.tally, 0)
        return GroupFolds(count, deal_folds(tally, count), self.roles, self.seed)


@dataclass(frozen=True)
class TimeSides(Sides):
    """What is before the first of ``cuts`` trains, and ``parts`` are the sides after each of them, rising.

    ``moments`` count the rows of the table.
    """

    cuts: Floats
    parts: IntArray
    moments: Moments
    roles: Roles

    @classmethod
    def of_shares(cls, moments: Moments, shares: Sequence[tuple[int, float]], roles: Roles) -> Self:
        """Return the sides that have about these shares of the rows that are left before them, latest first.

        Rows of one time are on one side. Raises ``DataError`` for too few different times.
        """
        cuts, left = list[float](), moments
        for _, share in shares:
            require_share(share)
            cuts += left.cuts([1 - share], "divided in two")
            left = left.before(cuts[-1])
        sides = np.array([TRAINS, *(side for side, _ in shares[::-1])], dtype=np.intp)
        return cls(np.array(cuts[::-1]), sides, moments, roles)

    def of(self, rows: pl.DataFrame) -> IntArray:
        times = times_of(rows, self.roles)
        assert times is not None
        return self.parts[np.searchsorted(self.cuts, times, side="right")]

    @property
    def before(self) -> Moments:
        """When the rows to train on were."""
        return self.moments.before(self.cuts[0]) if self.cuts.size else self.moments

    @property
    def trained(self) -> int:
        return self.before.rows

    def folds(self, count: int) -> Folds:
        return TimeFolds.of_moments(count, self.before, self.roles)


def choose_sides(tally: IntArray, shares: Sequence[tuple[int, int]]) -> IntArray:
    """Return the side of each bucket, of which a ``tally`` (BUCKETS,) counts the rows.

    ``shares`` are sides with the rows that each is to have: at most so many, unless even one bucket has more.
    Buckets are numbered at random, so the first that fit are as good as any others.

    Raises ``DataError`` where none are left to train on.
    """
    of_bucket = np.full(len(tally), TRAINS, dtype=np.intp)
    for side, wanted in shares:
        free = np.flatnonzero((of_bucket == TRAINS) & (tally > 0))
        taken, rows = [], 0
        for bucket in free.tolist():
            if rows + tally[bucket] <= wanted:
                taken.append(bucket)
                rows += int(tally[bucket])
        of_bucket[taken or free[np.argsort(tally[free], kind="stable")[:1]]] = side
    if not tally[of_bucket == TRAINS].any():
        raise DataError(
            f"the rows are of {plural(int((tally > 0).sum()), 'group')}, too few for parts that share none; "
            "divide by a finer column"
        )
    return of_bucket
