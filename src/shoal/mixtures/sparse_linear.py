"""A linear layer over sparse samples, whose strength is chosen by samples held out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import log_softmax, softmax
from threadpoolctl import threadpool_limits

from shoal.mixtures.linear_effort import GRADIENTS, Effort
from shoal.mixtures.sample_space import SampleSpace
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Folds
from shoal.shapes import Array, IntArray

JUDGED = 1000
"""Samples held out, at least, that a strength is chosen by: as many folds as that takes."""
ITERATIONS, SLOPE, GAIN = 200, 2e-5, 1e-8
"""When L-BFGS ends: at the latest, by the slope of the mean loss, and by what a step gains."""


@dataclass(frozen=True, eq=False)
class SparseLinear:
    """z = x W + b of sparse samples x (F,): probabilities softmax(z), or the number z. The least of

        Σ_i s_i loss(z_i, y_i) + λ/2 ‖W‖²         W: (F, K)   b: (K,)   s_i: the weight of a sample, or 1

    with the log loss of classes or half the squared error, by L-BFGS; b is not penalised.

    >>> X = csr_matrix([[0.0], [1.0], [2.0], [3.0]])
    >>> line = SparseLinear.fit(X, Targets(np.array([1.0, 3.0, 5.0, 7.0])), strength=1e-9)
    >>> line.W.round(2).tolist(), line.b.round(2).tolist()
    ([[2.0]], [1.0])
    """

    W: Array
    b: Array
    classes: bool

    @classmethod
    def fit(
        cls,
        X: csr_matrix | Array,
        targets: Targets,
        strength: float,
        rows: IntArray | None = None,
        start: SparseLinear | None = None,
        gradients: int = GRADIENTS,
    ) -> SparseLinear:
        """Return the layer of samples X (N, F), or of some ``rows`` of them, beginning from ``start``.

        L-BFGS ends with the step in which it has so many ``gradients``.
        """
        classes, targets = targets.n_classes > 0, targets if rows is None else targets.rows(rows)
        X, y = X if rows is None else X[rows], targets.encoded.T
        s = None if targets.weights is None else targets.weights[:, None]
        (N, F), K = X.shape, y.shape[1]
        transposed = X.T if isinstance(X, np.ndarray) else X.T.tocsr()

        def objective(parameters: Array) -> tuple[float, Array]:
            W, b = parameters[: F * K].reshape(F, K), parameters[F * K :]
            z = X @ W.astype(X.dtype, copy=False) + b
            if classes:
                logs = log_softmax(z, axis=1)
                losses, delta = -y * logs, np.exp(logs) - y
            else:
                delta = z - y
                losses = 0.5 * np.square(delta)
            value = float((losses if s is None else s * losses).sum())
            delta = delta if s is None else s * delta
            gradient = np.append(
                (transposed @ delta.astype(X.dtype, copy=False) + strength * W).ravel(), delta.sum(axis=0)
            )
            return (value + 0.5 * strength * float(np.square(W).sum())) / N, gradient / N

        begin = np.zeros((F + 1) * K) if start is None else np.append(start.W.ravel(), start.b)
        with threadpool_limits(limits=1, user_api="blas"):  # the same bits on any number of cores
            found = minimize(
                objective,
                begin,
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": ITERATIONS, "maxfun": gradients, "gtol": SLOPE, "ftol": GAIN},
            ).x
        return cls(found[: F * K].reshape(F, K), found[F * K :], classes)

    def scores(self, X: csr_matrix | Array) -> Array:
        """Return z (N, K) of samples X (N, F); of sparse ones company changes no bit of a row."""
        z: Array = X @ self.W + self.b
        return z

    def predict(self, X: csr_matrix | Array) -> Array:
        """Return probabilities, or numbers, (N, K) of samples X (N, F)."""
        z = self.scores(X)
        return np.asarray(softmax(z, axis=1)) if self.classes else z


@dataclass(frozen=True, eq=False)
class ChosenLinear:
    """The layer of all samples at the strength that those held out ask for, and what they were predicted.

    ``held_out`` (N, K) is by layers of the same strength that did not know the sample; NaN for samples that
    no fold holds out.
    """

    layer: SparseLinear
    strength: float
    held_out: Array

    @classmethod
    def fit(
        cls,
        X: csr_matrix,
        targets: Targets,
        folds: Folds,
        effort: Effort = Effort(),  # noqa: B008
    ) -> ChosenLinear:
        """Choose by as many ``folds`` as hold out ``JUDGED`` samples, which may be all.

        The layers are of coordinates in the ``SampleSpace`` of the samples where that takes less time.
        """
        if not SampleSpace.pays(X, targets.outputs):
            return cls._of(X, targets, folds, effort)
        space = SampleSpace.of(X)
        chosen = cls._of(space.coordinates, targets, folds, effort)
        layer = replace(chosen.layer, W=space.layer(chosen.layer.W))
        return replace(chosen, layer=layer)

    @classmethod
    def _of(cls, X: csr_matrix | Array, targets: Targets, folds: Folds, effort: Effort) -> ChosenLinear:
        most, enough = effort.gradients, judging(folds, X.shape[0])
        best: list[SparseLinear] = []
        least, strength, held_out = math.inf, 0.0, np.full((X.shape[0], targets.outputs), np.nan)
        for tried in effort.strengths:
            starts: list[SparseLinear | None] = [*best] or [None] * enough
            layers = [
                SparseLinear.fit(X, targets, tried, rows, start, most)
                for (rows, _), start in zip(folds[:enough], starts, strict=True)
            ]
            predicted = held_out.copy()
            judged = _predict_held(layers, X, folds[:enough], predicted)
            loss = targets.rows(judged).mean(targets.rows(judged).losses(predicted[judged]))
            if not loss < least:
                break
            least, strength, held_out, best = loss, tried, predicted, layers
        rest = [SparseLinear.fit(X, targets, strength, rows, gradients=most) for rows, _ in folds[enough:]]
        _predict_held(rest, X, folds[enough:], held_out)
        layer = SparseLinear.fit(X, targets, strength, None, best[0] if best else None, most)
        return cls(layer, strength, held_out)


def judging(folds: Folds, N: int) -> int:
    """Return how many of the folds of N samples a strength is chosen by."""
    return min(math.ceil(JUDGED * len(folds) / N), len(folds))


def _predict_held(layers: list[SparseLinear], X: csr_matrix | Array, folds: Folds, into: Array) -> IntArray:
    """Write what each layer says of the samples that its fold holds out; return which these are."""
    for layer, (_, held) in zip(layers, folds, strict=True):
        into[held] = layer.predict(X[held])
    return np.concatenate([np.zeros(0, dtype=np.intp), *(held for _, held in folds)])
