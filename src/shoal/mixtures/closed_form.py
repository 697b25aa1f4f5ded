"""A linear layer in closed form, whose strength is chosen by leaving every sample, or group, out once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from threadpoolctl import threadpool_limits

from shoal.selection.samples.weighted_means import weighted_mean
from shoal.shapes import Array, IntArray

SINGULAR = 1e-9
"""Least share of a sample's error that its own target leaves to it."""
STRENGTHS = np.logspace(-6, 3, 28)
"""Penalties that are tried, for each feature: three to a power of ten."""
MANY = 32
"""Outputs, those of so many classes, from which on a strength is chosen in single precision."""
COLUMNS = 2048
BUFFERS = 2**24
"""Bytes that products of matrices take to lay them out."""
LEAST_DEVIATION = 1e-6
"""Features that vary less are constant."""
Together: TypeAlias = Sequence[IntArray] | None
"""Samples that are left out together, each of them once; None for each alone."""


Later: TypeAlias = Sequence[tuple[IntArray, IntArray]] | None
"""Pairs (train, held), of which what is held out is later than what trains; None where time has no say."""


@dataclass(frozen=True)
class Ahead:
    """What a model of what was before says of samples ``held``: ``A (c / (squares + λ)) + b``."""

    held: IntArray
    A: Array
    squares: Array
    c: Array
    b: Array

    def predict(self, strength: float) -> Array:
        """Return the predictions (n, K) at a strength λ."""
        predicted: Array = self.A @ (self.c / (self.squares + strength)[:, None]) + self.b
        return predicted


@dataclass(frozen=True)
class _Rows:
    """Samples as they are fitted: standardised features and centred targets, times the roots of weights."""

    scaled: Array
    targets: Array
    roots: Array
    mean: Array
    deviation: Array
    varies: Array
    b: Array

    @classmethod
    def of(cls, features: Array, targets: Array, weights: Array | None) -> _Rows:
        mean, deviation = moments(features, weights)
        varies = deviation > LEAST_DEVIATION
        b = targets.mean(axis=0) if weights is None else np.average(targets, axis=0, weights=weights)
        rows = cls(features, targets - b, np.ones(len(features)), mean, deviation, varies, b)
        scaled = rows.standardised(features)
        if weights is None:
            return dataclasses.replace(rows, scaled=scaled)
        roots = np.sqrt(weights)[:, None]
        scaled *= roots.astype(features.dtype)
        return dataclasses.replace(rows, scaled=scaled, targets=rows.targets * roots, roots=roots[:, 0])

    def standardised(self, features: Array) -> Array:
        """Return those of the features (N, F) that vary, by the moments of these samples."""
        scaled: Array = features[:, self.varies]
        scaled -= self.mean[self.varies].astype(features.dtype)
        scaled /= self.deviation[self.varies].astype(features.dtype)
        return scaled


def moments(features: Array, weights: Array | None) -> tuple[Array, Array]:
    """Return the mean and the deviation of each feature (F,), some at a time: they take copies of them."""
    blocks = [features[:, first : first + COLUMNS] for first in range(0, features.shape[1], COLUMNS)]
    means, deviations = zip(*(_moments(block, weights) for block in blocks), strict=True)
    return np.concatenate(means), np.concatenate(deviations)


def _moments(features: Array, weights: Array | None) -> tuple[Array, Array]:
    if weights is None:
        return features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    mean = np.average(features, axis=0, weights=weights)
    return mean, np.sqrt(np.average(np.square(features - mean), axis=0, weights=weights))


def _ahead(features: Array, targets: Array, weights: Array | None, train: IntArray, held: IntArray) -> Ahead:
    """Return what a model of some samples says of others, at any strength."""
    known = _Rows.of(features[train], targets[train], None if weights is None else weights[train])
    U, squares = _decomposed(known.scaled)
    share = max(known.scaled.shape[1], 1)
    into = known.scaled.T.astype(np.float64) @ U
    A = known.standardised(features[held]).astype(np.float64) @ into / share
    return Ahead(held, A, squares / share, U.T @ known.targets, known.b)


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

    With weights s (N,) each square counts for its s_i: moments are weighted, and of rows times √s all of this
    holds with √s_i √s_j/Σ s for 1/N. What folds hold out ``later`` is predicted by what was before.

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
    def fit(
        cls,
        features: Array,
        targets: Array,
        together: Together = None,
        weights: Array | None = None,
        later: Later = None,
    ) -> ClosedForm:
        """Return the model of ``features`` (N, F) and ``targets`` (N, K)."""
        with threadpool_limits(limits=1, user_api="blas"):  # the same bits on any number of cores
            whole = _Rows.of(features, targets, weights)
            U, squares = _decomposed(whole.scaled)
            share = max(whole.scaled.shape[1], 1)
            if later is None:
                roots = None if weights is None else whole.roots
                strength, left_out = chosen(U, squares / share, whole.targets, together, roots)
                if roots is not None:
                    left_out = left_out / roots[:, None]
                left_out = left_out + whole.b
            else:
                parts = [_ahead(features, targets, weights, *fold) for fold in later]
                strength, left_out = chosen_ahead(parts, targets, weights)
            inverse = (squares + strength * whole.scaled.shape[1])[:, None]
            dual = U @ ((U.T @ whole.targets) / inverse)
            W = np.zeros((features.shape[1], targets.shape[1]))
            W[whole.varies] = whole.scaled.T.astype(np.float64) @ dual if len(dual) else 0
        return cls(whole.mean, np.where(whole.varies, whole.deviation, 1), W, whole.b, strength, left_out)

    def predict(self, features: Array) -> Array:
        """Return ŷ (N, K) for features (N, F), each row by a product of its own: company changes no bit."""
        predicted = np.empty((len(features), len(self.b)))
        for row, values in enumerate(features):  # not by BLAS, which may divide a row among threads
            predicted[row] = np.einsum("f,fk->k", (values - self.mean) / self.deviation, self.W)
        return predicted + self.b


