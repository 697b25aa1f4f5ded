from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from shoal.data.features.scales import centre_and_scale, frequencies, quantile_knots, scaled, squash


@pytest.mark.parametrize(
    ("known", "median", "scale"),
    [
        ([1.0, 2.0, 3.0, 4.0, 5.0], 3.0, 2.0),
        ([0.0, 0.0, 0.0, 0.0, 10.0], 0.0, 4.0),  # one are equal: √(5·100 − 10²)/5
        ([0.1] * 10, 0.1, 1.0),
        ([], 0.0, 1.0),
    ],
)
def test_centre_and_scale(known: list[float], median: float, scale: float) -> None:
    assert_allclose(centre_and_scale(np.array(known)), (median, scale), rtol=1e-15)


@pytest.mark.parametrize(
    ("r", "feature"),
    [(0.0, 0.0), (3.0, 3 / np.sqrt(2)), (-4.0, -2.4), (1e-9, 1e-9), (1e300, 3.0), (-np.inf, -3.0)],
)
def test_squash(r: float, feature: float) -> None:
    assert_allclose(squash(np.array([r])), [feature], rtol=1e-14)


def test_a_gap_is_the_median_and_a_tiny_scale_no_warning() -> None:
    x, one = np.array([np.nan, 5.0, 7.0]), 1 / np.hypot(1, 1 / 3)
    assert_allclose(scaled(x, 5.0, 2.0), [0, 0, one], rtol=1e-15)
    assert_allclose(scaled(np.array([1e300]), 0.0, 5e-324), [3.0], rtol=1e-14)


@pytest.mark.parametrize(
    ("known", "pieces", "knots"),
    [([1.0, 2.0, 3.0, 4.0], 2, (1, 2, 4)), ([7.0, 7.0], 8, (7,)), ([], 4, ())],
)
def test_knots_are_values_that_occur(known: list[float], pieces: int, knots: tuple[float, ...]) -> None:
    assert quantile_knots(np.array(known), pieces) == knots


def test_a_value_that_most_rows_have_leaves_knots_for_the_rest() -> None:
    most_are_0 = np.append(np.zeros(900), np.arange(1.0, 101.0))  # 0 counts as 1/8, each other as 7/800
    assert quantile_knots(most_are_0, 8) == (0, 15, 29, 43, 58, 72, 86, 100)


def test_two_heavy_values_are_bounded_though_the_second_is_heavy_only_without_the_first() -> None:
    rows = np.repeat(np.arange(6.0), [100, 4, 2, 2, 2, 1])  # 4 of 11 is above 1/4, 4 of 111 is not
    assert quantile_knots(rows, 4) == (0, 1, 3, 5)


def test_without_ties_knots_are_the_quantiles() -> None:
    known = np.random.default_rng(0).normal(size=389)
    quantiles = np.quantile(known, np.linspace(0, 1, 9), method="inverted_cdf")
    assert quantile_knots(known, 8) == tuple(quantiles.tolist())


def test_the_frequency_of_one_wave_is_the_median_of_a_normal_size() -> None:
    assert frequencies(0) == ()
    assert frequencies(1) == pytest.approx((0.6744897501960817,))
