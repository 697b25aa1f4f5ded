"""scikit-learn's rules of stopping and of learning rates, for P members at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.shapes import Array, BoolArray

SMALLEST_RATE = 1e-6


@dataclass
class Watch:
    """What a member's training is judged by, epoch after epoch: its loss, or its score on validation rows.

    An epoch that is not better than the ``best`` (P,) so far by at least ``tol`` counts, and any other begins
    the ``count`` (P,) anew.
    """

    tol: float
    best: Array
    count: Array
    higher_is_better: bool

    @classmethod
    def new(cls, size: int, tol: float, higher_is_better: bool) -> Watch:
        """Return the watch over ``size`` members that have not begun."""
        worst = -np.inf if higher_is_better else np.inf
        return cls(tol, np.full(size, worst), np.zeros(size, dtype=np.intp), higher_is_better)

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


@dataclass(frozen=True)
class Rates:
    """How learning rates change: "constant", "invscaling" or "adaptive"."""

    schedule: str
    initial: Array
    power_t: float

    def after_epoch(self, rate: Array, t: int) -> None:
        """Set ``rate`` (P,) after ``t`` samples: initial / (t + 1)^power_t with "invscaling"."""
        if self.schedule == "invscaling":
            rate[:] = self.initial / (t + 1) ** self.power_t

    def instead_of_stopping(self, rate: Array, due: BoolArray) -> BoolArray:
        """Divide the rates of members ``due`` to stop by 5, if "adaptive", and return who stops all the same.

        A rate of 1e-6 or less is divided no further.
        """
        if self.schedule != "adaptive":
            return due
        divided = due & (rate > SMALLEST_RATE)
        rate[divided] /= 5.0
        return due & ~divided
