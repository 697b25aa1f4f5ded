"""The scores of a search are what each estimator's ``score`` says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from shoal import MLPClassifier, MLPRegressor
from shoal.estimators.search.scores import ScoredRows
from shoal.shapes import Array

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
SEEN, HELD = np.arange(0, 150, 2), np.arange(1, 150, 2)
NAMES = np.array(["setosa", "versicolor", "virginica"])
INDICATORS = np.stack([Y > 0, Y > 1], axis=1).astype(int)


class Pessimist(MLPClassifier):
    def score(self, X: Array, y: Array, sample_weight: Array | None = None) -> float:
        return float(super().score(X, y, sample_weight) / 2)


def own_score(estimator: Any, X: Array, y: Array) -> float:
    return float(estimator.score(X, y))


@pytest.mark.parametrize(
    ("estimator", "y"),
    [
        (MLPClassifier(), Y),
        (MLPClassifier(dtype="float32"), NAMES[Y]),
        (MLPClassifier(), list(Y)),
        (MLPClassifier(), Y > 1),
        (MLPClassifier(), NAMES[Y // 2]),
        (MLPClassifier(), INDICATORS),
        (Pessimist(), Y),
        (MLPRegressor(), Y / 2),
        (MLPRegressor(), Y),
        (MLPRegressor(dtype="float32"), Y / 2),
        (MLPRegressor(dtype="float32"), Y.astype(np.float32)),
        (MLPRegressor(), np.stack([Y / 2, Y], axis=1)),
        (make_pipeline(StandardScaler(), MLPClassifier()), NAMES[Y]),
        (make_pipeline(StandardScaler(), MLPRegressor()), Y / 2),
    ],
    ids=range(14),
)
def test_a_score_is_the_estimators_own(estimator: Any, y: Any) -> None:
    network = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    network.set_params(max_iter=20, random_state=0, learning_rate_init=0.01)
    estimator.fit(X[SEEN], np.asarray(y)[SEEN])
    part = ScoredRows(estimator, X, y, HELD)
    expected = estimator.score(X[HELD], np.asarray(y)[HELD])
    assert 0 < expected < 1
    for _ in range(2):
        found = part.score(estimator, own_score, True, np.nan)
        assert found == pytest.approx(expected, rel=1e-7)  # scikit-learn 1.7 adds up in the precision of y
    assert part.score(estimator, lambda *_: 0.25, False, np.nan) == 0.25


@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_a_constant_target_is_scored_as_scikit_learn_does(constant: float) -> None:
    regressor = MLPRegressor(max_iter=2, random_state=0).fit(X[SEEN], Y[SEEN] / 2)
    regressor.coefs_ = [0 * W for W in regressor.coefs_]
    regressor.intercepts_ = [0 * b for b in regressor.intercepts_]
    target = np.full(150, constant)
    part = ScoredRows(regressor, X, target, HELD)
    assert part.score(regressor, own_score, True, np.nan) == regressor.score(X[HELD], target[HELD])


@pytest.mark.filterwarnings("ignore:Scoring failed")
def test_numbers_that_are_none_have_the_error_score() -> None:
    regressor = MLPRegressor(max_iter=2, random_state=0).fit(X[SEEN], Y[SEEN] / 2)
    target = Y / 2
    target[HELD[0]] = np.nan
    assert ScoredRows(regressor, X, target, HELD).score(regressor, own_score, True, -1.0) == -1.0
    regressor.intercepts_[-1][:] = np.inf
    assert ScoredRows(regressor, X, Y / 2, HELD).score(regressor, own_score, True, -1.0) == -1.0


@pytest.mark.filterwarnings("ignore:Scoring failed")
def test_rows_that_cannot_be_taken_have_the_error_score() -> None:
    fitted = MLPClassifier(max_iter=2, random_state=0).fit(X[SEEN], Y[SEEN])
    broken = X.copy()
    broken[HELD[0]] = np.nan
    assert ScoredRows(fitted, broken, Y, HELD).score(fitted, own_score, True, -1.0) == -1.0
