from __future__ import annotations

import numpy as np

from shoal import Sequences
from shoal.mixtures.planning import views_for
from shoal.mixtures.random_view import RandomView
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Schooling


def schooling(N: int, T: int) -> Schooling:
    series = Sequences(np.zeros((N, 1, T), np.float32), np.full(N, T))
    return Schooling(series, Targets(np.zeros(N)), [], 0)


def random_views(N: int, T: int, budget: float, starts: int = 3) -> list[RandomView]:
    return [
        view for view in views_for(schooling(N, T), budget, starts=starts) if isinstance(view, RandomView)
    ]


def test_random_convolutions_are_drawn_as_often_as_the_budget_allows_and_at_least_once() -> None:
    once = 30 * 10_000 * 50 * 100
    assert [len(random_views(50, 100, times * once)) for times in (0.1, 1, 2, 3, 9)] == [2, 2, 4, 6, 6]
    assert len({view.start for view in random_views(50, 100, 3 * once)}) == 6
    assert [view.differences for view in random_views(50, 100, once)] == [False, True]


def test_many_samples_have_fewer_features() -> None:
    assert {view.features for view in random_views(4000, 10, 1e12)} == {10_000}
    assert {view.features for view in random_views(4001, 10, 1e12)} == {3000}
