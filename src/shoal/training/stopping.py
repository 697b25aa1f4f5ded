"""When a member's training ends."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from shoal.shapes import Array, BoolArray, IntArray


class Reason(IntEnum):
    """Why a member stopped; ``str()`` gives the words that reports use."""

    EPOCHS = 0
    CONVERGED = 1
    EARLY_STOPPING = 2
    DIVERGED = 3
    INTERRUPTED = 4
    DEADLINE = 5
    OUTDONE = 6

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class Plateau:
    """Ends a member as *converged* whose loss in training has not fallen by ``tol`` for too long.

    An epoch whose loss is not below the lowest so far by at least ``tol`` counts, any other begins the count
    anew, and more than ``patience`` of them in a row are too long. Source: scikit-learn's ``tol`` and
    ``n_iter_no_change``.
    """

    tol: float
    patience: float


@dataclass
class Watch:
    """What a member's training is judged by, epoch after epoch: its loss, or its score on validation rows.

    An epoch that is not better than the ``best`` (P,) so far by at least ``tol`` counts, and any other begins
    the ``count`` (P,) anew. Members with a count above ``patience`` are ``late``.

    Source: scikit-learn's ``tol`` and ``n_iter_no_change``.

    >>> watch = Watch.new(1, tol=0.1, patience=1, higher_is_better=False)
    >>> for loss in 0.9, 0.85, 0.7, 0.69, 0.68:
    ...     better = watch.see(np.array([loss]), np.array([True]))
    >>> watch.count.tolist(), watch.best.tolist(), watch.late.tolist()
    ([2], [0.68], [True])
    """

    tol: float
    patience: float
    best: Array
    count: IntArray
    higher_is_better: bool

    @classmethod
    def new(cls, size: int, tol: float, patience: float, higher_is_better: bool) -> Watch:
        """Return the watch over ``size`` members that have not begun."""
        worst = -np.inf if higher_is_better else np.inf
        return cls(tol, patience, np.full(size, worst), np.zeros(size, dtype=np.intp), higher_is_better)

    @classmethod
    def of(cls, plateau: Plateau | None, size: int) -> Watch | None:
        """Return the watch over ``size`` members that a rule asks for, if there is one."""
        if plateau is None:
            return None
        return cls.new(size, plateau.tol, plateau.patience, higher_is_better=False)

    def of_members(self, rows: IntArray) -> Watch:
        """Return the watch over some members."""
        return Watch(self.tol, self.patience, self.best[rows], self.count[rows], self.higher_is_better)

    def copy(self) -> Watch:
        """Return a watch that goes on by itself."""
        return copy.deepcopy(self)

    @property
    def late(self) -> BoolArray:
        """Whose epochs without doing better are too many (P,)."""
        return np.greater(self.count, self.patience)

    def see(self, values: Array, going: BoolArray) -> BoolArray:
        """Take note of an epoch of the members ``going`` (P,), and return whose is the best so far (P,).

        NaN is neither better nor worse than anything.
        """
        if self.higher_is_better:
            lags, better = values < self.best + self.tol, values > self.best
        else:
            lags, better = values > self.best - self.tol, values < self.best
        self.count[going] = np.where(lags, self.count + 1, 0)[going]
        better &= going
        self.best[better] = values[better]
        return better
