"""Temperatures that are known, and the reliability of probabilities that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from shoal.calibration.temperature import cooled, fit_temperature, reliability

RNG = np.random.default_rng(0)


def drawn(n: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities (n, classes), and a class drawn from each."""
    true = softmax(2 * RNG.normal(size=(n, classes)), axis=1)
    return true, (true.cumsum(axis=1) < RNG.uniform(size=(n, 1))).sum(axis=1)


@pytest.mark.parametrize("hot", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_temperature_that_was_applied_is_found(hot: float, classes: int) -> None:
    true, codes = drawn(20000, classes)
    outputs = true if classes > 2 else true[:, 1:]
    given = cooled(outputs[None], 1 / hot)  # too sure by the factor hot
    assert fit_temperature(given, codes) == pytest.approx(hot, rel=0.05)
    assert cooled(given, hot) == pytest.approx(outputs[None], abs=1e-9)


def test_members_are_cooled_before_their_mean_is_taken() -> None:
    predictions = np.array([[[0.9]], [[0.5]]])
    assert cooled(predictions, 2.0).mean(axis=0) == pytest.approx(np.array([[0.625]]))


def test_certain_predictions_stay_finite() -> None:
    assert np.isfinite(cooled(np.array([[0.0], [1.0]]), 0.05)).all()
    assert np.isfinite(fit_temperature(np.array([[[1.0], [0.0]]]), np.array([0, 1])))


def test_probabilities_that_classes_are_drawn_from_are_reliable() -> None:
    true, codes = drawn(50000, 3)
    assert reliability(true, codes).error < 0.01
    assert reliability(cooled(true, 0.4), codes).error > 0.1


def test_bins_hold_shares_means_and_hits() -> None:
    found = reliability(
        np.array([[0.6, 0.4], [0.62, 0.38], [0.05, 0.95], [1.0, 0.0]]), np.array([0, 1, 1, 0])
    )
    assert found.confidence == pytest.approx([0.61, 0.975])
    assert found.accuracy.tolist() == [0.5, 1.0]
    assert found.share.tolist() == [0.5, 0.5]
    assert found.error == pytest.approx(0.5 * 0.11 + 0.5 * 0.025)
