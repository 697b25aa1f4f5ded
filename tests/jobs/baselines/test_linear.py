"""Linear maps held to scikit-learn's, whatever the blocks that rows are looked at in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge

from shoal.jobs.baselines import linear
from shoal.jobs.baselines.linear import least_loss, least_squares

RNG = np.random.default_rng(0)
X = RNG.normal(1, 2, size=(60, 4))
SAME = np.c_[X, X[:, 0] + 1e-5 * RNG.normal(size=60), np.ones(60)]  # nearly the same, and constant
CLASSES = (X @ RNG.normal(size=(4, 3)) + RNG.normal(size=(60, 3))).argmax(axis=1)


@pytest.fixture(autouse=True, params=[2**19, 40, 1])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "BLOCK", request.param)


@pytest.mark.parametrize("widest", [0, 1024])
@pytest.mark.parametrize("rows", [X, SAME])
def test_logistic_regression_is_that_of_scikit_learn(
    widest: int, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linear, "WIDEST", widest)
    theirs = LogisticRegression(tol=1e-9, max_iter=5000).fit(rows, CLASSES).decision_function(rows)
    ours = least_loss(rows, CLASSES, "cross_entropy", outputs=3)(rows)
    np.testing.assert_allclose(ours - ours.mean(axis=1, keepdims=True), theirs, atol=5e-3)


def test_poisson_regression_is_that_of_scikit_learn() -> None:
    y = np.random.default_rng(1).poisson(np.exp(0.2 * X[:, 0])).astype(float)
    theirs = PoissonRegressor(alpha=1 / 60, tol=1e-9, max_iter=1000).fit(X, y)
    ours = least_loss(X, y, "poisson")
    np.testing.assert_allclose(ours.W[:, 0], theirs.coef_, atol=1e-4)


@pytest.mark.parametrize("rows", [X, SAME, SAME[:3], SAME.astype(np.float32)])
def test_ridge_regression_is_that_of_scikit_learn(rows: Any) -> None:
    y = np.random.default_rng(2).normal(size=len(rows))
    theirs = Ridge().fit(rows.astype(np.float64), y)
    ours = least_squares(rows, y)
    np.testing.assert_allclose(ours(rows)[:, 0], theirs.predict(rows), rtol=1e-5, atol=1e-7)
    searched = least_loss(rows, y, "squared_error")
    np.testing.assert_allclose(searched.W, ours.W, atol=1e-3)


def test_the_search_begins_where_it_is_told() -> None:
    done = least_loss(X, CLASSES, "cross_entropy", outputs=3)
    again = least_loss(X, CLASSES, "cross_entropy", outputs=3, steps=0, start=done)
    np.testing.assert_allclose(again.W, done.W, atol=1e-12)
    np.testing.assert_allclose(again.b, done.b, atol=1e-12)


def test_no_system_is_solved_in_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[int] = []
    solve = np.linalg.solve

    def counted(a: Any, b: Any) -> Any:
        solved.append(len(a))
        return solve(a, b)

    monkeypatch.setattr(np.linalg, "solve", counted)
    least_loss(X, CLASSES, "cross_entropy", outputs=3, steps=20)
    assert len(solved) == 1  # the triangle is inverted