def bytes_of_fit(N: int, F: int, outputs: int, ahead: bool = False) -> int:
    """Return about the most bytes that a fit of N samples of F features in float32 holds, with these.

    They are there as they are and standardised. Eigenvectors of R × R numbers take five times as many: those
    given, LAPACK's own, its workspace of two, and what comes out. What the strength is chosen by, and what W
    is made of, is U once more, or the features in double precision. Of those that go ``ahead`` in time there
    are others once more, which were before.
    """
    R = min(N, F)
    features, gram = 8 * N * F, 40 * R * R
    if N <= F:
        most = max(gram, 16 * N * N + 8 * N * min(F, COLUMNS), 8 * N * N + features)
    else:
        most = max(features + gram, 2 * features + 8 * F * F)
    if ahead:
        most = max(most, 8 * N * R) + 2 * features + 16 * N * R
    return BUFFERS + features + most + 48 * N * outputs


def _decomposed(scaled: Array) -> tuple[Array, Array]:
    """Return the left singular vectors U (N, R) and s² (R,), by the smaller of the two Gram matrices."""
    N, F = scaled.shape
    if N <= F:
        gram = np.zeros((N, N))
        for first in range(0, F, COLUMNS):
            block = scaled[:, first : first + COLUMNS].astype(np.float64)
            gram += block @ block.T
            del block
        squares, U = np.linalg.eigh(gram)
        del gram
    else:
        exact = scaled.astype(np.float64)
        squares, V = np.linalg.eigh(exact.T @ exact)
        U = exact @ V
        del exact, V  # beside what is chosen of U, which is as large
        U /= np.sqrt(np.maximum(squares, np.finfo(np.float64).tiny))
    real = squares > squares.max(initial=0) * max(N, F) * np.finfo(np.float64).eps
    return U[:, real], squares[real]


def chosen(
    U: Array, squares: Array, targets: Array, together: Together = None, roots: Array | None = None
) -> tuple[float, Array]:
    """Return the strength with the smallest error for samples left out, and the predictions for them.

    Rows, targets and predictions of weighted samples are times the ``roots`` (N,) of their weights.
    """
    projected, N = U.T @ targets, len(targets)
    mean = None if roots is None else roots / np.linalg.norm(roots)
    alone = 1 / N if mean is None else np.square(mean)
    best, strengths = (np.inf, 0.0, targets), STRENGTHS[::-1]  # of equals the strongest
    if targets.shape[1] >= MANY and together is None:
        strengths = np.array([_searched(U, squares, targets, alone)])
    for strength in strengths:
        kept = squares / (squares + strength)
        error = targets - U @ (kept[:, None] * projected)
        if together is None:
            left_out = error / np.maximum(1 - alone - np.square(U) @ kept, SINGULAR)[:, None]
        else:
            left_out = np.empty_like(error)
            for held in together:
                constant = 1 / N if mean is None else np.outer(mean[held], mean[held])
                left_out[held] = _without(U[held], kept, error[held], constant)
        loss = float(np.square(left_out).mean())
        if loss < best[0]:
            best = loss, float(strength), targets - left_out
    return best[1:]


def _searched(U: Array, squares: Array, targets: Array, alone: Array | float) -> float:
    """Return the same strength by products in single precision, which take half the time.

    What a strength takes away, λ/(s² + λ), is told by itself: of 1 less what is kept nothing would be left.
    """
    projected = U.T @ targets
    outside = (targets - U @ projected).astype(np.float32)
    spare = 1 - alone - np.square(U).sum(axis=1)
    single = U.astype(np.float32)
    shares, best = np.square(single), (np.inf, 0.0)
    for strength in STRENGTHS[::-1]:
        lost = strength / (squares + strength)
        error = outside + single @ (lost[:, None] * projected).astype(np.float32)
        share = np.maximum(spare + shares @ lost.astype(np.float32), SINGULAR)
        loss = float(np.square(error / share[:, None]).mean())
        if loss < best[0]:
            best = loss, float(strength)
    return best[1]


def chosen_ahead(parts: Sequence[Ahead], targets: Array, weights: Array | None) -> tuple[float, Array]:
    """Return the same where each sample is predicted by what was before; the first have no predictions."""
    best = (np.inf, 0.0, targets)
    held = np.concatenate([part.held for part in parts])
    for strength in STRENGTHS[::-1]:
        predicted = np.full(targets.shape, np.nan)
        for part in parts:
            predicted[part.held] = part.predict(float(strength))
        errors = np.square(predicted[held] - targets[held]).mean(axis=1)
        loss = float(weighted_mean(errors, None if weights is None else weights[held]))
        if loss < best[0]:
            best = loss, float(strength), predicted
    return best[1:]


def _without(U: Array, kept: Array, error: Array, constant: Array | float) -> Array:
    """Return the errors (n, K) of samples whose rows of U are (n, R), of a model that knew none of them."""
    values, V = np.linalg.eigh((U * kept) @ U.T + constant)
    return np.asarray(V @ ((V.T @ error) / np.maximum(1 - values, SINGULAR)[:, None]))
