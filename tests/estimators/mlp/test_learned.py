"""What an estimator keeps of a training is a value: making it changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal import MLPClassifier
from shoal.estimators.mlp.learned import Optimizer, beginning, of_descents, parameters
from shoal.estimators.training.coefficients import network_of
from shoal.estimators.training.full_batch import Descent
from shoal.losses import SquaredError

NETWORK = network_of((2, 1), (), 0.0, SquaredError())


def estimator(**settings: Any) -> MLPClassifier:
    return MLPClassifier(**{"solver": "scg", "max_iter": 9, **settings})


def descent(loss: float, theta: float = 1.0, **more: Any) -> Descent:
    settings = {"n_iter": 9, "curve": [2.0, loss], "converged": False, "message": "the end", **more}
    return Descent(theta=np.full(3, theta), loss=loss, **settings)


def test_records_begin_by_what_the_estimator_stops_for() -> None:
    by_loss = beginning(estimator(solver="adam"))
    assert (by_loss["best_loss_"], by_loss["best_validation_score_"]) == (np.inf, None)
    by_score = beginning(estimator(solver="adam", early_stopping=True))
    assert (by_score["best_loss_"], by_score["best_validation_score_"]) == (None, -np.inf)
    assert by_score["validation_scores_"] == []
    assert beginning(estimator()) == {"early_stopped_": False}


def test_the_best_start_is_the_estimators_own_and_others_are_its_ensemble() -> None:
    kept = parameters(NETWORK, np.arange(9.0).reshape(3, 3), 1, [0, 1, 2])
    assert kept["best_start_"] == 1
    assert kept["coefs_"][0].ravel().tolist() == [3, 4]
    assert kept["intercepts_"][0].tolist() == [5]
    assert [coefs[0].ravel().tolist() for coefs, _ in kept["_ensemble"]] == [[0, 1], [6, 7]]
    assert parameters(NETWORK, np.zeros((1, 3)), 0, [])["_ensemble"] == []


def test_of_descents_the_lowest_loss_counts_and_the_estimator_is_left_alone() -> None:
    est = estimator()
    before = dict(vars(est))
    learned = of_descents(est, NETWORK, [descent(3.0), descent(1.0), descent(np.nan)], np.float32)
    assert vars(est) == before
    found = learned.attributes
    assert (found["best_start_"], found["loss_"], found["loss_curve_"]) == (1, 1.0, [2.0, 1.0])
    assert found["_starts"].dtype == np.float32
    assert not found["diverged_"]


def test_only_sound_starts_are_averaged() -> None:
    together = estimator(combine_starts="ensemble")
    starts = [descent(3.0), descent(1.0), descent(np.nan), descent(2.0, np.inf)]
    assert len(of_descents(together, NETWORK, starts, np.float64).attributes["_ensemble"]) == 1
    assert of_descents(estimator(), NETWORK, starts, np.float64).attributes["_ensemble"] == []


@pytest.mark.parametrize(
    ("solver", "descents", "complaint", "failure"),
    [
        ("scg", [descent(1.0)], "scg stopped after 9 iterations (the end) before tol=0.0001 was reached", ""),
        (
            "lbfgs",
            [descent(1.0)],
            "lbfgs failed to converge after 9 iteration(s): the end. Raise max_iter=9.",
            "",
        ),
        ("scg", [descent(1.0, converged=True)], "", ""),
        ("scg", [descent(1.0), descent(2.0, interrupted=True)], "", ""),
        ("scg", [descent(np.nan)], "", "Training diverged in iteration 9 with scg: try alpha=0.001"),
        ("lbfgs", [descent(1.0, np.inf)], "", "Training diverged in iteration 9 with lbfgs"),
    ],
)
def test_what_there_is_to_say(solver: str, descents: list[Descent], complaint: str, failure: str) -> None:
    learned = of_descents(estimator(solver=solver), NETWORK, descents, np.float64)
    assert learned.complaint.startswith(complaint)
    assert bool(learned.complaint) == bool(complaint)
    assert learned.failure.startswith(failure)
    assert bool(learned.failure) == bool(failure)


def test_the_rate_is_that_of_the_next_epoch() -> None:
    assert Optimizer({}, np.array([0.5], np.float32)).learning_rate == 0.5
