"""How samples may be divided: at random, group by group, or the past from the future.

What a sample belongs to decides which others may train networks that it judges: rows of one patient know of
each other, and those of tomorrow tell of today. A `Divider` knows, and whoever needs parts asks it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from shoal.errors import ConfigurationError, DataError
from shoal.randomness import Purpose, check_seed, permutation
from shoal.selection.samples.splits import holdout, k_folds, require_folds, require_share
from shoal.words import plural

if TYPE_CHECKING:
    from shoal.shapes import Array, IntArray

    Split = tuple[IntArray, IntArray]

_GROUPS = 2**34
"""The first index of the random streams of groups, away from those of single samples."""


class Divider(ABC):
    """Divides n samples in two, or in folds; every part is sorted row numbers, and none is empty."""

    @abstractmethod
    def __len__(self) -> int:
        """The number of samples n."""

    @property
    @abstractmethod
    def most_folds(self) -> int:
        """The most folds that the samples can be divided into; fewer than 2 where they cannot be."""

    @abstractmethod
    def holdout(self, share: float, seed: int, index: int = 0) -> Split:
        """Return ``(rest, held)``, about ``share`` of the samples held out; ``index`` as in ``splits``."""

    @abstractmethod
    def folds(self, k: int, seed: int) -> list[Split]:
        """Return k pairs ``(train, held)``."""

    @abstractmethod
    def take(self, rows: IntArray) -> Self:
        """Return what divides these samples alone, which count anew from 0."""


@dataclass(frozen=True)
class AtRandom(Divider):
    """Divides n samples that know nothing of each other, stratified by class ``labels`` (n,) if given."""

    n: int
    labels: IntArray | None = None

    def __len__(self) -> int:
        return self.n

    @property
    def most_folds(self) -> int:
        return self.n

    def holdout(self, share: float, seed: int, index: int = 0) -> Split:
        return holdout(self.n, share, seed, self.labels, index)

    def folds(self, k: int, seed: int) -> list[Split]:
        return k_folds(self.n, k, seed, self.labels)

    def take(self, rows: IntArray) -> Self:
        return type(self)(len(rows), None if self.labels is None else self.labels[rows])


@dataclass(frozen=True)
class ByGroup(Divider):
    """Divides samples so that no group of ``groups`` (n,), whole numbers, is in two parts.

    Groups are dealt whole, the largest first and equal ones in random order, each to the part where it
    makes classes, or rows where there are no ``labels`` (n,), least uneven::

        Σ_b 1/q_b Σ_c (n_bc / n_c)²        q_b: the share that part b is to have, n_bc its rows of class c

    What is held out never has all rows of a class: the only group with a class stays in the rest.

    >>> rest, held = ByGroup(np.array([7, 7, 3, 3, 5])).holdout(0.4, seed=0)
    >>> rest.size, held.size
    (3, 2)
    """

    groups: IntArray
    labels: IntArray | None = None

    def __len__(self) -> int:
        return len(self.groups)

    @property
    def most_folds(self) -> int:
        return np.unique(self.groups).size

    def holdout(self, share: float, seed: int, index: int = 0) -> Split:
        require_share(share)
        self._require(2, "divided in two")
        part = self._dealt([1 - share, share], seed, index, keep_classes=True)
        return np.flatnonzero(part == 0), np.flatnonzero(part == 1)

    def folds(self, k: int, seed: int) -> list[Split]:
        require_folds(k)
        self._require(k, f"divided into {k} folds")
        part = self._dealt([1 / k] * k, seed, -1, keep_classes=False)
        return [(np.flatnonzero(part != j), np.flatnonzero(part == j)) for j in range(k)]

    def take(self, rows: IntArray) -> Self:
        return type(self)(self.groups[rows], None if self.labels is None else self.labels[rows])

    def _require(self, least: int, what: str) -> None:
        found = self.most_folds
        if found < least:
            raise DataError(
                f"{plural(len(self), 'row')} of {plural(found, 'group')} cannot be {what}, which takes "
                f"{least} groups at least; give rows of more groups, or ask for fewer folds"
            )

    def _dealt(self, shares: list[float], seed: int, index: int, keep_classes: bool) -> IntArray:
        """Return the part (n,) of every row."""
        codes = np.unique(self.groups, return_inverse=True)[1]
        labels = np.zeros(len(codes), dtype=np.intp) if self.labels is None else self.labels
        rows_of = _counted(codes, labels)
        totals = Counter(labels.tolist())
        order = permutation(len(rows_of), check_seed(seed), 0, Purpose.SPLIT, _GROUPS + 1 + index)
        sizes = np.array([sum(rows.values()) for rows in rows_of])
        order = order[np.argsort(-sizes[order], kind="stable")]
        has: list[Counter[int]] = [Counter() for _ in shares]
        empty, part = set(range(len(shares))), np.zeros(len(rows_of), dtype=np.intp)
        alone = _only_groups(rows_of) if keep_classes else frozenset()
        for place, group in enumerate(order.tolist()):
            left, open_to = len(order) - place, list(range(len(shares)))
            if left <= len(empty):  # whatever is best for the classes, no part stays empty
                open_to = sorted(empty)
            elif group in alone:
                open_to = [0]
            chosen = min(open_to, key=lambda b: _cost(rows_of[group], has[b], totals) / shares[b])
            has[chosen].update(rows_of[group])
            part[group] = chosen
            empty.discard(chosen)
        return part[codes]


def _counted(codes: IntArray, labels: IntArray) -> list[Counter[int]]:
    """Return how many rows of each class every group has."""
    pairs, times = np.unique(np.stack([codes, labels], axis=1), axis=0, return_counts=True)
    found: list[Counter[int]] = [Counter() for _ in range(int(codes.max()) + 1)]
    for (group, label), number in zip(pairs.tolist(), times.tolist(), strict=True):
        found[group][label] = number
    return found


def _only_groups(rows_of: list[Counter[int]]) -> frozenset[int]:
    """Return the groups that are the only ones with some class."""
    owners: dict[int, list[int]] = defaultdict(list)
    for group, rows in enumerate(rows_of):
        for label in rows:
            owners[label].append(group)
    return frozenset(own[0] for own in owners.values() if len(own) == 1)


def _cost(rows: Counter[int], has: Counter[int], totals: Counter[int]) -> float:
    """Return by how much Σ_c (n_c / N_c)² of a part that ``has`` n rises with a group's ``rows``."""
    return math.fsum(m * (2 * has[label] + m) / totals[label] ** 2 for label, m in rows.items())


