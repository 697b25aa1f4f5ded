"""Whole weights are rows that are there so often, wherever a job takes a mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from shoal.calibration.conformal import Conformal, coverage_and_width
from shoal.calibration.temperature import coldest, fit_temperature, log_loss, reliability, settled_temperature
from shoal.jobs.baselines.fitting import fit_baselines
from shoal.jobs.judging.comparison import mean_difference, share_difference
from shoal.jobs.judging.metrics import class_metrics, number_metrics
from shoal.selection.samples.weighted_means import effective, mean_and_error

RNG = np.random.default_rng(8)
N, K = 80, 3
X, Y = RNG.normal(size=(N, 2)), RNG.integers(0, K, N)
VALUES = X[:, 0] + RNG.normal(size=N)
S = RNG.integers(1, 4, N).astype(np.float64)
PROBABILITIES = RNG.dirichlet(np.ones(K), N)
ROWS = np.repeat(np.arange(N), S.astype(int))
"""Every row as often as it weighs."""


@pytest.mark.parametrize("n_classes", [2, 3])
def test_simpler_models_of_classes_are_those_of_repeated_rows(n_classes: int) -> None:
    y = Y % n_classes
    weighed = fit_baselines(X, y, n_classes, weights=S)
    repeated = fit_baselines(X[ROWS], y[ROWS], n_classes)
    for name, predict in weighed.items():
        np.testing.assert_allclose(predict(X), repeated[name](X), atol=2e-4)
        assert not np.allclose(predict(X), fit_baselines(X, y, n_classes)[name](X), atol=1e-3)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "poisson"])
def test_simpler_models_of_numbers_are_those_of_repeated_rows(loss: str) -> None:
    y = np.abs(VALUES) if loss == "poisson" else VALUES
    weighed = fit_baselines(X, y, 0, loss, weights=S)
    repeated = fit_baselines(X[ROWS], y[ROWS], 0, loss)
    np.testing.assert_allclose(weighed["linear model"](X), repeated["linear model"](X), atol=2e-3)
    np.testing.assert_allclose(weighed["constant"](X), repeated["constant"](X), atol=1e-12)


def test_metrics_are_those_of_scikit_learn() -> None:
    found = class_metrics(PROBABILITIES, Y, S)
    expected = metrics.log_loss(Y, PROBABILITIES, sample_weight=S)
    assert found["log loss"] == pytest.approx(expected, abs=1e-12)
    wrong = metrics.zero_one_loss(Y, PROBABILITIES.argmax(axis=1), sample_weight=S)
    assert found["error"] == pytest.approx(wrong, abs=1e-12)
    of_numbers, said = number_metrics(X[:, 0], VALUES, weights=S), (VALUES, X[:, 0])
    for name, function in {
        "RMSE": metrics.root_mean_squared_error,
        "MAE": metrics.mean_absolute_error,
        "R²": metrics.r2_score,
    }.items():
        assert of_numbers[name] == pytest.approx(function(*said, sample_weight=S), abs=1e-12)


def test_what_is_one_number_for_equal_weights_is_that_of_none() -> None:
    same = np.full(N, 7.0)
    pairs: list[tuple[Any, Any]] = [
        (fit_temperature(PROBABILITIES, Y, same), fit_temperature(PROBABILITIES, Y)),
        (settled_temperature(PROBABILITIES, Y, same), settled_temperature(PROBABILITIES, Y)),
        (coldest(PROBABILITIES, same), coldest(PROBABILITIES)),
        (reliability(PROBABILITIES, Y, weights=same).error, reliability(PROBABILITIES, Y).error),
        (mean_difference(VALUES, weights=same), mean_difference(VALUES)),
        (share_difference(Y > 0, Y > 1, weights=same), share_difference(Y > 0, Y > 1)),
        (mean_and_error(VALUES, same), mean_and_error(VALUES)),
        (
            Conformal(np.abs(VALUES), same).interval(X[:, 0], 0.8),
            Conformal(np.abs(VALUES)).interval(X[:, 0], 0.8),
        ),
    ]
    for weighed, plain in pairs:
        np.testing.assert_allclose(weighed, plain, rtol=1e-9)


def test_intervals_and_reliability_count_rows_by_their_weights() -> None:
    often = reliability(PROBABILITIES[ROWS], Y[ROWS])
    np.testing.assert_allclose(reliability(PROBABILITIES, Y, weights=S).accuracy, often.accuracy)
    assert log_loss(PROBABILITIES, Y, S) == pytest.approx(log_loss(PROBABILITIES[ROWS], Y[ROWS]))
    ends = (VALUES, VALUES - 0.3, VALUES + S)
    covered = coverage_and_width(X[:, 0], ends[1], ends[2], S)
    assert covered == pytest.approx(coverage_and_width(X[ROWS, 0], ends[1][ROWS], ends[2][ROWS]))
    heavy = np.where(np.arange(N) < 60, 1.0, 3.0)
    errors = np.where(np.arange(N) < 60, 0.1, 5.0)  # half of the weight errs by 5
    (upper,) = Conformal(errors, heavy).interval(np.zeros(1), 0.8)[1]
    assert upper == 5.0
    assert Conformal(errors).interval(np.zeros(1), 0.7)[1][0] == 0.1


def test_a_single_heavy_row_promises_no_interval() -> None:
    weights = np.ones(N)
    weights[3] = 1e6
    assert effective(weights).sum() == pytest.approx(1.0, abs=1e-3)
    assert Conformal(np.abs(VALUES), weights).most < 0.6
