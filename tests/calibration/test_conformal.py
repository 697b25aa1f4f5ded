"""Coverage of conformal intervals on rows that are exchangeable, and their ends by hand."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.calibration.conformal import Conformal, coverage_and_width
from shoal.errors import ConfigurationError, DataError


def test_the_interval_is_a_quantile_of_the_errors() -> None:
    errors = Conformal(np.random.default_rng(0).permutation(np.arange(1.0, 20.0)))
    lower, upper = errors.interval(np.array([0.0, 5.0]), 0.9)  # ⌈0.9 · 20⌉ = 18
    assert lower.tolist() == [-18, -13]
    assert upper.tolist() == [18, 23]


@pytest.mark.parametrize("folds", [1, 5])
def test_coverage_of_exchangeable_rows_is_what_was_promised(folds: int) -> None:
    """Means of the other folds, averaged, as the model: 400 draws of 40 rows, and 50 new rows for each."""
    rng = np.random.default_rng(folds)
    n, coverage, shares = 40, 0.8, []
    for _ in range(400):
        y = rng.standard_t(df=3, size=n)
        fold = np.arange(n) % folds
        # One model is one that these rows had no part in.
        models = np.array([y[fold != k].mean() for k in range(folds)]) if folds > 1 else np.array([0.3])
        new = rng.standard_t(df=3, size=50)
        ends = Conformal(np.abs(y - models[fold])).interval(np.full(50, models.mean()), coverage)
        shares.append(coverage_and_width(new, *ends)[0])
    error = np.std(shares) / np.sqrt(len(shares))
    # At least the promise, and above it by 1/(N + 1) at most; with folds the models are a little worse.
    assert coverage - 3 * error < np.mean(shares) < coverage + 1 / (n + 1) + 3 * error


def test_the_width_is_the_mean_of_all() -> None:
    share, width = coverage_and_width(np.array([0.0, 5.0]), np.array([-1.0, 0.0]), np.array([1.0, 4.0]))
    assert (share, width) == (0.5, 3.0)


def test_too_few_rows_and_impossible_shares_are_refused() -> None:
    errors = Conformal(np.ones(8))
    with pytest.raises(DataError, match=r"0.9 needs 9 rows held out, got 8; ask for 0.88 or less"):
        errors.interval(np.zeros(1), 0.9)
    errors.interval(np.zeros(1), 0.88)
    with pytest.raises(ConfigurationError, match="between 0 and 1, got 90"):
        errors.interval(np.zeros(1), 90)
    for coverage in ("90%", None, np.array([0.5, 0.9]), float("nan")):
        with pytest.raises(ConfigurationError, match="an interval covers a share between 0 and 1, got"):
            Conformal(np.ones(9)).interval(np.zeros(1), coverage)  # type: ignore[arg-type]
