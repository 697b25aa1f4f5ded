"""Convolution and pooling in NumPy, forward and backward, with samples first: (B, C, H, W)."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.task import Array, Convolution


class Stage:
    """One ``Convolution`` of a network, with its parameters W (m, C, size, size) and b (m,)."""

    def __init__(self, stage: Convolution, W: Array, b: Array) -> None:
        self.stage, self.W, self.b = stage, W, b
        before = (stage.size - 1) // 2 if stage.same else 0
        self.padding = (before, stage.size - 1 - before if stage.same else 0)

    def forward(self, x: Array) -> Array:
        self.x = np.pad(x, ((0, 0), (0, 0), self.padding, self.padding))
        fields = sliding_window_view(self.x, (self.stage.size, self.stage.size), axis=(2, 3))
        self.a = np.maximum(np.tensordot(fields, self.W, ((1, 4, 5), (1, 2, 3))) + self.b, 0)
        self.windows = self._windows(self.a)  # (B, H, W, m, pool²)
        return np.ascontiguousarray(self.windows.max(axis=-1).transpose(0, 3, 1, 2))

    def backward(self, grad: Array, dW: Array, db: Array, propagate: bool) -> Array | None:
        """Write ∂J/∂W and ∂J/∂b; return ∂J/∂x."""
        spread = np.zeros_like(self.windows)
        first = self.windows.argmax(axis=-1)[..., None]
        np.put_along_axis(spread, first, grad.transpose(0, 2, 3, 1)[..., None], axis=-1)
        delta = np.zeros_like(self.a)
        B, H, W, m, _ = spread.shape
        pool = self.stage.pool
        pooled = spread.reshape(B, H, W, m, pool, pool).transpose(0, 1, 4, 2, 5, 3)
        delta[:, : H * pool, : W * pool] = pooled.reshape(B, H * pool, W * pool, m)
        delta *= self.a > 0
        db[...] = delta.sum(axis=(0, 1, 2))
        size, (rows, columns) = self.stage.size, delta.shape[1:3]
        grad_x = np.zeros_like(self.x) if propagate else None
        for i in range(size):
            for j in range(size):
                part = np.s_[:, :, i : i + rows, j : j + columns]
                dW[:, :, i, j] = np.tensordot(delta, self.x[part], ((0, 1, 2), (0, 2, 3)))
                if grad_x is not None:
                    grad_x[part] += np.tensordot(delta, self.W[:, :, i, j], (3, 0)).transpose(0, 3, 1, 2)
        before, after = self.padding
        inside = np.s_[before : self.x.shape[2] - after], np.s_[before : self.x.shape[3] - after]
        return None if grad_x is None else grad_x[:, :, inside[0], inside[1]]

    def _windows(self, a: Array) -> Array:
        pool = self.stage.pool
        B, rows, columns, m = a.shape
        cut = a[:, : rows // pool * pool, : columns // pool * pool]
        cut = cut.reshape(B, rows // pool, pool, columns // pool, pool, m).transpose(0, 1, 3, 5, 2, 4)
        return cut.reshape(B, rows // pool, columns // pool, m, pool * pool)
