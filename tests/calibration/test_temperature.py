"""Temperatures that are known, and the reliability of probabilities that mean what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, softmax

from shoal.calibration.temperature import (
    COLDEST,
    HOTTEST,
    _Course,
    coldest,
    cooled,
    fit_temperature,
    log_loss,
    reliability,
    settled_temperature,
)


def drawn(n: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities (n, classes), and a class drawn from each."""
    rng = np.random.default_rng(seed)
    true = softmax(2 * rng.normal(size=(n, classes)), axis=1)
    return true, (true.cumsum(axis=1) < rng.uniform(size=(n, 1))).sum(axis=1)


@pytest.mark.parametrize("hot", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_temperature_that_was_applied_is_found(hot: float, classes: int) -> None:
    true, codes = drawn(20000, classes)
    given = cooled(true, 1 / hot)  # too sure by the factor hot
    assert fit_temperature(given, codes) == pytest.approx(hot, rel=0.05)
    assert cooled(given, hot) == pytest.approx(true, abs=1e-9)


def test_the_slopes_are_those_of_the_log_loss_of_cooled_probabilities() -> None:
    given, codes = drawn(200, 7)
    given[0], given[1] = np.eye(7)[3], np.eye(7)[codes[1]]  # certain, and maybe wrong
    course = _Course(given)
    for beta in (0.05, 0.7, 1.0, 3.0, 20.0):
        for classes, found in zip((codes, codes[::-1]), course.slopes(beta, codes, codes[::-1]), strict=True):
            h = 1e-4 * beta
            low, middle, high = (log_loss(cooled(given, 1 / (beta + k * h)), classes) for k in (-1, 0, 1))
            assert found[0] == pytest.approx((high - low) / (2 * h), rel=1e-5, abs=1e-7)
            assert found[1] == pytest.approx((high - 2 * middle + low) / h**2, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("n", [1, 12, 400])
@pytest.mark.parametrize("classes", [2, 5])
def test_the_temperature_is_that_of_a_search_without_slopes(n: int, classes: int) -> None:
    for seed, hot in enumerate((0.1, 0.6, 1.0, 2.0, 9.0)):
        true, codes = drawn(n, classes, seed)
        given = cooled(true, 1 / hot)
        given[0] = np.eye(classes)[0]

        def cost(log_T: float, given: np.ndarray = given, codes: np.ndarray = codes) -> float:
            return n * log_loss(cooled(given, np.exp(log_T)), codes) + np.exp(-log_T) - 1 + log_T

        bounds = (np.log(COLDEST), np.log(HOTTEST))
        T = np.exp(minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 1e-9}).x)
        expected = T if T >= 1 else max(T, min(coldest(given), 1.0))
        assert fit_temperature(given, codes) == pytest.approx(expected, rel=1e-5)


def test_a_temperature_divides_the_outputs() -> None:
    z = 3 * np.random.default_rng(0).normal(size=(9, 4))
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
    for seed in range(40):
        true, codes = drawn(30, 3, seed)
        kept += settled_temperature(true, codes) != 1
        improved += log_loss(cooled(true, fit_temperature(true, codes)), codes) < log_loss(true, codes)
    assert improved == 40  # on the rows that it is fitted on, every one looks good
    assert kept < 20


