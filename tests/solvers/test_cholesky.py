"""Factors and solutions against LAPACK's, and members that have none."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.shapes import Array
from shoal.solvers.cholesky import factor, solve, trace_of_inverse


def positive(size: int, n: int) -> Array:
    tall = np.random.default_rng(n).normal(size=(size, 2 * n, n))
    return tall.swapaxes(1, 2) @ tall


@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_they_agree_with_lapack(n: int) -> None:
    A = positive(3, n)
    b = np.random.default_rng(1).normal(size=(3, n))
    L = factor(A)
    np.testing.assert_allclose(L, np.linalg.cholesky(A), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(solve(L, b), np.linalg.solve(A, b[..., None])[..., 0], rtol=1e-8)
    traces = np.trace(np.linalg.inv(A), axis1=1, axis2=2)
    np.testing.assert_allclose(trace_of_inverse(L), traces, rtol=1e-10)


@pytest.mark.parametrize("n", [1, 2, 7, 40, 90])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_member_has_the_same_bits_alone(n: int, dtype: type) -> None:
    A, b = positive(5, n).astype(dtype), np.random.default_rng(1).normal(size=(5, n)).astype(dtype)
    L = factor(A)
    together = L, solve(L, b), trace_of_inverse(L)
    for p in range(5):
        lower = factor(A[p : p + 1])
        alone = lower, solve(lower, b[p : p + 1]), trace_of_inverse(lower)
        for whole, part in zip(together, alone, strict=True):
            assert whole.dtype == dtype
            assert whole[p : p + 1].tobytes() == part.tobytes()


@pytest.mark.parametrize("spoilt", [-np.eye(3), np.full((3, 3), np.nan), np.diag([1.0, np.inf, 1.0])])
def test_what_has_no_factor_disturbs_nobody(spoilt: Array) -> None:
    A, b = positive(3, 3), np.ones((3, 3))
    expected = solve(factor(A), b)
    A[1] = spoilt
    with np.errstate(all="ignore"):
        found = solve(factor(A), b)
    assert not np.isfinite(found[1]).all() or not found[1].all()
    np.testing.assert_array_equal(found[[0, 2]], expected[[0, 2]])
