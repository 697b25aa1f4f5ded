"""Outputs that overflow: found anew in double precision, and no number where that is not enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shoal.shapes import Array, IntArray, all_finite

Outputs = Callable[[Array, Array, IntArray | None], Array]
"""Outputs z (P, K, N) of members (P, D) for rows (N, n), of sequences with their lengths (N,)."""


def within_double(z: Array, outputs: Outputs, theta: Array, X: Array, lengths: IntArray | None) -> Array:
    """Return ``outputs``' z (P, K, N) of members ``theta`` for rows ``X``, what overflowed replaced.

    Weights may be finite and so large that a sum passes through ±∞; its sign then depends on the order
    and the rounding of its terms. What overflows in single precision is a number in double, or a limit of
    one; what overflows there becomes NaN. Each z is replaced by itself, so company changes no bit.

    >>> ones = np.ones((1, 1), np.float32)
    >>> z = np.full((1, 1, 1), np.inf, np.float32)
    >>> within_double(z, lambda theta, X, lengths: -theta[:, :, None], ones, ones, None)
    array([[[-1.]]], dtype=float32)
    """
    if all_finite(z):
        return z
    finite = np.isfinite(z)
    if theta.dtype == np.float64:
        return np.where(finite, z, np.nan)
    members, rows = (~finite).any(axis=(1, 2)), (~finite).any(axis=(0, 1))
    wide = outputs(
        theta[members].astype(np.float64),
        X[rows].astype(np.float64),
        None if lengths is None else lengths[rows],
    )
    wide[~np.isfinite(wide)] = np.nan
    found, of = z.copy(), np.ix_(members, np.arange(z.shape[1]), rows)
    with np.errstate(over="ignore"):
        found[of] = np.where(finite[of], z[of], wide)
    return found
