"""Factors and solutions by their definitions, and members that have none."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.shapes import Array
from shoal.solvers.definite import factor, solve, trace_of_inverse


def positive(size: int, n: int) -> Array:
    tall = np.random.default_rng(n).normal(size=(size, 2 * n, n))
    return tall.swapaxes(1, 2) @ tall


@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_they_are_what_they_are_called(n: int) -> None:
    A = positive(3, n)
    b = np.random.default_rng(1).normal(size=(3, n))
    L = factor(A)
    np.testing.assert_array_equal(L, np.tril(L))
    np.testing.assert_allclose(L @ L.swapaxes(1, 2), A, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose((A @ solve(A, b)[..., None])[..., 0], b, atol=1e-8)
    eigenvalues = np.linalg.eigvalsh(A)
    np.testing.assert_allclose(trace_of_inverse(A), (1 / eigenvalues).sum(axis=1), rtol=1e-8)


@pytest.mark.parametrize("n", [1, 2, 7, 40, 90])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spoilt", [False, True])
def test_a_member_has_the_same_bits_alone(n: int, dtype: type, spoilt: bool) -> None:
    A, b = positive(5, n).astype(dtype), np.random.default_rng(1).normal(size=(5, n)).astype(dtype)
    if spoilt:
        A[1] = -A[1]
    together = factor(A), solve(A, b), trace_of_inverse(A)
    for p in range(5):
        own = A[p : p + 1]
        alone = factor(own), solve(own, b[p : p + 1]), trace_of_inverse(own)
        for whole, part in zip(together, alone, strict=True):
            assert whole.dtype == dtype
            assert whole[p : p + 1].tobytes() == part.tobytes()


@pytest.mark.parametrize("spoilt", [-np.eye(3), np.full((3, 3), np.nan), np.diag([1.0, np.inf, 1.0])])
def test_what_has_no_factor_disturbs_nobody(spoilt: Array) -> None:
    A, b = positive(3, 3), np.ones((3, 3))
    expected = solve(A, b)
    A[1] = spoilt
    for found in (factor(A), solve(A, b), trace_of_inverse(A)):
        assert not np.isfinite(found[1]).all()
    np.testing.assert_array_equal(solve(A, b)[[0, 2]], expected[[0, 2]])
