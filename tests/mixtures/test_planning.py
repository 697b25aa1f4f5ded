from __future__ import annotations

import numpy as np
import pytest

from shoal import Sequences
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.mixtures.kernel_view import KernelView
from shoal.mixtures.planning import LEAST_EPOCHS, SHARE, views_for
from shoal.mixtures.random_view import RandomView
from shoal.mixtures.targets import Targets
from shoal.mixtures.trained_view import TrainedView
from shoal.mixtures.views import Schooling


def schooling(N: int, T: int, channels: int = 1) -> Schooling:
    series = Sequences(np.zeros((N, channels, T), np.float32), np.full(N, T))
    folds = [(np.arange(N), np.arange(N))] * 5
    return Schooling(series, Targets(np.zeros(N)), folds, 0, channels=1)


def random_views(N: int, T: int, budget: float, channels: int = 1) -> list[RandomView]:
    views = views_for(schooling(N, T, channels), ["random"], budget, draws=3)
    return [view for view in views if isinstance(view, RandomView)]


def trained(budget: float, *kinds: str, T: int = 10) -> list[tuple[str, int, int]]:
    views = views_for(schooling(40, T), kinds, budget)
    return [(v.architecture.name, v.hidden[0], v.epochs) for v in views if isinstance(v, TrainedView)]


def test_random_convolutions_are_drawn_as_often_as_the_budget_allows_and_at_least_once() -> None:
    once = 30 * 10_000 * 50 * 100
    assert [random_views(50, 100, times * once)[0].draws for times in (0.1, 1, 2, 3, 9)] == [1, 1, 2, 3, 3]
    assert [view.differences for view in random_views(50, 100, once)] == [False, True]


def test_where_there_are_gaps_views_with_and_without_them_compete() -> None:
    assert [view.channels for view in random_views(50, 100, 1e10)] == [None, None]
    assert [view.channels for view in random_views(50, 100, 1e10, channels=2)] == [1, 1, None]


def test_likeness_is_for_few_samples_that_may_be_compared() -> None:
    def has_likeness(N: int, **settings: bool) -> bool:
        return any(
            isinstance(view, KernelView) for view in views_for(schooling(N, 5), ["random"], **settings)
        )

    assert has_likeness(4000)
    assert not has_likeness(4001)
    assert not has_likeness(40, likeness=False)


def test_a_budget_that_is_too_small_for_once_has_fewer_features() -> None:
    once = 30 * 10_000 * 50 * 100
    assert [random_views(50, 100, share * once)[0].features for share in (0.2, 1e-9)] == [2000, 336]


def test_many_samples_have_fewer_features() -> None:
    assert {view.features for view in random_views(4000, 10, 1e12)} == {10_000}
    assert {view.features for view in random_views(4001, 10, 1e12)} == {3000}


def test_networks_are_as_large_as_what_is_left_can_train() -> None:
    kinds = "random", "convolutional", "recurrent"
    random = 2 * 30 * 10_000 * 40 * 10
    assert trained(random, *kinds) == []
    assert trained(1e14, *kinds) == [("convolutional1d", 64, 100), ("recurrent", 64, 100)]
    sizes = [trained(budget, "random", "recurrent") for budget in (2e10, 4e10, 16e10)]
    assert [found[0][1:] if found else None for found in sizes] == sorted(
        (found[0][1:] if found else None for found in sizes), key=lambda size: size or (0, 0)
    )
    assert len({found[0][1] for found in sizes if found}) > 1


def test_random_convolutions_leave_each_kind_of_network_a_share_at_most() -> None:
    alone = trained(2e10, "recurrent")
    assert trained(2e10 / SHARE, "random", "recurrent") == alone
    assert trained(4e10, "convolutional", "recurrent")[1] == alone[0]


def test_the_smallest_network_is_trained_where_nothing_else_is_asked_for() -> None:
    assert trained(1, "recurrent") == [("recurrent", 8, LEAST_EPOCHS)]
    assert trained(1, "recurrent", "random") == []


def test_kinds_are_known_and_some() -> None:
    with pytest.raises(UnknownNameError, match="unknown view 'recurent'; did you mean 'recurrent'"):
        views_for(schooling(5, 5), ["recurent"])
    with pytest.raises(ConfigurationError, match="one kind at least"):
        views_for(schooling(5, 5), [])
