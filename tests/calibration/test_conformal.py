"""Coverage of conformal intervals on rows that are exchangeable, and their ends by hand."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.calibration import conformal
from shoal.calibration.conformal import Conformal, coverage_and_width
from shoal.errors import ConfigurationError, DataError


def test_with_one_model_the_interval_is_a_quantile_of_its_errors() -> None:
    errors = Conformal(np.arange(1.0, 20.0), np.zeros(19, dtype=np.intp))
    lower, upper = errors.interval(np.array([[0.0, 5.0]]), 0.9)  # ⌈0.9 · 20⌉ = 18
    assert lower.tolist() == [-18, -13]
    assert upper.tolist() == [18, 23]


def test_with_folds_each_error_goes_with_the_prediction_of_its_fold() -> None:
    errors = Conformal(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1]))
    lower, upper = errors.interval(np.array([[10.0], [20.0]]), 0.6)  # ranks ⌊0.4 · 5⌋ = 2 and 3
    assert lower.tolist() == [9]  # of 8, 9, 16, 17
    assert upper.tolist() == [23]  # of 11, 12, 23, 24


def test_rows_taken_a_few_at_a_time_have_the_same_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    errors = Conformal(rng.exponential(size=30), rng.integers(3, size=30))
    predictions = rng.normal(size=(3, 17))
    whole = errors.interval(predictions, 0.8)
    monkeypatch.setattr(conformal, "HELD", 60)
    assert np.array_equal(errors.interval(predictions, 0.8), whole)


@pytest.mark.parametrize("folds", [1, 5])
def test_coverage_of_exchangeable_rows_is_what_was_promised(folds: int) -> None:
    """Means of the other folds as the model: 400 draws of 40 rows, and 50 new rows for each."""
    rng = np.random.default_rng(folds)
    n, coverage, shares = 40, 0.8, []
    for _ in range(400):
        y = rng.standard_t(df=3, size=n)
        fold = np.arange(n) % folds
        # One model is one that these rows had no part in.
        models = np.array([y[fold != k].mean() for k in range(folds)]) if folds > 1 else np.array([0.3])
        errors = Conformal(np.abs(y - models[fold]), fold)
        new = rng.standard_t(df=3, size=50)
        lower, upper = errors.interval(np.repeat(models[:, None], 50, axis=1), coverage)
        shares.append(coverage_and_width(new, lower, upper)[0])
    error = np.std(shares) / np.sqrt(len(shares))
    # At least the promise; split conformal is above it by 1/(N + 1) at most.
    assert coverage - 3 * error < np.mean(shares) < coverage + 1 / (n + 1) + 3 * error


def test_the_width_is_the_mean_of_all() -> None:
    share, width = coverage_and_width(np.array([0.0, 5.0]), np.array([-1.0, 0.0]), np.array([1.0, 4.0]))
    assert (share, width) == (0.5, 3.0)


def test_too_few_rows_and_impossible_shares_are_refused() -> None:
    errors = Conformal(np.ones(8), np.zeros(8, dtype=np.intp))
    with pytest.raises(DataError, match=r"0.9 needs 9 rows held out, got 8; ask for 0.88 or less"):
        errors.interval(np.zeros((1, 1)), 0.9)
    with pytest.raises(ConfigurationError, match="between 0 and 1, got 90"):
        errors.interval(np.zeros((1, 1)), 90)
