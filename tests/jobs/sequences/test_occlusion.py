"""What a prediction depends on, of models whose answer is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.calibration.decision import LIKELIEST
from shoal.jobs.sequences.occlusion import salience, window_of, without_windows


def model(says: Callable[[np.ndarray], Any]) -> Any:
    """Return a model that says something of each series (C, T) as it is."""

    def transform(series: Sequence[np.ndarray]) -> list[np.ndarray]:
        return list(series)

    preprocessor = SimpleNamespace(transform=transform)
    return SimpleNamespace(
        preprocessor=preprocessor,
        predict_features=lambda X: np.array([says(x) for x in X]),
        decision=LIKELIEST,
    )


def test_the_window_that_a_class_is_told_by_speaks_for_it_and_no_other() -> None:
    series = np.zeros((1, 48))
    series[0, 30] = 4.8

    def says(x: np.ndarray) -> list[float]:
        return [0.1, 0.9] if x.max() > 1 else [0.6, 0.4]

    found = salience(model(says), series)
    expected = np.zeros(16)
    expected[10] = np.log(0.9 / 0.4)
    np.testing.assert_allclose(found, expected)


def test_a_window_without_which_the_model_is_surer_speaks_against() -> None:
    series = np.array([[0.0, 5.0, 1.0]])
    found = salience(model(lambda x: [0.8, 0.2] if x.max() > 4 else [0.9, 0.1]), series)
    np.testing.assert_allclose(found, [0, np.log(0.8 / 0.9), 0])


def test_of_numbers_it_is_how_far_they_move() -> None:
    found = salience(model(lambda x: float(x[0].sum())), np.array([[1.0, 2.0, 6.0]]))
    np.testing.assert_allclose(found, [2, 1, 3])


def test_a_single_step_is_as_it_is_without_it() -> None:
    assert salience(model(lambda x: float(x.sum())), np.array([[3.0]])).tolist() == [0.0]


@pytest.mark.parametrize("T", [1, 5, 16, 17, 33, 150])
def test_every_step_is_in_one_window(T: int) -> None:
    series = np.stack([np.arange(T), np.full(T, np.nan)]).astype(float)
    changed = np.array([(each[0] != series[0]) for each in without_windows(series)])
    assert len(changed) == -(-T // window_of(T)) <= 16
    assert (changed.sum(axis=0) + (series[0] == series[0].mean()) == 1).all()
    assert np.isnan(without_windows(series)[0][1]).all()
