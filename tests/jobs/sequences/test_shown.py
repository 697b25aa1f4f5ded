"""Which sequences a report shows, and what of them, of models whose answer is known."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.calibration.decision import LIKELIEST
from shoal.jobs.deadline import Deadline
from shoal.jobs.sequences.shown import CHANNELS, MOST, shown


def peaks(x: np.ndarray) -> list[float]:
    """Return the probabilities of a model that calls a sequence "up" for a peak of its first channel."""
    return [0.1, 0.9] if x[0].max() > 4 else [0.7, 0.3]


def heights(x: np.ndarray) -> float:
    return float(x[0].max())


def job(series: Sequence[np.ndarray], y: Sequence[float], says: Any = peaks) -> tuple[Any, Any]:
    """Return a model that says something of each series (C, T), and what was prepared of them for testing."""

    def predict(X: Sequence[np.ndarray]) -> np.ndarray:
        return np.array([says(x) for x in X])

    labels = ("down", "up") if says is peaks else ()
    model = SimpleNamespace(
        predict_features=predict, preprocessor=SimpleNamespace(transform=list), decision=LIKELIEST
    )
    test = SimpleNamespace(series=list(series), names=[f"line {n}" for n in range(len(series))])
    prepared = SimpleNamespace(
        test=SimpleNamespace(X=series, y=np.array(y)),
        series=[None, None, test],
        n_classes=len(labels),
        target=SimpleNamespace(labels=labels, decode_values=lambda values: values),
    )
    return model, prepared


def with_peak(T: int, at: int, channels: int = 1) -> np.ndarray:
    series = np.zeros((channels, T))
    series[0, at] = 5.0
    return series


def test_a_sequence_is_told_with_the_windows_that_its_class_depends_on() -> None:
    model, prepared = job([with_peak(5, 3)], [0])
    (found,) = shown(model, prepared, 0, Deadline())
    assert (found["name"], found["actual"], found["called"], found["right"]) == (
        "line 0",
        "down",
        "up",
        False,
    )
    assert (found["stride"], found["channels"]) == (1, [[0, 0, 0, 5, 0]])
    assert found["window"] == 1
    assert found["salience"] == pytest.approx([0, 0, 0, np.log(0.9 / 0.3), 0], rel=1e-2)


def test_a_long_one_is_thinned_out_but_looked_at_as_it_is() -> None:
    series = with_peak(301, 100, channels=4)  # which is between the steps that are shown
    series[1] = np.arange(301.0) + 0.123456
    series[2] = np.nan
    model, prepared = job([series], [1])
    (found,) = shown(model, prepared, 0, Deadline())
    assert (found["stride"], found["right"], found["window"]) == (3, True, 19)
    assert len(found["channels"]) == CHANNELS
    flat, rising, missing = found["channels"]
    assert flat == [0.0] * 101
    assert rising[:3] == [0.1235, 3.123, 6.123]
    assert rising[-1] == 300.1
    assert missing == [None] * 101
    assert np.flatnonzero(found["salience"]).tolist() == [100 // 19]


def test_of_numbers_none_is_right_and_the_farthest_off_is_first() -> None:
    model, prepared = job([with_peak(4, 1), with_peak(4, 2)], [5.0, 1.5], heights)
    first, second = shown(model, prepared, 0, Deadline())
    assert [first[name] for name in ("name", "actual", "called")] == ["line 1", "1.500", "5"]
    assert (first["right"], second["right"], second["name"]) == (None, None, "line 0")
    assert first["salience"] == [0, 0, 3.75, 0]  # 5 − 5/4


def test_one_in_three_is_mistaken() -> None:
    model, prepared = job([with_peak(6, n % 6) for n in range(20)], [n % 2 for n in range(20)])
    found = shown(model, prepared, 0, Deadline())
    assert [example["right"] for example in found] == [False] * 3 + [True] * 6
    assert len({example["name"] for example in found}) == MOST


def test_windows_are_looked_at_as_long_as_there_is_time() -> None:
    ticks = iter(np.arange(100.0))
    model, prepared = job([with_peak(4, 1)] * 3, [1, 1, 1])
    found = shown(model, prepared, 0, Deadline(2.0, began=0.0, clock=lambda: next(ticks)))
    assert ["salience" in example for example in found] == [True, True, False]
    assert ["window" in example for example in found] == [True, True, False]
