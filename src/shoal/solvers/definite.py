"""Symmetric, positive definite matrices of all members, factored and solved by LAPACK, one after the other.

A matrix that is not positive definite, or not finite, gives NaN for its member and disturbs nobody; and the
bits of a member are those of its matrix alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shoal.shapes import Array
from shoal.solvers.base import dot


def factor(A: Array) -> Array:
    """Return the lower triangular L (Q, D, D) with L Lᵀ = A (Q, D, D).

    >>> factor(np.array([[[4.0, 2.0], [2.0, 10.0]]])).tolist()
    [[[2.0, 0.0], [1.0, 3.0]]]
    """
    return _each(np.linalg.cholesky, A)


def solve(A: Array, b: Array) -> Array:
    """Return the x (Q, D) with A x = b (Q, D).

    >>> solve(np.array([[[4.0, 2.0], [2.0, 10.0]], [[1.0, 0.0], [0.0, -1.0]]]), np.ones((2, 2))).round(3)
    array([[0.222, 0.056],
           [  nan,   nan]])
    """
    x = np.full_like(b, np.nan)
    sound = np.isfinite(factor(A)).all(axis=(1, 2))
    x[sound] = _each(np.linalg.solve, A[sound], b[sound, :, None])[..., 0]
    return x


def trace_of_inverse(A: Array) -> Array:
    """Return the trace (Q,) of A⁻¹, the sum of the squares of L⁻¹.

    >>> trace_of_inverse(np.array([[[4.0, 0.0], [0.0, 0.25]]])).tolist()
    [4.25]
    """
    L = factor(A)
    inverse = np.full_like(L, np.nan)
    sound = np.isfinite(L).all(axis=(1, 2))
    inverse[sound] = _each(np.linalg.inv, L[sound])
    flat = inverse.reshape(len(L), -1)
    return dot(flat, flat)


def _each(function: Callable[..., Array], *stacks: Array) -> Array:
    """Return what a function of LAPACK's gives for every matrix; NaN where it gives none."""
    try:
        return function(*stacks)
    except np.linalg.LinAlgError:
        found = np.full_like(stacks[-1], np.nan)
    for p in range(len(found)):
        try:
            found[p] = function(*(stack[p : p + 1] for stack in stacks))[0]
        except np.linalg.LinAlgError:
            continue
    return found
