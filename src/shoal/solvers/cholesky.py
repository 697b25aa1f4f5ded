"""Triangular factors of symmetric matrices, of all members at once, and what is solved by them.

Every entry of a member is computed from that member's alone, column after column, so a matrix that is not
positive definite, or not finite, gives NaN for its member and disturbs nobody.

Source: Golub & Van Loan, *Matrix Computations*, 4th ed., algorithms 4.2.1, 3.1.1 and 3.1.2.
"""

from __future__ import annotations

import numpy as np

from shoal.shapes import Array
from shoal.solvers.base import dot


def factor(A: Array) -> Array:
    """Return the lower triangular L (Q, D, D) with L Lᵀ = A (Q, D, D); NaN where A is not positive definite.

    >>> factor(np.array([[[4.0, 2.0], [2.0, 10.0]]])).tolist()
    [[[2.0, 0.0], [1.0, 3.0]]]
    """
    L = np.zeros_like(A)
    for j in range(A.shape[1]):
        column = A[:, j:, j] - (L[:, j:, :j] @ L[:, j, :j, None])[..., 0]
        root = np.sqrt(column[:, :1])
        L[:, j:, j] = column / root
    return L


def solve(L: Array, b: Array) -> Array:
    """Return the x (Q, D) with L Lᵀ x = b (Q, D).

    >>> solve(np.array([[[2.0, 0.0], [1.0, 3.0]]]), np.array([[8.0, 22.0]])).tolist()
    [[1.0, 2.0]]
    """
    x = b.copy()
    for j in range(b.shape[1]):
        x[:, j] = (x[:, j] - dot(L[:, j, :j], x[:, :j])) / L[:, j, j]
    for j in reversed(range(b.shape[1])):
        x[:, j] = (x[:, j] - dot(L[:, j + 1 :, j], x[:, j + 1 :])) / L[:, j, j]
    return x


def trace_of_inverse(L: Array) -> Array:
    """Return the trace (Q,) of (L Lᵀ)⁻¹, the sum of the squares of L⁻¹.

    >>> trace_of_inverse(np.array([[[2.0, 0.0], [0.0, 0.5]]])).tolist()
    [4.25]
    """
    inverse = np.zeros_like(L)
    for j in range(L.shape[1]):
        row = -(L[:, j, None, :j] @ inverse[:, :j])[:, 0]
        row[:, j] += 1
        inverse[:, j] = row / L[:, j, j, None]
    flat = inverse.reshape(len(L), -1)
    return dot(flat, flat)
