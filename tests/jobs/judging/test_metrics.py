from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import mean_poisson_deviance

from shoal.data.targets.task import TargetEncoder
from shoal.jobs.judging.metrics import class_metrics, number_losses, number_metrics, score_name


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
    assert number_metrics(np.array([2.0]), np.array([5.0])) == {"RMSE": 3.0, "MAE": 3.0, "R²": None}


def test_the_poisson_deviance_is_that_of_scikit_learn_and_comes_first() -> None:
    predicted, actual = np.array([0.5, 2.0, 3.0, 8.0]), np.array([0.0, 2.0, 5.0, 1.0])
    metrics = number_metrics(predicted, actual, "poisson")
    assert list(metrics) == ["Poisson deviance", "RMSE", "MAE", "R²"]
    assert metrics["Poisson deviance"] == pytest.approx(mean_poisson_deviance(actual, predicted))
    losses = number_losses(predicted, actual, "poisson")["Poisson deviance"].values
    np.testing.assert_allclose(losses[:2], [1.0, 0.0], atol=1e-15)


def test_a_rate_of_zero_costs_much_and_not_infinitely_much() -> None:
    found = number_metrics(np.array([0.0]), np.array([1.0]), "poisson")["Poisson deviance"]
    assert found == pytest.approx(-2 * math.log(np.finfo(np.float64).tiny) - 2)


def test_hubers_loss_is_in_the_units_of_the_target_squared() -> None:
    """Of residuals 1 and 10, linear beyond 4: ½ and 4 (10 − 2)."""
    metrics = number_metrics(np.array([1.0, 10.0]), np.zeros(2), "huber", scale=4.0)
    assert list(metrics) == ["Huber loss", "RMSE", "MAE", "R²"]
    assert metrics["Huber loss"] == pytest.approx((0.5 + 32) / 2)


def test_of_the_absolute_error_the_mean_comes_first() -> None:
    assert list(number_metrics(np.zeros(2), np.ones(2), "absolute_error")) == ["MAE", "RMSE", "R²"]


@pytest.mark.parametrize(
    ("loss", "name"),
    [(None, "RMSE"), ("absolute_error", "MAE"), ("huber", "Huber loss"), ("poisson", "Poisson deviance")],
)
def test_the_score_is_that_of_the_loss(loss: str | None, name: str) -> None:
    assert score_name(TargetEncoder("y", "regression", loss=loss)) == name
    assert score_name(TargetEncoder("y", "classification", ("a", "b"))) == "log loss"
