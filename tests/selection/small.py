"""Cohorts so small that they take milliseconds."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.selection.candidates.candidate import Form, grid
from shoal.selection.cohorts.cohort import CohortResult
from shoal.selection.cohorts.planning import Cohort, Member
from shoal.selection.cohorts.task import Conditions, Task
from shoal.training.recipe import Recipe

RECIPE = Recipe(solver="scg", epochs=5, batch_order="shared", seed=0)


def task(index: int, starts: int = 2, scale: float = 1.0) -> Task:
    """One of few members."""
    X = np.linspace(-1, 1, 8)[:, None]
    members = tuple(Member(grid([2], [0.0])[0], start) for start in range(starts))
    cohort = Cohort(index, Form((2,)), 0, members, work=10.0 - index)
    network = Network(1, [Dense(2, "tanh"), Dense(1)])
    y = scale * X[:, 0] ** 2 + index
    return Task(cohort, network, RECIPE, Conditions("float64"), X, y, np.arange(6), np.arange(6, 8))


def ended(results: Iterable[CohortResult | None]) -> dict[int, CohortResult]:
    """The results by number, without the pauses between them."""
    return {result.index: result for result in results if result is not None}
