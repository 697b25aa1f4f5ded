from __future__ import annotations

import numpy as np
import pytest

from shoal.selection.samples.weighted_means import effective, mean_and_error, weighted_mean

LOSSES, TIMES = np.array([[1.0, 4.0, 0.5], [2.0, 2.0, 8.0]]), np.array([3, 1, 2])


def test_whole_weights_are_so_many_samples() -> None:
    repeated = np.repeat(LOSSES, TIMES, axis=1)
    assert weighted_mean(LOSSES, TIMES.astype(float)) == pytest.approx(repeated.mean(axis=1), rel=1e-14)
    assert weighted_mean(LOSSES) == pytest.approx(LOSSES.mean(axis=1), rel=1e-14)


def test_means_of_single_precision_are_taken_in_double() -> None:
    losses = np.full(1000, np.float32(0.1))
    for weights in (None, np.ones(1000, np.float32)):
        assert float(weighted_mean(losses, weights)) == pytest.approx(float(np.float32(0.1)), rel=1e-7)
    assert weighted_mean(losses).dtype == np.float64


@pytest.mark.parametrize("unit", [1e-200, 1.0, 1e200])
def test_the_unit_of_weights_means_nothing(unit: float) -> None:
    mean, error = mean_and_error(LOSSES, TIMES * unit)
    assert mean == pytest.approx(mean_and_error(LOSSES, TIMES.astype(float))[0], rel=1e-13)
    assert error == pytest.approx(mean_and_error(LOSSES, TIMES.astype(float))[1], rel=1e-13)
    # Kish: (3 + 1 + 2)² / (9 + 1 + 4)
    assert float(effective(TIMES * unit).sum()) == pytest.approx(36 / 14, rel=1e-13)
    assert effective(np.full(5, unit)) == pytest.approx(np.ones(5), rel=1e-14)


def test_the_error_is_the_usual_one_of_equal_weights_and_cochrans_of_others() -> None:
    usual = LOSSES.std(axis=1, ddof=1) / np.sqrt(3)
    for weights in (None, np.full(3, 7.0)):
        assert mean_and_error(LOSSES, weights)[1] == pytest.approx(usual, rel=1e-14)
    # by hand: L = (3·1 + 1·4 + 2·0.5)/6 = 4/3; Σ s²(ℓ − L)² = 9/9 + 64/9 + 4·25/36 = 98/9; · 3/2 / 36
    assert mean_and_error(LOSSES, TIMES.astype(float))[1][0] == pytest.approx(np.sqrt(98 / 9 * 1.5 / 36))
    assert mean_and_error(np.array([5.0]), np.array([2.0])) == (5.0, 0.0)
