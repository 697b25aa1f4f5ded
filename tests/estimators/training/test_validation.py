"""Scores on rows set aside, beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score

from shoal import MLPClassifier, MLPRegressor, Network
from shoal.engines import ENGINES
from shoal.estimators.training.validation import Validation
from shoal.layers import Dense
from shoal.networks import backprop
from shoal.shapes import Array

RNG = np.random.default_rng(0)
X, S = RNG.normal(size=(20, 3)), RNG.uniform(0.5, 2.0, size=20)


def judged(loss: str, y: Array, n_classes: int, s: Array = S) -> tuple[Array, Array, Array]:
    """Return the predictions (P, N, K) of two networks, their scores and their losses."""
    network = Network(3, [Dense(len(y))], loss)
    population = network.population(2, seed=0, dtype="float64")
    score, value = Validation(network, X, y, s, n_classes).judge(population.theta)
    return population.predict(X), score, value


def test_regressors_are_scored_by_r2_averaged_over_the_outputs() -> None:
    y = np.random.default_rng(1).normal(size=(2, 20))
    predicted, score, loss = judged("squared_error", y, 0)
    for p in range(2):
        assert score[p] == pytest.approx(r2_score(y.T, predicted[p], sample_weight=S))
        squares = np.square(y.T - predicted[p]).sum(axis=1) / 2
        assert loss[p] == pytest.approx((S * squares).sum() / S.sum() / 2)


def test_of_a_constant_target_r2_is_right_or_wrong() -> None:
    network = Network(3, [Dense(1)])
    theta = np.zeros((2, network.n_parameters))
    theta[1, -1] = 1.0  # the bias
    score, _ = Validation(network, X, np.ones((1, 20)), S, 0).judge(theta)
    assert score.tolist() == [0.0, 1.0]


def test_classifiers_are_scored_by_their_accuracy() -> None:
    y = np.eye(3)[np.random.default_rng(1).integers(0, 3, 20)].T
    predicted, score, _ = judged("cross_entropy", y, 3)
    expected = [accuracy_score(y.argmax(0), each.argmax(1), sample_weight=S) for each in predicted]
    np.testing.assert_allclose(score, expected)


def test_all_labels_of_a_row_must_be_right() -> None:
    y = np.random.default_rng(1).integers(0, 2, (2, 20)).astype(np.float64)
    predicted, score, _ = judged("log_loss", y, 2)
    expected = [accuracy_score(y.T > 0, each > 0.5, sample_weight=S) for each in predicted]
    np.testing.assert_allclose(score, expected)


def test_of_one_class_everything_is_right() -> None:
    assert judged("log_loss", np.zeros((1, 20)), 1)[1].tolist() == [1.0, 1.0]


@pytest.mark.skipif("native" not in ENGINES, reason="there is the reference engine alone")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_rows_are_judged_by_the_engine_that_trains(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the reference engine does for outputs is never called; scores are those of predictions."""
    monkeypatch.delattr(backprop, "sample_outputs")
    held = np.random.default_rng(2).normal(size=(9, 3))
    y, y_held = ((rows[:, 0] > 0).astype(int) for rows in (X, held))
    for n_jobs in (1, 2):
        estimator = kind(
            hidden_layer_sizes=(4,), early_stopping=True, max_iter=5, random_state=0, n_jobs=n_jobs
        )
        estimator.fit(X, y, X_val=held, y_val=y_held)
        assert max(estimator.validation_scores_) == pytest.approx(estimator.score(held, y_held))
