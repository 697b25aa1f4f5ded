"""Intervals of paired differences: known values, and that they hold what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_rel

from shoal.jobs.judging.comparison import compare, mean_difference, share_difference
from shoal.jobs.judging.metrics import class_losses, number_losses


def test_a_mean_has_the_interval_of_the_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.exponential(size=(2, 31))
    expected = ttest_rel(ours, theirs).confidence_interval(0.95)
    assert mean_difference(ours - theirs) == pytest.approx((ours.mean() - theirs.mean(), *expected))


def test_a_share_has_a_width_where_nothing_varies() -> None:
    nobody = np.zeros(3)
    middle, low, high = share_difference(np.ones(3), nobody)
    assert middle == 1.0
    # (3.5 − 0.5)/5 ± 1.96 √(4 − 9/5)/5
    assert (low, high) == pytest.approx((0.6 - 1.959964 * math.sqrt(2.2) / 5, 1.0))
    assert share_difference(nobody, nobody) == pytest.approx((0.0, -0.391993, 0.391993), abs=1e-6)


def test_the_share_of_a_large_survey() -> None:
    """Of 1600 asked twice 150 changed one way and 86 the other: 0.04, 0.02 to 0.06 (Agresti 2013, 11.1)."""
    ours, theirs = np.zeros((2, 1600))
    ours[:150], theirs[150:236] = 1, 1
    assert share_difference(ours, theirs) == pytest.approx((0.04, 0.0212, 0.0587), abs=5e-4)


@pytest.mark.parametrize("n", [15, 114, 1000])
def test_models_that_are_equally_good_are_seldom_told_apart(n: int) -> None:
    rng = np.random.default_rng(n)
    apart = {"log loss": 0, "error": 0}
    for _ in range(400):
        true = rng.beta(2, 2, size=n)
        codes = (rng.uniform(size=n) < true).astype(np.intp)
        # two models that are off by as much, in ways of their own
        given = [np.clip(true + 0.15 * rng.choice([-1, 1], size=n), 0.02, 0.98) for _ in range(2)]
        ours, theirs = (class_losses(np.stack([1 - p, p], axis=1), codes) for p in given)
        for found in compare(ours, {"linear model": theirs}):
            apart[found["metric"]] += not found["low"] <= 0 <= found["high"]
    assert 4 <= apart["log loss"] <= 38  # of 20 expected
    assert 2 <= apart["error"] <= 34  # marks are few, and the interval is a little wide


def test_a_better_model_is_told_apart_on_enough_rows() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=400)
    ours, theirs = (number_losses(y + width * rng.normal(size=400), y) for width in (0.5, 1.0))
    found = compare(ours, {"constant": theirs})
    assert [(c["model"], c["metric"], c["loss"]) for c in found] == [
        ("constant", "RMSE", "squared error"),
        ("constant", "MAE", "absolute error"),
    ]
    assert all(c["low"] < c["difference"] < c["high"] < 0 for c in found)
    assert (
        found[0]["difference"]
        == pytest.approx((ours["RMSE"].values - theirs["RMSE"].values).mean())
        == pytest.approx(0.25 - 1.0, abs=0.15)
    )


def test_one_row_says_nothing() -> None:
    one = class_losses(np.array([[0.5, 0.5]]), np.array([0]))
    assert compare(one, {"constant": one}) == []
