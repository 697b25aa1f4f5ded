"""Average pooling: of every window, the mean goes on; the lecture's subsampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.pool2d import Pool2D
from shoal.shapes import Array


@dataclass(frozen=True)
class AveragePool2D(Pool2D):
    """The mean of every window of ``size`` = kh × kw pixels, in each channel by itself.

    Forward and backward, with stride s::

        a[c, y, x] = 1/(kh·kw) Σ_ij a_in[c, y·s + i, x·s + j]
        ∂J/∂a_in[c, y·s + i, x·s + j] += 1/(kh·kw) ∂J/∂a[c, y, x]        for every i, j

    ``stride=None`` sets windows side by side. Windows that the image's edge would cut are left out. ``size``
    and ``stride`` are one number or (rows, columns).

    Raises ``ConfigurationError`` for numbers below 1, and for an image smaller than a window.

    Source: LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition",
    II.A, without its coefficient and bias.

    >>> AveragePool2D(2).output_shape((6, 24, 25))
    (6, 12, 12)
    """

    name: ClassVar[str] = "average_pool2d"
    size: int | tuple[int, int] = 2
    stride: int | tuple[int, int] | None = None

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        window, out = self.window, self.window.output_extent(a.shape[2:4])
        total = np.zeros((*a.shape[:2], *out, a.shape[-1]), a.dtype)
        for i, j in window.offsets:
            total += window.at(a, i, j, out)
        total /= window.size[0] * window.size[1]
        return total, a.shape

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        if not propagate:
            return None
        _, _, H, W, N = cache
        rows, columns = self.window.size
        part = grad_a / (rows * columns)
        grad_in = np.zeros((*grad_a.shape[:2], H, W, N), grad_a.dtype)
        for i, j in self.window.offsets:
            self.window.at(grad_in, i, j, grad_a.shape[2:4])[...] += part
        return grad_in
