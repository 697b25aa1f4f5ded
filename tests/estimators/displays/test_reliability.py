"""The display of probabilities holds the shares that can be counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression, Ridge

from shoal import ReliabilityDisplay
from shoal.errors import ConfigurationError, DataError

SURE = [0.05, 0.05, 0.75, 0.75, 0.75, 0.75]
LABELS = ["no", "no", "yes", "yes", "yes", "no"]


def display(y: Any, p: Any, **given: Any) -> ReliabilityDisplay:
    return ReliabilityDisplay.from_predictions(y, p, ax=Figure().subplots(), **given)


def test_bins_are_drawn_where_they_are() -> None:
    shown = display(LABELS, SURE)
    assert shown.bins["confidence"] == [0.75, 0.95]
    assert shown.bins["accuracy"] == [0.75, 1.0]
    points = [line for line in shown.ax_.lines if str(line.get_gid()).startswith("after")]
    assert [(point.get_xdata()[0], point.get_ydata()[0]) for point in points] == [(0.75, 0.75), (0.95, 1.0)]
    assert shown.rows == 6
    assert shown.ax_.get_legend() is None


def test_both_columns_say_what_one_says_in_any_order_of_classes() -> None:
    both = np.stack([SURE, 1 - np.array(SURE)], axis=1)
    assert display(LABELS, both, classes=["yes", "no"]).bins == display(LABELS, SURE).bins


def test_weights_count_rows_and_bins_are_as_many_as_asked_for() -> None:
    weighed = display(LABELS, SURE, sample_weight=[1, 1, 1, 1, 1, 3])
    assert weighed.bins["accuracy"] == [0.5, 1.0]
    assert len(display(LABELS, SURE, bins=1).bins["share"]) == 1


def test_any_classifier_is_asked() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = np.where(X[:, 0] + 0.5 * rng.normal(size=60) > 0, "b", "a")
    model = LogisticRegression().fit(X, y)
    asked = ReliabilityDisplay.from_estimator(model, X, y, ax=Figure().subplots())
    assert asked.bins == display(y, model.predict_proba(X)[:, 1]).bins
    with pytest.raises(ConfigurationError, match="Ridge predicts no probabilities"):
        ReliabilityDisplay.from_estimator(Ridge().fit(X, X[:, 0]), X, y)


@pytest.mark.parametrize(
    ("y", "p", "given", "message"),
    [
        ([0, 1], [0.5, 1.5], {}, "no probabilities, which are from 0 to 1"),
        ([0, 1], [0.5, np.nan], {}, "no probabilities"),
        ([0, 1], [[0.5, 0.5], [0.5, 0.4]], {}, "row 1 has the sum 0.9"),
        ([0, 1], [0.5], {}, "give a label for each row"),
        ([0, 1, 2], [[0.5, 0.5]] * 3, {}, "2 columns and there are 3 classes"),
        ([0, 2], [0.5, 0.5], {"classes": [0, 1]}, "the label .*2.*, which is none of the classes"),
        ([], [], {}, r"expected \(N, K\)"),
        ([0], [["a", "b"]], {}, "must be numbers"),
    ],
)
def test_what_are_no_probabilities_is_refused(y: Any, p: Any, given: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        display(y, p, **given)
