from __future__ import annotations

import numpy as np
import pytest

from shoal.calibration.decision import (
    BALANCED_ERROR,
    COST,
    ERROR,
    F1,
    LOG_LOSS,
    Decision,
    check_metric,
    f1_threshold,
    require_decidable,
)
from shoal.calibration.scores import f1_score
from shoal.errors import ConfigurationError
from shoal.shapes import Array

N = 60
RNG = np.random.default_rng(3)
COUNTS, SHARES = RNG.integers(0, 4, N).astype(np.float64), RNG.random(N)
CODES, P = RNG.integers(0, 3, N), RNG.dirichlet(np.ones(3), N)


@pytest.mark.parametrize("weights", [None, COUNTS])
@pytest.mark.parametrize("digits", [1, 2, 17])  # of few digits many probabilities are equal
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.95])
def test_no_threshold_has_a_larger_f1(rate: float, digits: int, weights: Array | None) -> None:
    rng = np.random.default_rng(4)
    p = rng.beta(2, 2, N).round(digits)
    positive = rng.random(N) < rate * 2 * p
    t = f1_threshold(p, positive, weights)
    every = np.unique([0.0, *p, *(p + 1e-12)])
    largest = max(f1_score(p > other, positive, weights) for other in every)
    assert f1_score(p > t, positive, weights) == pytest.approx(largest, abs=1e-12)


@pytest.mark.parametrize(
    ("p", "positive", "expected"),
    [
        ([0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1], 0.25),
        ([0.1, 0.2, 0.7, 0.9], [0, 0, 1, 1], 0.5),  # anything from 0.2 to 0.7
        ([0.8, 0.9, 0.95], [0, 0, 1], 0.925),
        ([0.3, 0.4], [0, 0], 0.5),  # nothing to find
        ([0.2, 0.4], [1, 1], 0.1),
        ([0.0, 0.0], [1, 1], np.finfo(np.float64).tiny),
        ([1.0, 1.0], [1, 1], 0.5),
        ([0.2, 0.4, 0.4, 0.6], [1, 0, 0, 1], 0.5),  # 2/3 of one row, and of all
    ],
)
def test_thresholds_known_by_hand(p: list[float], positive: list[int], expected: float) -> None:
    found = f1_threshold(np.array(p), np.array(positive, dtype=bool))
    assert found == pytest.approx(expected, abs=1e-15)


def test_the_balanced_error_is_least_with_the_shares_for_divisors() -> None:
    # of four rows and three classes
    joint = np.array([[0.4, 0.05, 0.01], [0.2, 0.06, 0.02], [0.1, 0.06, 0.01], [0.05, 0.03, 0.01]])
    p, shares = joint / joint.sum(axis=1, keepdims=True), joint.sum(axis=0)
    decision = Decision.find(BALANCED_ERROR, p, np.zeros(4, int), shares)

    def expected_error(called: Array) -> float:
        right = sum(joint[row, k] / shares[k] for row, k in enumerate(called))
        return float(1 - right / 3)

    every = [np.array(called) for called in np.ndindex(3, 3, 3, 3)]
    assert expected_error(decision.classes(p)) == pytest.approx(min(map(expected_error, every)), abs=1e-12)
    assert joint.sum() == pytest.approx(1)
    assert expected_error(Decision().classes(p)) > min(map(expected_error, every)) + 1e-3


@pytest.mark.parametrize(("shares", "positive"), [([0.2, 0.8], 0), ([0.5, 0.5], 1), ([0.9, 0.1], 1)])
def test_f1_is_of_the_rarer_class(shares: list[float], positive: int) -> None:
    of_it = np.array([0.1, 0.2, 0.3, 0.4])
    p = np.stack([1 - of_it, of_it] if positive else [of_it, 1 - of_it], axis=1)
    codes = np.array([0, 0, 1, 1]) if positive else np.array([1, 1, 0, 0])
    decision = Decision.find(F1, p, codes, np.array(shares))
    assert decision.threshold == pytest.approx(0.25, abs=1e-15)
    assert decision.positive == positive
    np.testing.assert_array_equal(decision.classes(p), codes)
    assert decision.scores(p, codes) == {"F1": 1.0}


