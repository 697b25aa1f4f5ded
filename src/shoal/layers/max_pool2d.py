"""Max pooling: of every window, only the strongest response goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.pool2d import Pool2D
from shoal.shapes import Array


@dataclass(frozen=True)
class MaxPool2D(Pool2D):
    """The largest number of every window of ``size`` pixels, in each channel by itself.

    Forward and backward, with stride s and (i*, j*) the first place in row order where the maximum stands::

        a[c, y, x] = max_ij a_in[c, y·s + i, x·s + j]
        ∂J/∂a_in[c, y·s + i*, x·s + j*] += ∂J/∂a[c, y, x]

    ``stride=None`` sets windows side by side. Windows that the image's edge would cut are left out. ``size``
    and ``stride`` are one number or (rows, columns).

    Raises ``ConfigurationError`` for numbers below 1, and for an image smaller than a window.

    Source: Ranzato, Huang, Boureau & LeCun 2007, "Unsupervised learning of invariant feature hierarchies";
    Goodfellow, Bengio & Courville, *Deep Learning*, 9.3.

    >>> MaxPool2D(2).output_shape((6, 24, 25))
    (6, 12, 12)
    """

    name: ClassVar[str] = "max_pool2d"
    size: int | tuple[int, int] = 2
    stride: int | tuple[int, int] | None = None

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        window, out = self.window, self.window.output_extent(a.shape[2:4])
        largest = window.at(a, 0, 0, out).copy()
        place = np.zeros(largest.shape, np.intp)
        for number, (i, j) in enumerate(window.offsets):
            here = window.at(a, i, j, out)
            place[here > largest] = number
            np.maximum(largest, here, out=largest)
        return largest, (a.shape, place)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        (_, _, H, W, _), place = cache
        if not propagate:
            return None
        grad_in = np.zeros((*grad_a.shape[:2], H, W, grad_a.shape[-1]), grad_a.dtype)
        for number, (i, j) in enumerate(self.window.offsets):
            self.window.at(grad_in, i, j, grad_a.shape[2:4])[...] += np.where(place == number, grad_a, 0)
        return grad_in
