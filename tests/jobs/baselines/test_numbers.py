"""Linear models of numbers, held to what others fit, and to their optimum."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor, QuantileRegressor
from sklearn.metrics import mean_poisson_deviance

from shoal.data.tables import read_table
from shoal.data.targets.losses import LOSSES
from shoal.jobs.baselines.fitting import fit_baselines
from shoal.jobs.baselines.numbers import LARGEST, constant_number, linear_numbers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
HEAVY = X @ [1.0, -0.5, 0.0] + 0.3 * RNG.standard_t(1.2, size=300)


def parameters(predict: Callable[[Any], Any]) -> tuple[Any, float]:
    b = predict(np.zeros((1, 3)))[0]
    return predict(np.eye(3)) - b, float(b)


def test_poisson_regression_is_at_its_optimum() -> None:
    """There X'(ŷ − y) + w = 0 and Σ(ŷ − y) = 0."""
    y = np.random.default_rng(1).poisson(np.exp(0.3 * X[:, 0])) / 2.0
    predict = linear_numbers(X, y, "poisson")
    w = np.log(predict(np.eye(3))) - np.log(predict(np.zeros((1, 3))))
    residual = predict(X) - y
    np.testing.assert_allclose(X.T @ residual + w, 0, atol=0.1)
    assert residual.sum() == pytest.approx(0, abs=0.05)


def test_median_regression_is_that_of_linear_programming() -> None:
    ours = parameters(linear_numbers(X, HEAVY, "absolute_error"))
    theirs = QuantileRegressor(quantile=0.5, alpha=0).fit(X, HEAVY)
    np.testing.assert_allclose(ours[0], theirs.coef_, atol=0.02)
    assert ours[1] == pytest.approx(theirs.intercept_, abs=0.02)


def test_huber_regression_is_at_its_optimum() -> None:
    """There X'clip(ŷ − y, −1, 1) + w = 0 and Σ clip(ŷ − y, −1, 1) = 0."""
    predict = linear_numbers(X, HEAVY, "huber")
    w, _ = parameters(predict)
    pull = np.clip(predict(X) - HEAVY, -1, 1)
    np.testing.assert_allclose(X.T @ pull + w, 0, atol=0.01)
    assert pull.sum() == pytest.approx(0, abs=0.01)


def test_an_outlier_pulls_with_bounded_force() -> None:
    spoilt = HEAVY.copy()
    spoilt[np.argmax(spoilt)] = 1e6
    for loss in ("huber", "absolute_error"):
        ours, of_spoilt = (parameters(linear_numbers(X, y, loss))[0] for y in (HEAVY, spoilt))
        np.testing.assert_allclose(ours, of_spoilt, atol=0.02)


def test_a_rate_far_outside_stays_a_number() -> None:
    predict = linear_numbers(X, np.random.default_rng(1).poisson(np.exp(X[:, 0])).astype(float), "poisson")
    assert predict(np.full((1, 3), 1e9)) == pytest.approx(np.exp(LARGEST))


@pytest.mark.parametrize(
    ("loss", "constant"),
    # Huber's: (0 + 1 + 2 + 3 − 4c) + 1 = 0 while all but the outlier are within 1, which 0 and 3 are not
    [("squared_error", 21.2), ("poisson", 21.2), ("absolute_error", 2.0), ("huber", 2.0)],
)
def test_the_constant_has_the_smallest_loss(loss: str, constant: float) -> None:
    assert constant_number(np.array([0.0, 1.0, 2.0, 3.0, 100.0]), loss) == pytest.approx(constant)


def test_hubers_constant_lies_between_median_and_mean() -> None:
    """Of 0, 0.5 and 9: (c − 0) + (c − 0.5) = 1 at 0.75."""
    assert constant_number(np.array([0.0, 0.5, 9.0]), "huber") == pytest.approx(0.75)
    assert constant_number(np.array([2.0, 2.0]), "huber") == 2.0


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_has_baselines_for_every_row(loss: str) -> None:
    y = np.random.default_rng(1).poisson(np.exp(X[:, 0])).astype(float)
    for predict in fit_baselines(X, y, 0, loss).values():
        assert predict(X[:7]).shape == (7,)
        assert np.isfinite(predict(X)).all()


def test_real_counts_are_predicted_as_by_scikit_learn(real_data: Callable[[str], Path]) -> None:
    frame = read_table(real_data("tables/abalone.csv.gz"))
    y = frame["rings"].to_numpy().astype(float)
    columns = frame.drop("rings", "sex", strict=False).to_numpy().astype(float)
    rows = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    ours = linear_numbers(rows, y / y.mean(), "poisson")(rows) * y.mean()
    theirs = PoissonRegressor(alpha=0, max_iter=2000).fit(rows, y).predict(rows)
    assert mean_poisson_deviance(y, ours) == pytest.approx(mean_poisson_deviance(y, theirs), rel=0.01)
