"""Sparse samples in coordinates of the space that they span, which has no more directions than samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpstrf
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from shoal.errors import DataError
from shoal.shapes import Array

MOST_SAMPLES = 6000
"""Their products with each other are as many numbers as the square of this at most."""
ROWS = 512
"""Samples whose products are made at a time: sparse ones take more room than dense."""
LEAST = 1e-8
"""What is left of the square of a sample, of the largest, below which it adds no direction."""
SPARSE, VALUE, PRODUCTS, FEWEST = 45, 1000, 80, 16
"""Operations' worth of time: of a number that is not 0 in a sparse product, of a number of a layer in a step
of L-BFGS, and of each pair of samples for their product, by steps; so many outputs cost what fewer do."""


@dataclass(frozen=True, eq=False)
class SampleSpace:
    """X = C Vᵀ of sparse samples X (N, F), with coordinates C (N, r) and directions V (F, r), VᵀV = 1.

    A layer that is penalised by ‖W‖² lies in that space, W = V B with ‖W‖ = ‖B‖ (B: (r, K)), so the best B of
    C is the best W of X. C is the Cholesky factor of X Xᵀ, the sample with the most left first, in single
    precision.

    Source: Kimeldorf & Wahba 1971, "Some results on Tchebycheffian spline functions"; Higham 1990, "Analysis
    of the Cholesky decomposition of a semi-definite matrix".

    >>> X = csr_matrix([[3.0, 4.0, 0.0], [6.0, 8.0, 0.0]])
    >>> space = SampleSpace.of(X)
    >>> abs(space.coordinates).tolist(), space.layer(np.array([[2.0]])).round(2).ravel().tolist()
    ([[5.0], [10.0]], [1.2, 1.6, 0.0])
    """

    coordinates: Array
    spanning: csr_matrix
    triangle: Array

    @classmethod
    def pays(cls, X: csr_matrix, outputs: int) -> bool:
        """Return whether steps of a layer of so many ``outputs`` take less time in coordinates."""
        N, F = X.shape
        return 1 < N <= min(MOST_SAMPLES, F) and _inside(N, outputs) < _outside(X, outputs)

    @classmethod
    def cost(cls, X: csr_matrix, outputs: int) -> float:
        """Return the operations' worth of time that a step of a layer of X takes, where it takes less."""
        return float(_inside(X.shape[0], outputs) if cls.pays(X, outputs) else _outside(X, outputs))

    @classmethod
    def of(cls, X: csr_matrix) -> SampleSpace:
        """Return the space of samples X (N, F), of which one at least must not be all 0."""
        N = X.shape[0]
        products = np.empty((N, N), order="F")
        for first in range(0, N, ROWS):
            products[first : first + ROWS] = (X[first : first + ROWS] @ X.T).toarray()
        most = float(products.diagonal().max())
        if not 0 < most < math.inf:
            raise DataError(f"samples span no space: the largest has a square of {most}; give one besides 0")
        with threadpool_limits(limits=1, user_api="blas"):  # the same bits on any number of cores
            factor, order, rank, _ = dpstrf(products, tol=LEAST * most, lower=1, overwrite_a=1)
        places = order - 1
        coordinates = np.empty((N, rank), dtype=np.float32)
        coordinates[places] = np.tril(factor[:, :rank].astype(np.float32))
        return cls(coordinates, X[places[:rank]], factor[:rank, :rank])

    @staticmethod
    def bytes(N: int) -> int:
        """Return about the most bytes that the space of N samples takes, their products most of all."""
        return 20 * N * N + 24 * min(ROWS, N) * N

    def layer(self, B: Array) -> Array:
        """Return W = V B (F, K) of a layer B (r, K) of coordinates."""
        with threadpool_limits(limits=1, user_api="blas"):
            solved = solve_triangular(self.triangle, B, lower=True, trans="T")
        W: Array = self.spanning.T @ solved
        return W


def _inside(N: int, outputs: int) -> int:
    return (2 * max(outputs, FEWEST) + PRODUCTS) * N * N


def _outside(X: csr_matrix, outputs: int) -> int:
    return (2 * SPARSE * int(X.nnz) + VALUE * X.shape[1]) * outputs
