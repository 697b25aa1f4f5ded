from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal import MLPClassifier
from shoal.estimators.search.cohorts import train_cohorts
from shoal.estimators.search.folds import Fold

X = np.random.default_rng(0).normal(size=(24, 3))
Y = (X[:, 0] > 0).astype(int)
FOLDS = [Fold(X, Y, np.arange(0, 16)), Fold(X, Y, np.arange(8, 24))]


def network(**settings: Any) -> Any:
    few = {"hidden_layer_sizes": (2,), "max_iter": 3, "tol": 0.0, "n_iter_no_change": 9, "random_state": 0}
    return MLPClassifier(**(few | settings))


def cohorts_of(*networks: Any, folds: list[Fold] = FOLDS) -> list[int]:
    """How many fits each population was."""
    sizes: list[int] = []
    fitted = train_cohorts(networks, folds, 1, sizes.append)
    assert sorted(fitted) == [(c, f) for c in range(len(networks)) for f in range(len(folds))]
    return sizes


def test_strengths_rates_and_seeds_may_differ_within_a_population() -> None:
    assert cohorts_of(network(), network(alpha=1.0), network(random_state=5, learning_rate_init=0.1)) == [6]


def test_whatever_else_differs_is_a_population_of_its_own() -> None:
    assert cohorts_of(network(), network(hidden_layer_sizes=(3,)), network(batch_size=4)) == [2, 2, 2]


def test_folds_of_other_sizes_are_trained_apart() -> None:
    assert cohorts_of(network(), folds=[*FOLDS, Fold(X, Y, np.arange(10))]) == [2, 1]


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")  # three epochs are few
def test_each_is_as_if_it_was_fitted_by_itself() -> None:
    networks = [network(random_state=1), network(random_state=2, alpha=0.5)]
    fitted = train_cohorts(networks, FOLDS, 1)
    for c, each in enumerate(networks):
        for f, fold in enumerate(FOLDS):
            became = fitted[c, f]
            assert became.used_up
            assert (became.failure, became.estimator.alpha) == ("", each.alpha)
            alone = network(**each.get_params() | {"n_jobs": 1}).fit(X[fold.train], Y[fold.train])
            for one, other in zip(became.estimator.coefs_, alone.coefs_, strict=True):
                assert one.tobytes() == other.tobytes()
