from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from shoal.jobs.baselines.fitting import fit_baselines
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


@pytest.mark.parametrize("n_classes", [2, 4])
def test_logistic_regression_is_that_of_scikit_learn(n_classes: int) -> None:
    rng = np.random.default_rng(n_classes)
    X = rng.normal(size=(90, 5))
    y = (X @ rng.normal(size=(5, n_classes)) + rng.normal(size=(90, n_classes))).argmax(axis=1)
    theirs = LogisticRegression(tol=1e-8, max_iter=1000).fit(X, y)
    linear = fit_baselines(X, y, n_classes)["linear model"]
    np.testing.assert_allclose(linear(X), theirs.predict_proba(X), atol=1e-3)


def test_one_class_alone_is_certain() -> None:
    linear = fit_baselines(np.arange(5.0)[:, None], np.full(5, 1), 3)["linear model"]
    np.testing.assert_array_equal(linear(np.zeros((2, 1))), [[0, 1, 0]] * 2)


def test_nearly_as_many_classes_as_rows_are_no_reason_to_complain() -> None:
    X, y = np.linspace(-1, 1, 40)[:, None], np.arange(40) % 25
    linear = fit_baselines(X, y, 25)["linear model"]
    np.testing.assert_allclose(linear(X).sum(axis=1), 1)


def test_a_linear_model_that_does_not_converge_is_no_reason_to_complain() -> None:
    X, y = np.arange(20.0)[:, None], np.arange(20) // 10
    converged, begun = (fit_baselines(X, y, 2, steps=steps)["linear model"](X) for steps in (1000, 1))
    assert np.isfinite(begun).all()
    assert np.abs(begun - converged).max() > 0.1


@pytest.mark.parametrize("shape", [(60, 4), (12, 30)])
def test_ridge_regression_is_that_of_scikit_learn(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(3, 2, size=shape), rng.normal(size=shape[0])
    expected = Ridge().fit(X, y).predict(X)
    np.testing.assert_allclose(fit_baselines(X, y, 0)["linear model"](X), expected, rtol=1e-9)
