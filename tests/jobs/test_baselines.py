from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from shoal.jobs.baselines import fit_baselines
from shoal.shapes import Array


def test_the_constant_is_the_share_of_each_class() -> None:
    y = np.array([0, 0, 0, 2, 2, 0, 2, 0])
    constant = fit_baselines(np.arange(8.0)[:, None], y, 4)["constant"]
    np.testing.assert_allclose(constant(np.zeros((2, 1))), [[5 / 8, 0, 3 / 8, 0]] * 2)


def test_the_constant_is_the_mean() -> None:
    constant = fit_baselines(np.arange(4.0)[:, None], np.array([1.0, 2.0, 3.0, 10.0]), 0)["constant"]
    np.testing.assert_array_equal(constant(np.zeros((3, 1))), [4.0] * 3)


def test_ridge_regression_by_hand() -> None:
    """With centred x and penalty 1, w = Σxy / (Σx² + 1) = 8/(10 + 1); the intercept is the mean of y."""
    X = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]])
    linear = fit_baselines(X, np.array([3.0, 4.0, 5.0, 4.0, 7.0]), 0)["linear model"]
    np.testing.assert_allclose(linear(np.array([[0.0], [1.0]])), [4.6, 4.6 + 8 / 11])


def test_logistic_regression_is_at_its_optimum() -> None:
    """There the gradient of Σ log loss + ½|w|² is zero: X'(p − y) + w = 0, and Σ(p − y) = 0."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = (X[:, 0] + rng.normal(size=200) > 0).astype(int)
    linear = fit_baselines(X, y, 2)["linear model"]

    def logit(rows: list[list[float]]) -> Array:
        p = linear(np.array(rows))
        return np.log(p[:, 1] / p[:, 0])

    bias = logit([[0, 0]])[0]
    w = logit([[1, 0], [0, 1]]) - bias
    residual = linear(X)[:, 1] - y
    np.testing.assert_allclose(X.T @ residual + w, 0, atol=1e-2)
    assert residual.sum() == pytest.approx(0, abs=1e-2)
    np.testing.assert_allclose(linear(X).sum(axis=1), 1)


def test_a_class_that_is_not_trained_on_has_no_probability() -> None:
    X = np.array([[0.0], [0.1], [1.0], [1.1]])
    linear = fit_baselines(X, np.array([0, 0, 2, 2]), 3)["linear model"]
    probabilities = linear(np.array([[0.05], [1.05]]))
    np.testing.assert_array_equal(probabilities[:, 1], 0)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), [0, 2])


def test_nearly_as_many_classes_as_rows_are_no_reason_to_complain() -> None:
    X, y = np.linspace(-1, 1, 40)[:, None], np.arange(40) % 25
    with pytest.warns(UserWarning, match="could represent a regression"):
        LogisticRegression(max_iter=1000).fit(X, y)
    linear = fit_baselines(X, y, 25)["linear model"]
    np.testing.assert_allclose(linear(X).sum(axis=1), 1)


def test_a_linear_model_that_does_not_converge_is_no_reason_to_complain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fit = LogisticRegression.fit

    def fit_badly(self: LogisticRegression, X: Array, y: Array) -> LogisticRegression:
        self.max_iter = 1
        return fit(self, X, y)

    monkeypatch.setattr(LogisticRegression, "fit", fit_badly)
    X, y = np.arange(20.0)[:, None], np.arange(20) // 10
    with pytest.warns(ConvergenceWarning):
        LogisticRegression().fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        linear = fit_baselines(X, y, 2)["linear model"]
    assert np.isfinite(linear(X)).all()
