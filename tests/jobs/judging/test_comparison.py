"""Intervals of paired differences: known values, and that they hold what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_rel

from shoal.calibration.decision import Decision
from shoal.jobs.judging.comparison import compare, mean_difference, share_difference
from shoal.jobs.judging.metrics import class_losses, number_losses
from shoal.shapes import Array


def test_a_mean_has_the_interval_of_the_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.exponential(size=(2, 31))
    expected = ttest_rel(ours, theirs).confidence_interval(0.95)
    assert mean_difference(ours - theirs) == pytest.approx((ours.mean() - theirs.mean(), *expected))


@pytest.mark.parametrize("unit", [2.0**-500, 2.0**-300, 2.0**300, 2.0**490])
@pytest.mark.parametrize("weights", [None, np.arange(1.0, 32.0)])
def test_an_interval_is_in_the_unit_of_the_target_whatever_that_is(
    unit: float, weights: Array | None
) -> None:
    """Squared errors of numbers such as 1e-90 have squares of their own that are no floats."""
    rng = np.random.default_rng(0)
    ours, theirs, y = rng.normal(size=(3, 31))
    plain, scaled = (
        compare(number_losses(u * ours, u * y), {"linear model": number_losses(u * theirs, u * y)}, weights)
        for u in (1.0, unit)
    )
    for a, b, u in zip(plain, scaled, (unit**2, unit), strict=True):
        assert [b[end] for end in ("difference", "low", "high")] == [
            u * a[end] for end in ("difference", "low", "high")
        ]
        assert b["low"] < b["difference"] < b["high"]


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


@pytest.mark.parametrize("weights", [None, np.array([0.3, 1.7])])
@pytest.mark.parametrize("decision", [Decision("auc"), Decision("f1")], ids=lambda decision: decision.metric)
def test_two_rows_that_lose_as_much_tell_no_models_apart(decision: Decision, weights: Array | None) -> None:
    codes, right = np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]])
    ours, theirs = (class_losses(p, codes, decision, weights) for p in (1 - right, right))
    found = compare(ours, {"linear model": theirs}, weights)[2]
    assert found["difference"] == 1.0
    assert found["low"] < 0 < found["high"] == 1.0


@pytest.mark.parametrize("each", [-0.1, 0.1])
def test_a_mean_has_a_width_where_nothing_varies(each: float) -> None:
    few, many = (mean_difference(np.full(n, each)) for n in (2, 20))
    # 0.1 times (2.5 − 0.5)/4 ± 1.96 √(3 − 4/4)/4 cut at 1, and (20.5 − 0.5)/22 ± 1.96 √(21 − 400/22)/22
    assert sorted(map(abs, few)) == pytest.approx([0.1 * 0.192952, 0.1, 0.1], abs=1e-6)
    assert few[1] < 0 < few[2]
    assert min(map(abs, many)) == pytest.approx(0.1 * (20 - 1.959964 * math.sqrt(21 - 400 / 22)) / 22)
    assert math.copysign(1, many[1]) == math.copysign(1, many[2]) == math.copysign(1, each)


def test_rows_without_a_difference_have_none() -> None:
    assert mean_difference(np.zeros(3)) == (0.0, 0.0, 0.0)


def test_one_row_says_nothing() -> None:
    one = class_losses(np.array([[0.5, 0.5]]), np.array([0]))
    assert compare(one, {"constant": one}) == []
