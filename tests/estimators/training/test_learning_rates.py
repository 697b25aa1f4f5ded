"""Learning rates as scikit-learn changes them."""

from __future__ import annotations

import numpy as np

from shoal.estimators.training.learning_rates import Rates


def test_invscaling_divides_by_a_power_of_the_samples_seen() -> None:
    rate = np.array([0.1, 0.2])
    Rates("invscaling", rate.copy(), 0.5).after_epoch(rate, 99)
    np.testing.assert_allclose(rate, [0.01, 0.02])
    Rates("constant", np.ones(2), 0.5).after_epoch(rate, 99)
    np.testing.assert_allclose(rate, [0.01, 0.02])


def test_adaptive_divides_by_five_instead_of_stopping_until_the_rate_is_small() -> None:
    rate = np.array([0.1, 0.1, 1e-6, 1.1e-6])
    stops = Rates("adaptive", rate.copy(), 0.5).instead_of_stopping(rate, np.array([True, False, True, True]))
    np.testing.assert_allclose(rate, [0.02, 0.1, 1e-6, 2.2e-7])
    assert stops.tolist() == [False, False, True, False]


def test_others_stop_who_are_due() -> None:
    rate, due = np.array([0.1, 0.1]), np.array([True, False])
    assert Rates("constant", rate.copy(), 0.5).instead_of_stopping(rate, due).tolist() == [True, False]
    assert rate.tolist() == [0.1, 0.1]
