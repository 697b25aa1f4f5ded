"""What the report calls things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shoal.report import terms
from shoal.report.card import card
from shoal.report.html import render

Builder = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.05, "0.05 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (3599.6, "1 h 0 min"),
        (9000, "2 h 30 min"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    assert terms.duration(seconds) == words


def test_networks_that_count_twice_are_one_of_an_ensemble() -> None:
    one, two = {"hidden": "16x8", "l2": 0.1, "start": 3}, {"hidden": "0", "l2": 0.0, "start": 0}
    choice: Any = {"members": [one, two, one]}
    assert terms.model_name("shoal", choice) == "ensemble of 2 networks"
    assert terms.model_name("shoal", {**choice, "members": [one, one]}) == "chosen network"
    assert terms.model_name("linear", choice) == "linear"


def test_importance_is_measured_in_the_score_of_the_test(sample: Builder) -> None:
    assert terms.importance_measure(sample()) == "log loss (nats)"
    assert terms.importance_measure(sample("regression")) == "RMSE (units of income)"


@pytest.mark.parametrize("metric", ["F1", "AUC", "mean cost"])
def test_importance_is_of_the_log_loss_whatever_classes_are_decided_by(sample: Builder, metric: str) -> None:
    evidence = sample()
    evidence["test"]["score_name"] = metric
    for model in evidence["test"]["models"]:
        model["metrics"][metric] = 0.5
    assert terms.importance_measure(evidence) == "log loss (nats)"
    assert "How much the log loss on the test rows rises when one column is shuffled" in render(evidence)
    assert "rise of the log loss when shuffled" in card(evidence)


def test_where_a_test_is_scored_by_the_square_the_unit_is_squared(sample: Builder) -> None:
    found = sample("regression")
    found["score"]["name"] = found["test"]["score_name"] = "Huber loss"
    assert terms.importance_measure(found) == "Huber loss (units of income, squared)"
