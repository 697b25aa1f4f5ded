"""The loss as scikit-learn reports it, beside what the engine minimises."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_poisson_deviance

from shoal import Network
from shoal.estimators.training.losses import constants, divisor, mean_over_batches
from shoal.layers import Dense
from shoal.losses import Poisson


def test_squares_alone_are_averaged_over_the_outputs() -> None:
    assert divisor(Network(1, [Dense(3)], "squared_error")) == 3
    assert divisor(Network(1, [Dense(3)], "cross_entropy")) == 1


def test_of_counts_it_is_half_the_deviance() -> None:
    network, y, z = (
        Network(1, [Dense(1)], "poisson"),
        np.array([[0.0, 1.0, 4.0]]),
        np.array([[0.3, -1.0, 1.2]]),
    )
    added = constants(network, y)
    assert added is not None
    half = mean_poisson_deviance(y[0], np.exp(z[0])) / 2
    assert (Poisson().value(z[None], y)[0] + added).mean() == pytest.approx(half)
    assert constants(Network(1, [Dense(1)], "squared_error"), y) is None


def test_a_mean_over_batches_is_weighted_within_each_and_by_size_among_them() -> None:
    values, weights = np.array([1.0, 2.0, 10.0]), np.array([1.0, 3.0, 5.0])
    # (1·1 + 3·2) / 4 for the first two, 10 for the last, by sizes 2 and 1
    assert mean_over_batches(values, weights, np.array([0, 1, 2]), 2) == pytest.approx((2 * 1.75 + 10) / 3)
    # another order, other batches: (5·10 + 1·1) / 6, and 2
    assert mean_over_batches(values, weights, np.array([2, 0, 1]), 2) == pytest.approx((2 * 8.5 + 2) / 3)


def test_a_batch_without_weight_counts_as_none() -> None:
    values, weights = np.array([1.0, 2.0]), np.array([0.0, 4.0])
    assert mean_over_batches(values, weights, np.array([0, 1]), 1) == 1.0
