from __future__ import annotations

import math

import numpy as np
import pytest

from shoal.jobs.metrics import class_metrics, number_metrics


def test_log_loss_and_error_by_hand() -> None:
    probabilities = np.array([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1], [0.7, 0.2, 0.1]])
    metrics = class_metrics(probabilities, np.array([0, 2, 1, 1]))
    assert metrics["log loss"] == pytest.approx(-math.log(0.5 * 0.6 * 0.8 * 0.2) / 4)
    assert metrics["error"] == 0.25


def test_a_guess_is_worth_the_logarithm_of_the_number_of_classes() -> None:
    assert class_metrics(np.full((6, 3), 1 / 3), np.arange(6) % 3)["log loss"] == pytest.approx(math.log(3))


def test_a_class_ruled_out_costs_much_and_not_infinitely_much() -> None:
    loss = class_metrics(np.array([[1.0, 0.0]]), np.array([1]))["log loss"]
    assert loss == pytest.approx(-math.log(np.finfo(np.float64).tiny))


def test_errors_of_numbers_by_hand() -> None:
    metrics = number_metrics(np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 4.0, 3.0, 0.0]))
    assert metrics["RMSE"] == pytest.approx(math.sqrt((4 + 36) / 4))
    assert metrics["MAE"] == pytest.approx((2 + 6) / 4)
    assert metrics["R²"] == pytest.approx(1 - 40 / 10)  # Σ(y − 2)² = 1 + 4 + 1 + 4


def test_the_mean_explains_nothing_and_the_truth_everything() -> None:
    actual = np.array([1.0, 2.0, 6.0])
    assert number_metrics(np.full(3, 3.0), actual)["R²"] == pytest.approx(0)
    assert number_metrics(actual, actual) == {"RMSE": 0.0, "MAE": 0.0, "R²": 1.0}


def test_one_value_varies_not_at_all() -> None:
    assert number_metrics(np.array([2.0]), np.array([5.0])) == {"RMSE": 3.0, "MAE": 3.0, "R²": 0.0}