def test_errors_are_decided_by_the_likeliest_and_absent_classes_by_a_finite_factor() -> None:
    p, codes = P, CODES
    for metric in (None, ERROR, LOG_LOSS):
        decision = Decision.find(metric, p, codes, np.ones(3) / 3)
        np.testing.assert_array_equal(decision.classes(p), p.argmax(axis=1))
        assert decision.scores(p, codes) == {}
    assert Decision.find(BALANCED_ERROR, p, codes, np.array([0.75, 0.25, 0.0])).factors[1:] == (4 / 3, 4 / 3)


def test_balanced_errors_of_two_classes_have_a_threshold() -> None:
    decision = Decision.find(BALANCED_ERROR, np.ones((1, 2)), np.array([1]), np.array([0.9, 0.1]))
    assert decision.threshold == pytest.approx(0.1, abs=1e-15)


@pytest.mark.parametrize("K", [2, 3])
def test_costs_decide_for_the_least_expected(K: int) -> None:
    costs = np.random.default_rng(6).random((K, K)).round(1) * (1 - np.eye(K))
    p = P[:, :K] / P[:, :K].sum(axis=1, keepdims=True)
    table = tuple(map(tuple, costs.tolist()))
    decision = Decision.find(None, p, CODES, np.linspace(0.6, 0.4, K), costs=table)
    assert decision == Decision(COST, (), 1, table)
    called = decision.classes(p)
    np.testing.assert_array_equal(called, (p @ costs).argmin(axis=1))
    assert (called != p.argmax(axis=1)).any()
    codes = np.minimum(CODES, K - 1)
    expected = np.average(costs[codes, called], weights=SHARES)
    assert decision.scores(p, codes, SHARES) == {"mean cost": pytest.approx(expected, rel=1e-12)}
    assert decision.losses(p, codes)["mean cost"][1].tolist() == costs[codes, called].tolist()
    t = decision.threshold
    assert (t is None) == (K > 2)
    if t is not None:
        np.testing.assert_array_equal(called == 1, p[:, 1] > t)


@pytest.mark.parametrize(
    ("metric", "cost", "K"), [(BALANCED_ERROR, None, 0), (F1, None, 3), (None, ["0:1=2"], 0)]
)
def test_what_cannot_be_decided_is_refused(metric: str | None, cost: list[str] | None, K: int) -> None:
    labels = [str(k) for k in range(K)]
    with pytest.raises(ConfigurationError, match="is of two classes" if K else "the target is a number"):
        require_decidable(metric, cost, labels)
    assert require_decidable(None, None, labels) == ()
    assert require_decidable(F1, None, ["a", "b"]) == ()
    assert require_decidable(None, ["a:b=3"], ["a", "b"]) == ((0, 3), (1, 0))


def test_one_thing_decides() -> None:
    with pytest.raises(ConfigurationError, match="leave one out"):
        check_metric(ERROR, ["a:b=2"])
    with pytest.raises(ConfigurationError, match="ACTUAL:CALLED=NUMBER"):
        check_metric(None, ["a=2"])


@pytest.mark.parametrize("off", [-1e-12, 0.0, 1e-12])
@pytest.mark.parametrize("positive", [0, 1])
def test_of_classes_that_weights_made_equal_the_rarer_has_fewer_rows(off: float, positive: int) -> None:
    """As ``class_weight="balanced"`` does; the last bit of a sum says nothing."""
    codes = np.where(np.arange(20) < 5, positive, 1 - positive)
    p = np.tile([0.5, 0.5], (20, 1))
    for metric in ("f1", "error", "balanced_error"):
        assert Decision.find(metric, p, codes, np.array([0.5 + off, 0.5 - off])).positive == positive
        assert Decision.find(metric, p, codes, np.array([0.4, 0.6])).positive == 0
