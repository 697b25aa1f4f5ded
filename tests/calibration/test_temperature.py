"""Temperatures that are known, and the reliability of probabilities that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit, softmax

from shoal.calibration.temperature import cooled, fit_temperature, log_loss, reliability, settled_temperature

RNG = np.random.default_rng(0)


def drawn(n: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities (n, classes), and a class drawn from each."""
    true = softmax(2 * RNG.normal(size=(n, classes)), axis=1)
    return true, (true.cumsum(axis=1) < RNG.uniform(size=(n, 1))).sum(axis=1)


@pytest.mark.parametrize("hot", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_temperature_that_was_applied_is_found(hot: float, classes: int) -> None:
    true, codes = drawn(20000, classes)
    given = cooled(true, 1 / hot)  # too sure by the factor hot
    assert fit_temperature(given, codes) == pytest.approx(hot, rel=0.05)
    assert cooled(given, hot) == pytest.approx(true, abs=1e-9)


def test_a_temperature_divides_the_outputs() -> None:
    z = 3 * RNG.normal(size=(9, 4))
    np.testing.assert_allclose(cooled(softmax(z, axis=1), 1.7), softmax(z / 1.7, axis=1))
    p = np.array([0.02, 0.5, 0.9])
    np.testing.assert_allclose(cooled(np.stack([1 - p, p], axis=1), 0.6)[:, 1], expit(logit(p) / 0.6))


def test_certain_predictions_stay_finite() -> None:
    certain = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert np.isfinite(cooled(certain, 0.05)).all()
    assert np.isfinite(fit_temperature(certain, np.array([0, 0])))


def test_a_temperature_is_kept_where_it_helps_rows_that_it_was_not_fitted_on() -> None:
    true, codes = drawn(2000, 3)
    given = cooled(true, 0.4)
    T = settled_temperature(given, codes)
    assert fit_temperature(given, codes) == T
    assert log_loss(cooled(given, T), codes) < log_loss(given, codes)


def test_no_temperature_is_kept_that_fits_chance_alone() -> None:
    """With few rows of true probabilities a fitted temperature is noise; at least half are seen through."""
    kept, improved = 0, 0
    for _ in range(40):
        true, codes = drawn(30, 3)
        kept += settled_temperature(true, codes) != 1
        improved += log_loss(cooled(true, fit_temperature(true, codes)), codes) < log_loss(true, codes)
    assert improved == 40  # on the rows that it is fitted on, every one looks good
    assert kept < 20


def test_one_row_is_too_few() -> None:
    assert settled_temperature(np.array([[0.3, 0.7]]), np.array([0])) == 1.0


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
