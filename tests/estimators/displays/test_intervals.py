"""Intervals are drawn with the values that they hold, and those that they do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from shoal import IntervalsDisplay, MLPClassifier, ShoalRegressor
from shoal.errors import ConfigurationError, DataError

ENDS = np.array([[4.0, 6.0], [0.0, 2.0], [1.0, 5.0]])
ACTUAL = [6.0, 3.0, 2.0]


def points(display: IntervalsDisplay, gid: str) -> list[float]:
    (found,) = (line for line in display.ax_.lines if line.get_gid() == gid)
    return list(found.get_ydata())


def test_values_stand_inside_or_outside_in_the_order_of_the_intervals() -> None:
    display = IntervalsDisplay.from_predictions(ACTUAL, ENDS, coverage=0.8, ax=Figure().subplots())
    assert points(display, "inside") == [2.0, 6.0]  # an end belongs to its interval
    assert points(display, "outside") == [3.0]
    assert display.covered == pytest.approx(2 / 3)
    (lines,) = display.ax_.collections
    assert [segment[:, 1].tolist() for segment in lines.get_segments()] == [[0, 2], [1, 5], [4, 6]]
    told = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert told == ["intervals for 80%", "inside: 67% of 3", "outside: 33% of 3"]


def test_of_many_rows_some_are_drawn_and_all_are_counted() -> None:
    middle = np.arange(1000.0)
    ends = np.stack([middle - 1, middle + 1], axis=1)
    actual = np.where(np.arange(1000) < 900, middle, middle + 5)
    display = IntervalsDisplay.from_predictions(actual, ends, ax=Figure().subplots())
    assert display.covered == 0.9
    assert len(points(display, "inside")) + len(points(display, "outside")) == 400
    assert display.ax_.get_xlabel() == "400 of 1,000 rows, by the middle of their interval"
    assert display.ax_.get_legend().get_texts()[1].get_text() == "inside: 90% of 1,000"


def test_a_regressor_is_asked_for_its_intervals() -> None:
    X = np.linspace(0, 1, 60)[:, None]
    y = X[:, 0]
    regressor = ShoalRegressor(hidden_layer_sizes=2, n_starts=1, max_iter=3, random_state=0, n_jobs=1).fit(
        X, y
    )
    display = IntervalsDisplay.from_estimator(regressor, X, y, coverage=0.7, ax=Figure().subplots())
    np.testing.assert_array_equal(display.y_interval, regressor.predict_interval(X, coverage=0.7))
    assert display.coverage == 0.7
    with pytest.raises(ConfigurationError, match="MLPClassifier predicts no intervals"):
        IntervalsDisplay.from_estimator(MLPClassifier(), X, y)


@pytest.mark.parametrize(
    ("y", "ends", "message"),
    [
        ([1.0], [[0.0, 1.0], [0.0, 1.0]], r"expected \(N,\) and \(N, 2\)"),
        ([], np.empty((0, 2)), "expected"),
        ([1.0], [[2.0, 1.0]], "row 0 ends before it begins"),
        ([np.nan], [[0.0, 1.0]], "y_true has values that are not finite"),
        ([1.0], [[0.0, np.inf]], "y_interval has values that are not finite"),
        (["a"], [[0.0, 1.0]], "y_true must be numbers"),
    ],
)
def test_what_are_no_intervals_is_refused(y: Any, ends: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        IntervalsDisplay.from_predictions(y, ends)