def separated(rng: np.random.Generator, n: int, classes: int, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities (n, classes) of normal classes, ``scale`` times too sure, and classes."""
    codes = rng.integers(classes, size=n)
    x = rng.normal(size=(n, classes))
    x[np.arange(n), codes] += 3.5
    return softmax(scale * 3.5 * x, axis=1), codes


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
@pytest.mark.parametrize(("n", "classes"), [(12, 2), (48, 2), (48, 3), (150, 6)])
def test_no_temperature_of_few_rows_harms_new_rows(n: int, classes: int, scale: float) -> None:
    """Nearly all rows are right here, so the log loss alone would have no smallest value."""
    before, after = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        given, codes = separated(rng, n, classes, scale)
        new, actual = separated(rng, 2000, classes, scale)
        before.append(log_loss(new, actual))
        after.append(log_loss(cooled(new, settled_temperature(given, codes)), actual))
    assert np.mean(after) < 1.03 * np.mean(before)


@pytest.mark.parametrize("n", [1, 3, 48, 10000])
@pytest.mark.parametrize("margin", [1.5, 4.0, 15.0])
def test_rows_that_are_all_right_leave_one_chance_in_two_more_of_them(n: int, margin: float) -> None:
    given = np.tile(softmax([0.0, margin]), (n, 1))
    T = fit_temperature(given, np.ones(n, dtype=int))
    wrong = min(given[0, 0], 1 / (n + 2))  # the rule of succession, but no row becomes less sure
    assert cooled(given, T)[0, 0] == pytest.approx(wrong, rel=1e-3)


def test_errors_that_are_nearly_ties_prove_no_more_than_none() -> None:
    given = np.tile(softmax([0.0, 3.0]), (50, 1))
    given[:2] = 0.501, 0.499
    T = fit_temperature(given, np.ones(50, dtype=int))
    assert pytest.approx(coldest(given)) == T
    assert T > 0.6


@pytest.mark.parametrize("rare", [1, 3])
def test_a_rare_class_that_is_always_right_is_no_certainty(rare: int) -> None:
    codes = (np.arange(60) < rare).astype(int)
    z = np.where(codes == 1, 2.0, -3.0)
    given = np.stack([expit(-z), expit(z)], axis=1)
    T = settled_temperature(given, codes)
    assert 0.6 < T <= 1
    assert cooled(given, T)[codes == 1, 0].min() > 1 / 62


def test_rows_that_are_all_wrong_make_probabilities_less_sure() -> None:
    given = np.tile([0.02, 0.98], (40, 1))
    assert 5 < fit_temperature(given, np.zeros(40, dtype=int)) < HOTTEST
    assert 1 < fit_temperature(given[:1], np.zeros(1, dtype=int)) < 5  # one row is a weak proof


@pytest.mark.parametrize("n", [9, 1000, 10**5])
@pytest.mark.parametrize("sure", [0.51, 0.98])
@pytest.mark.parametrize("right", [True, False])
def test_rows_that_all_end_alike_leave_the_temperature_within_its_bounds(
    n: int, sure: float, right: bool
) -> None:
    """Of all rows wrong the prior decides, β = 1/(n L') about; of all right the number of rows."""
    given = np.tile([1 - sure, sure], (n, 1))
    T = fit_temperature(given, np.full(n, int(right)))
    assert 10 * COLDEST < T < HOTTEST / 10
    if right and sure > 0.9:  # timid probabilities the prior leaves further from certainty
        assert cooled(given, T)[0, 0] == pytest.approx(min(1 - sure, 1 / (n + 2)), rel=1e-3)
    if not right:
        slope = 0.5 * np.log(sure / (1 - sure))  # of the log loss at β = 0, where the shares are even
        assert 0.5 * (n * slope + 1) < T


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_outputs_as_large_as_floats_hold_have_no_say(dtype: type) -> None:
    with np.errstate(under="ignore"):
        z = np.array([[0.0, 3e38], [1e30, 0.0], [0.0, 90.0]] * 20, dtype=dtype)
        given = softmax(z, axis=1).astype(np.float64)
    assert fit_temperature(given, np.tile([1, 0, 1], 20)) == pytest.approx(1, abs=1e-3)


def test_on_many_rows_the_temperature_is_that_of_the_smallest_log_loss() -> None:
    true, codes = drawn(10000, 3)
    for hot in (0.4, 0.8, 2.5):
        given = cooled(true, 1 / hot)
        tried = hot * np.linspace(0.9, 1.1, 201)
        losses = [log_loss(cooled(given, T), codes) for T in tried]
        assert fit_temperature(given, codes) == pytest.approx(tried[int(np.argmin(losses))], rel=2e-3)
        assert coldest(given) < 0.5 * hot


def test_rows_of_no_weight_are_as_if_they_were_not_there() -> None:
    n, few = 60, np.arange(60) % 5 == 2  # all that count are in one of the five parts
    sure = np.tile([0.05, 0.95], (n, 1))
    codes = (np.arange(n) % 15 < 9).astype(np.int64)
    of_few = settled_temperature(sure[few], codes[few])
    assert of_few > 1
    assert settled_temperature(sure, codes, few.astype(float)) == pytest.approx(of_few, rel=1e-9)


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


def test_with_luck_the_temperature_is_that_of_the_loss_of_new_rows() -> None:
    """The sum of the docstring on a fine grid, T by T."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 0.95, size=50)
    given, codes = np.stack([1 - p, p], axis=1), (rng.uniform(size=50) < p).astype(int)
    tried = np.exp(np.linspace(np.log(0.3), np.log(30), 4000))
    found = []
    for luck in (0.0, 0.05, 0.2):
        sums = [
            50 * (log_loss(cooled(given, T), codes) + luck / T) + 1 / T - 1 + np.log(T)
            for T in tried.tolist()
        ]
        found.append(fit_temperature(given, codes, None, luck))
        assert found[-1] == pytest.approx(tried[int(np.argmin(sums))], rel=2e-3)
    assert found == sorted(found)


@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 2, 200)])
def test_luck_settles_a_temperature_that_rows_held_out_alone_would_not(weights: Any) -> None:
    """Three of four rows are right, as their probabilities say, but by luck they are: new ones are fewer."""
    given, codes = np.tile([0.25, 0.75], (200, 1)), np.tile([1, 0, 1, 1], 50)
    assert settled_temperature(given, codes) == 1.0
    luck = 0.25 * np.log(3) / 2  # of new rows five of eight are right
    T = settled_temperature(given, codes, weights, luck)
    assert fit_temperature(given, codes, weights, luck) == T
    right = cooled(given, T)[0, 1]
    assert right == pytest.approx(5 / 8, abs=0.01)