@dataclass(frozen=True)
class Forward(Divider):
    """Divides samples by their ``times`` (n,): what is held out is later than all that trains for it.

    Rows of one time stay together: of that moment either all is known or nothing. Held out are the latest
    rows; of k folds the earlier half of the rows trains for all, and the later half is cut into k stretches,
    each held out with everything before it to train on::

        train_j = {t < c_j},   held_j = {c_j ≤ t < c_(j+1)}       c_j: the time of about row (k + j) n / 2k

    Source: Tashman 2000, "Out-of-sample tests of forecasting accuracy: an analysis and review", for rolling
    origins; López de Prado 2018, "Advances in Financial Machine Learning", 7.4, for purging.

    >>> [(train.size, held.tolist()) for train, held in Forward(np.arange(8.0)).folds(2, seed=0)]
    [(4, [4, 5]), (6, [6, 7])]
    """

    times: Array

    def __len__(self) -> int:
        return len(self.times)

    @property
    def most_folds(self) -> int:
        return np.unique(self.times).size - 1

    def holdout(self, share: float, seed: int, index: int = 0) -> Split:
        require_share(share)
        ((rest, held),) = self._cut([1 - share], "divided in two")
        return rest, held

    def folds(self, k: int, seed: int) -> list[Split]:
        require_folds(k)
        return self._cut(halves(k), f"divided into {k} folds")

    def take(self, rows: IntArray) -> Self:
        return type(self)(self.times[rows])

    def _cut(self, shares: list[float], what: str) -> list[Split]:
        """Return what is before and after each cut, about these shares of the rows before it."""
        cuts = cuts_between(*np.unique(self.times, return_counts=True), shares, what)
        ends = [*cuts[1:], np.inf]
        return [
            (np.flatnonzero(self.times < cut), np.flatnonzero((cut <= self.times) & (self.times < end)))
            for cut, end in zip(cuts, ends, strict=True)
        ]


@dataclass(frozen=True)
class Settled(Divider):
    """Divides samples into folds that are known, where ``fold`` (n,) says which one each is held out in.

    A sample of −1 is held out in none. With ``forward`` folds are stretches of time, and what trains for one
    are those before it, −1 the first of all::

        train_j = {fold ≠ j},   held_j = {fold = j};       forward: train_j = {fold < j}

    >>> [(train.tolist(), held.tolist()) for train, held in Settled(np.array([1, 0, 1])).folds(2, seed=0)]
    [([0, 2], [1]), ([1], [0, 2])]
    """

    fold: IntArray
    forward: bool = False

    def __len__(self) -> int:
        return len(self.fold)

    @property
    def most_folds(self) -> int:
        return int(self.fold.max()) + 1

    def holdout(self, share: float, seed: int, index: int = 0) -> Split:
        raise ConfigurationError(
            f"the samples are in {plural(self.most_folds, 'fold')} that are settled; ask for so many folds"
        )

    def folds(self, k: int, seed: int) -> list[Split]:
        require_folds(k)
        splits = [
            (
                np.flatnonzero(self.fold < j if self.forward else self.fold != j),
                np.flatnonzero(self.fold == j),
            )
            for j in range(k)
        ]
        if self.most_folds > k or not all(train.size and held.size for train, held in splits):
            raise DataError(
                f"{plural(len(self), 'row')} cannot be divided into {k} folds as these are settled: each "
                f"takes rows to train and to judge, and none is beyond fold {k - 1}; ask for fewer folds"
            )
        return splits

    def take(self, rows: IntArray) -> Self:
        return type(self)(self.fold[rows], self.forward)


def halves(k: int) -> list[float]:
    """Return the shares of the rows before each of k folds in time: the earlier half is before all."""
    return [(k + j) / (2 * k) for j in range(k)]


def cuts_between(moments: Array, counts: IntArray, shares: list[float], what: str) -> list[float]:
    """Return the moments that cut rows so that about these shares of them are before each, rising.

    ``moments`` (T,) are the different times, rising, of so many rows each (T,). No part is empty. Raises
    ``DataError`` for too few of them, where ``what`` says what rows cannot be.

    >>> cuts_between(np.array([1.0, 2.0, 5.0]), np.array([4, 1, 3]), [0.6], "divided in two")
    [5.0]
    """
    n = int(counts.sum())
    if moments.size <= len(shares):
        raise DataError(
            f"{plural(n, 'row')} of {plural(moments.size, 'different time')} cannot be {what} by time, which "
            f"takes {len(shares) + 1}; give rows of more times, or ask for fewer folds"
        )
    before, cuts, last = np.cumsum(counts)[:-1], list[float](), -1
    for j, share in enumerate(shares):
        best = int(np.abs(before - share * n).argmin())
        last = min(max(best, last + 1), before.size - (len(shares) - j))
        cuts.append(float(moments[last + 1]))
    return cuts
