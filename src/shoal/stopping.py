"""When a member's training ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from shoal.errors import ConfigurationError
from shoal.shapes import Array, BoolArray, IntArray, is_number, whole_number


class Reason(IntEnum):
    """Why a member stopped; ``str()`` gives the words that reports use."""

    EPOCHS = 0
    CONVERGED = 1
    EARLY_STOPPING = 2
    DIVERGED = 3
    INTERRUPTED = 4
    DEADLINE = 5

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class Stopping:
    """The rules that end training, each applied to every member by itself.

    - ``epochs``: at most this many passes over the data (iterations, for a full-batch solver).
    - ``tolerance``: a full-batch solver has converged when the largest entry of |∂J/∂θ| is at most this.
    - ``patience``: with validation data, stop after this many epochs without a lower validation loss and
      return the parameters of the best epoch; None never stops early and returns the last ones.
    - a loss or parameter that is no longer finite ends the member as *diverged*, with its last finite
      parameters.

    Raises ``ConfigurationError`` for anything else than whole numbers ≥ 1 and a tolerance ≥ 0.

    Source of early stopping: Prechelt 1998, "Early stopping – but when?".

    >>> Stopping(epochs=100, patience=10).patience
    10
    """

    epochs: int = 200
    tolerance: float = 1e-5
    patience: int | None = None

    def __post_init__(self) -> None:
        whole_number(self.epochs, "epochs")
        if not is_number(self.tolerance) or not self.tolerance >= 0:
            raise ConfigurationError(f"tolerance must be a number ≥ 0, got {self.tolerance!r}")
        if self.patience is not None:
            whole_number(self.patience, "patience")


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
