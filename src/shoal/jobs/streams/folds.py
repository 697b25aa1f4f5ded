"""In which fold each row of a table is held out that nobody holds: it says so by itself, when it is read."""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from shoal.data.frames import pl
from shoal.data.roles import Floats, Roles
from shoal.errors import DataError
from shoal.jobs.streams.buckets import buckets_of
from shoal.jobs.streams.moments import Moments, times_of
from shoal.randomness import SHARED, Purpose, stream
from shoal.selection.samples.dividers import halves
from shoal.shapes import Array, IntArray
from shoal.words import plural

_DECKS = 2**35
"""The first index of the random streams that classes are dealt by, away from those of rows that are drawn."""
FoldsOf: TypeAlias = Callable[[pl.DataFrame, Array, Array], IntArray]
"""What returns the folds of rows to train on (N,), −1 for none, by the rows, their draws (N,) and y (N,)."""


@dataclass(frozen=True)
class Folds(ABC):
    """What tells the fold of a row, of so many: 0 … count − 1."""

    count: int

    @property
    def forward(self) -> bool:
        """Whether what trains for a fold are those before it."""
        return False

    @abstractmethod
    def reading(self) -> FoldsOf:
        """Return what is to be called for the parts of the table, from the first on, in their order."""


@dataclass(frozen=True)
class DrawnFolds(Folds):
    """Folds at random: by the lowest digits of the numbers whose highest decide which rows are drawn."""

    def reading(self) -> FoldsOf:
        return lambda rows, draws, y: (draws % np.uint64(self.count)).astype(np.intp)


@dataclass(frozen=True)
class ClassFolds(Folds):
    """Folds of which each has its share of every class: of any class their rows differ by one at most.

    The rows of a class are dealt like cards, k to each round in a random order. First come those that were
    drawn, which judge: ``draws`` (M,) are their numbers, and ``labels`` (M,) their classes, of ``n_classes``;
    then all others as they are read. So the folds of those that judge need no more than these, and are even.

    Source: Zelen 1974, "The randomization and stratification of patients to clinical trials", for blocks
    permuted at random within each stratum.
    """

    draws: Array
    labels: IntArray
    n_classes: int
    seed: int

    def reading(self) -> FoldsOf:
        decks = [_Deck(self.count, self.seed, label) for label in range(self.n_classes)]
        order = np.argsort(self.draws)
        draws, dealt = self.draws[order], _deal(decks, self.labels)[order]

        def folds_of(rows: pl.DataFrame, numbers: Array, y: Array) -> IntArray:
            place = np.minimum(np.searchsorted(draws, numbers), len(draws) - 1)
            found, others = dealt[place], draws[place] != numbers
            found[others] = _deal(decks, y[others])
            return found

        return folds_of


class _Deck:
    """Folds in a random order, each once before any comes again; ``label`` numbers the decks of a seed."""

    def __init__(self, count: int, seed: int, label: int) -> None:
        self.count = count
        self._bits = stream(seed, SHARED, Purpose.SPLIT, _DECKS + label).bit_generator
        self._left = np.zeros(0, dtype=np.intp)

    def deal(self, n: int) -> IntArray:
        """Return the next n folds (n,)."""
        rounds = max(-(-(n - self._left.size) // self.count), 0)
        orders = self._bits.random_raw(rounds * self.count).reshape(rounds, self.count).argsort(axis=1)
        dealt = np.concatenate([self._left, orders.ravel()])
        self._left = dealt[n:]
        return dealt[:n]


def _deal(decks: Sequence[_Deck], labels: Array) -> IntArray:
    """Return the folds of rows (N,) that are dealt from the decks of their classes, ``labels`` (N,)."""
    found = np.empty(len(labels), dtype=np.intp)
    for label in np.unique(labels).tolist():
        own = np.flatnonzero(labels == label)
        found[own] = decks[int(label)].deal(own.size)
    return found


@dataclass(frozen=True)
class GroupFolds(Folds):
    """All rows of a bucket of groups are in one fold, ``of_bucket`` (BUCKETS,)."""

    of_bucket: IntArray
    roles: Roles
    seed: int

    def reading(self) -> FoldsOf:
        return lambda rows, draws, y: self._of(rows)

    def _of(self, rows: pl.DataFrame) -> IntArray:
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

    def reading(self) -> FoldsOf:
        return lambda rows, draws, y: self._of(rows)

    def _of(self, rows: pl.DataFrame) -> IntArray:
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
