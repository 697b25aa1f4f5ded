from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from shoal.calibration.conformal import Conformal, coverage_and_width
from shoal.calibration.spread import ErrorSpread

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 3))
LOUD = np.exp(0.8 * X[:, 0])
ERRORS = LOUD * np.abs(RNG.normal(size=400))
ALIKE = np.abs(RNG.normal(size=400))


def test_a_scale_that_the_rows_tell_is_found() -> None:
    spread, _ = ErrorSpread.fit(X, ERRORS)
    assert spread is not None
    slope, *others = spread.weights
    assert 0.6 < slope < 1.0
    assert np.abs(others).max() < 0.15
    assert np.corrcoef(np.log(spread.of(X)), np.log(LOUD))[0, 1] > 0.97


@pytest.mark.parametrize(
    ("features", "errors"),
    [
        (X, ALIKE),  # which the rows say nothing of
        (np.ones((400, 2)), ERRORS),
        (X[:1], ERRORS[:1]),
        (X[:3], np.zeros(3)),
        (X[:0], ERRORS[:0]),
    ],
    ids=["alike", "constant", "one", "none", "nothing"],
)
def test_there_is_none_where_nothing_tells(features: np.ndarray, errors: np.ndarray) -> None:
    spread, own = ErrorSpread.fit(features, errors)
    assert spread is None
    np.testing.assert_array_equal(own, np.ones(len(errors)))


def test_the_scale_of_a_row_is_that_of_the_others() -> None:
    """As fitted without it, by hand, with the strength that all of them prefer."""
    few, errors = X[:60, :1], ERRORS[:60]
    spread, own = ErrorSpread.fit(few, errors)
    assert spread is not None
    logs = np.log(np.maximum(errors, 0.05 * np.median(errors)))
    logs -= logs.mean()
    Z = (few[:, 0] - few[:, 0].mean()) / few[:, 0].std()
    w = spread.weights[0] * few[:, 0].std()
    strength = Z @ logs / w - Z @ Z
    for row in (0, 7, 59):
        others = np.arange(60) != row
        design = np.stack([np.ones(59), Z[others]], axis=1)
        b, slope = np.linalg.solve(design.T @ design + np.diag([0, strength]), design.T @ logs[others])
        expected = np.clip(b + slope * Z[row], spread.low, spread.high)
        assert np.log(own[row]) == pytest.approx(expected, rel=1e-6)


def test_rows_far_away_have_no_scale_beyond_those_known() -> None:
    spread, own = ErrorSpread.fit(X, ERRORS)
    assert spread is not None
    far = spread.of(np.array([[1e6, 0, 0], [-1e6, 0, 0]]))
    assert own.min() == pytest.approx(far[1])
    assert own.max() == pytest.approx(far[0])


def test_a_row_has_the_same_bits_in_any_company_and_at_any_number_of_threads() -> None:
    spread, own = ErrorSpread.fit(X, ERRORS)
    assert spread is not None
    alone = np.concatenate([spread.of(X[i : i + 1]) for i in range(40)])
    np.testing.assert_array_equal(spread.of(X)[:40], alone)
    with threadpool_limits(limits=1):
        np.testing.assert_array_equal(ErrorSpread.fit(X, ERRORS)[1], own)


def test_it_is_read_as_it_was_written() -> None:
    spread, _ = ErrorSpread.fit(X, ERRORS)
    assert spread is not None
    numbers = spread.to_array()
    assert len(numbers) == 3 + ErrorSpread.ENDING
    np.testing.assert_array_equal(ErrorSpread.from_array(numbers).of(X), spread.of(X))


def test_intervals_hold_what_they_promise_where_it_is_loud_and_where_it_is_quiet() -> None:
    """Nine of ten of 4000 new rows, in each third by loudness within seven points; without a scale not so."""
    rng = np.random.default_rng(1)
    new = rng.normal(size=(4000, 3))
    y = np.exp(0.8 * new[:, 0]) * rng.normal(size=4000)
    spread, own = ErrorSpread.fit(X, ERRORS)
    thirds = np.array_split(np.argsort(new[:, 0]), 3)
    zeros = np.zeros(4000)
    lower, upper = Conformal(ERRORS / own, spread=spread).interval(zeros, 0.9, new)
    held = [coverage_and_width(y[part], lower[part], upper[part])[0] for part in thirds]
    assert held == pytest.approx([0.9] * 3, abs=0.07)
    lower, upper = Conformal(ERRORS).interval(zeros, 0.9)
    plain = [coverage_and_width(y[part], lower[part], upper[part])[0] for part in thirds]
    assert max(plain) - min(plain) > 0.15
