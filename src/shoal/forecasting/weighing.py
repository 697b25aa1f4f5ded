"""How much of each candidate is in a mixture: the same for all series, or for each its own."""

from __future__ import annotations

import numpy as np

from shoal.selection.choosing.ensemble import greedy
from shoal.shapes import Array, IntArray

LEAST_ORIGINS = 12
"""Origins of a series from which weights of its own are chosen."""
EARLY = 2 / 3
"""Of the origins, by which weights are compared on the rest."""
FIRST, NEAR = 5, 1.25


def weigh(errors_of: Errors, rows: IntArray) -> tuple[Array, Array | None]:
    """Return the weights (V,) of V candidates for all series, and those of each row, (R, V), or None.

    Weights of their own are taken where series have 12 origins or more and, chosen on the first two thirds
    of these, err less on the last third than the same weights for all.
    """
    V, R = len(errors_of.forecasts), int(rows.max()) + 1
    counts = np.bincount(rows, minlength=R)
    everyone = errors_of.weights(np.arange(len(rows)))
    if R < 2 or counts.min() < LEAST_ORIGINS:
        return everyone, None
    place = _places(rows, counts)
    early = place < EARLY * counts[rows]
    late, common = 0.0, errors_of.weights(np.flatnonzero(early))
    together = errors_of.of(common, np.flatnonzero(~early)).sum()
    for row in range(R):
        mine = rows == row
        own = errors_of.weights(np.flatnonzero(mine & early))
        late += errors_of.of(own, np.flatnonzero(mine & ~early)).sum()
    if late >= together:
        return everyone, None
    own = np.zeros((R, V))
    for row in range(R):
        own[row] = errors_of.weights(np.flatnonzero(rows == row))
    return everyone, own


class Errors:
    """The errors of mixtures of ``forecasts`` (V, N, h), in the units (N, 1) of their series."""

    def __init__(self, forecasts: Array, actual: Array, scales: Array) -> None:
        self.forecasts, self.actual, self.scales = forecasts, actual, scales

    @property
    def count(self) -> int:
        """The forecasts N."""
        return len(self.actual)

    def some(self, candidates: IntArray) -> Errors:
        """Return those of some candidates."""
        return Errors(self.forecasts[candidates], self.actual, self.scales)

    def alone(self, candidate: int) -> float:
        """Return the mean error of one candidate."""
        return float((np.abs(self.forecasts[candidate] - self.actual) / self.scales).mean())

    def weights(self, some: IntArray) -> Array:
        """Return the weights (V,) that are picked greedily for some of the forecasts.

        The picks begin with the best five, of those that err at most a quarter more than the best:
        neighbouring origins are hardly more than one, and what a few of them prefer is chance.
        """
        actual, scales = self.actual[some], self.scales[some]

        def losses(mixed: Array) -> Array:
            return np.asarray((np.abs(mixed - actual) / scales).mean(axis=1))

        alone = np.array([losses(forecasts).mean() for forecasts in self.forecasts[:, some]])
        best = np.argsort(alone, kind="stable")[:FIRST]
        near = best[alone[best] <= NEAR * alone[best[0]]]
        picks, _ = greedy(self.forecasts[:, some], losses, first=near.tolist())
        return np.bincount(picks, minlength=len(self.forecasts)) / len(picks)

    def of(self, weights: Array, some: IntArray) -> Array:
        """Return the errors (n,) of one mixture for some of the forecasts."""
        mixed = np.tensordot(weights, self.forecasts[:, some], 1)
        return np.asarray((np.abs(mixed - self.actual[some]) / self.scales[some]).mean(axis=1))


def _places(rows: IntArray, counts: IntArray) -> IntArray:
    """Return which forecast of its row each is, the earliest first, as they come."""
    place = np.empty(len(rows), dtype=np.intp)
    for row in range(len(counts)):
        place[rows == row] = np.arange(counts[row])
    return place
