"""A linear layer in closed form, whose strength is chosen by leaving every sample, or group, out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from threadpoolctl import threadpool_limits

from shoal.shapes import Array, IntArray

SINGULAR = 1e-9
"""Least share of a sample's error that its own target leaves to it."""
STRENGTHS = np.logspace(-6, 3, 28)
"""Penalties that are tried, for each feature: three to a power of ten."""
COLUMNS = 2048
LEAST_DEVIATION = 1e-6
"""Features that vary less are constant."""
Together: TypeAlias = Sequence[IntArray] | None
"""Samples that are left out together, each of them once; None for each alone."""


@dataclass(frozen=True)
class ClosedForm:
    """ŷ = Wᵀ (x − mean)/deviation + b, the least Σ_i ‖y_i − ŷ_i‖² + λ F ‖W‖² over features x (F,).

    ``left_out`` (N, K) are the predictions for each training sample of the model fitted without it, and the
    strength λ is the one of ``STRENGTHS`` whose Σ ‖y − left_out‖² is smallest. With the singular values s
    and vectors U of the standardised features, no model is fitted twice::

        ŷ = U diag(s²/(s² + λF)) Uᵀ y      h_i = 1/N + Σ_r U_ir² s_r²/(s_r² + λF)
        left_out_i = y_i − (y_i − ŷ_i) / (1 − h_i)

    Samples S that are left out ``together`` need their block of H = U diag(s²/(s² + λF)) Uᵀ + 1/N instead::

        left_out_S = y_S − (I − H_SS)⁻¹ (y_S − ŷ_S)

    Source: Hastie, Tibshirani & Friedman 2009, "The elements of statistical learning", eq. 3.47 and 7.64.

    >>> x = np.arange(20.0)[:, None]
    >>> model = ClosedForm.fit(x, 2 * x + 1)
    >>> model.predict(np.array([[30.0]])).round(2)
    array([[61.]])
    """

    mean: Array
    deviation: Array
    W: Array
    b: Array
    strength: float
    left_out: Array

    @classmethod
    def fit(cls, features: Array, targets: Array, together: Together = None) -> ClosedForm:
        """Return the model of ``features`` (N, F) and ``targets`` (N, K)."""
        with threadpool_limits(limits=1, user_api="blas"):  # the same bits on any number of cores
            mean = features.mean(axis=0, dtype=np.float64)
            deviation = features.std(axis=0, dtype=np.float64)
            varies = deviation > LEAST_DEVIATION
            scaled = features[:, varies] - mean[varies].astype(features.dtype)
            scaled /= deviation[varies].astype(features.dtype)
            b = targets.mean(axis=0)
            U, squares = _decomposed(scaled)
            strength, left_out = chosen(U, squares / max(scaled.shape[1], 1), targets - b, together)
            dual = U @ ((U.T @ (targets - b)) / (squares + strength * scaled.shape[1])[:, None])
            W = np.zeros((features.shape[1], targets.shape[1]))
            W[varies] = scaled.T.astype(np.float64) @ dual if len(dual) else 0
        return cls(mean, np.where(varies, deviation, 1), W, b, strength, left_out + b)

    def predict(self, features: Array) -> Array:
        """Return ŷ (N, K) for features (N, F), each row by a product of its own: company changes no bit."""
        predicted = np.empty((len(features), len(self.b)))
        for row, values in enumerate(features):  # not by BLAS, which may divide a row among threads
            predicted[row] = np.einsum("f,fk->k", (values - self.mean) / self.deviation, self.W)
        return predicted + self.b


def _decomposed(scaled: Array) -> tuple[Array, Array]:
    """Return the left singular vectors U (N, R) and s² (R,), by the smaller of the two Gram matrices."""
    N, F = scaled.shape
    if N <= F:
        gram = np.zeros((N, N))
        for first in range(0, F, COLUMNS):
            block = scaled[:, first : first + COLUMNS].astype(np.float64)
            gram += block @ block.T
        squares, U = np.linalg.eigh(gram)
    else:
        exact = scaled.astype(np.float64)
        squares, V = np.linalg.eigh(exact.T @ exact)
        U = exact @ V / np.sqrt(np.maximum(squares, np.finfo(np.float64).tiny))
    real = squares > squares.max(initial=0) * max(N, F) * np.finfo(np.float64).eps
    return U[:, real], squares[real]


def chosen(U: Array, squares: Array, targets: Array, together: Together = None) -> tuple[float, Array]:
    """Return the strength with the smallest error for samples left out, and the predictions for them."""
    projected, N = U.T @ targets, len(targets)
    best = (np.inf, 0.0, targets)
    for strength in STRENGTHS[::-1]:  # of equals the strongest
        kept = squares / (squares + strength)
        error = targets - U @ (kept[:, None] * projected)
        if together is None:
            left_out = error / np.maximum(1 - 1 / N - np.square(U) @ kept, SINGULAR)[:, None]
        else:
            left_out = np.empty_like(error)
            for held in together:
                left_out[held] = _without(U[held], kept, error[held], N)
        loss = float(np.square(left_out).mean())
        if loss < best[0]:
            best = loss, float(strength), targets - left_out
    return best[1:]


def _without(U: Array, kept: Array, error: Array, N: int) -> Array:
    """Return the errors (n, K) of samples whose rows of U are (n, R), of a model that knew none of them."""
    values, V = np.linalg.eigh((U * kept) @ U.T + 1 / N)
    return np.asarray(V @ ((V.T @ error) / np.maximum(1 - values, SINGULAR)[:, None]))
