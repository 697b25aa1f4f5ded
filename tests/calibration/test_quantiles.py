"""Quantiles against those of SciPy, which is another algorithm."""

from __future__ import annotations

import pytest
from scipy.stats import norm, t

from shoal.calibration.quantiles import MANY, normal_quantile, student_quantile

SHARES = [0.5, 0.6, 0.9, 0.975, 0.9995]


@pytest.mark.parametrize("p", [1e-9, 0.2, *SHARES])
def test_quantiles_of_the_normal_distribution(p: float) -> None:
    assert normal_quantile(p) == pytest.approx(norm.ppf(p), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 35, 500, MANY - 1, MANY, 100_000])
def test_quantiles_of_students_distribution(freedom: int) -> None:
    found = [student_quantile(p, freedom) for p in SHARES]
    assert found == pytest.approx(t.ppf(SHARES, freedom), rel=1e-8, abs=1e-14)  # older SciPy has nine digits
    assert t.sf(found, freedom) == pytest.approx([1 - p for p in SHARES], rel=1e-11)
