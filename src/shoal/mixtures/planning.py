"""Which views a mixture is made of: what costs least first, and more for as long as the budget lasts."""

from __future__ import annotations

from collections.abc import Iterator

from shoal.mixtures.random_convolutions import KERNELS
from shoal.mixtures.random_view import RandomView
from shoal.mixtures.views import Schooling, View

BUDGET = 5e10
"""Operations, so that a fit is the same on every machine; seconds of one core by the tens."""
FEATURES = 10_000
LEAST_FEATURES = 4 * len(KERNELS)
MANY = 4000
FEWER_FEATURES = 3000
"""For more than ``MANY`` samples, for the decomposition takes their smaller number to the third power."""
STARTS = 2
PASSES = 10
"""Operations for each random feature of each step; with differences and means twice as many."""


def views_for(
    schooling: Schooling, budget: float = BUDGET, features: int = FEATURES, starts: int = STARTS
) -> list[View]:
    """Return the views that ``budget`` operations allow, the cheapest first.

    Random convolutions come in two kinds, of the series and with their differences, at least once and at
    most ``starts`` times.
    """
    if len(schooling.series) > MANY:
        features = min(features, FEWER_FEATURES)
    steps = float(schooling.series.lengths.sum())
    times = int(min(max(budget // (3 * PASSES * features * steps), 1), starts))
    return list(_random(features, times))


def _random(features: int, times: int) -> Iterator[View]:
    for start in range(times):
        yield RandomView(features, start=2 * start)
        yield RandomView(features, differences=True, means=True, start=2 * start + 1)
