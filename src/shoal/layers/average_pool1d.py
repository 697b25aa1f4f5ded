"""Average pooling over time: of every window of steps, the mean goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.layers import steps
from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.pooling import AveragePool, Pool1D
from shoal.shapes import Array


@dataclass(frozen=True)
class AveragePool1D(Pool1D, AveragePool):
    """The mean of every window of k = ``size`` steps, in each channel by itself.

    Forward and backward, with stride s::

        a[c, t] = 1/k Σ_i a_in[c, t·s + i]
        ∂J/∂a_in[c, t·s + i] += 1/k ∂J/∂a[c, t]          for every i

    ``stride=None`` sets windows side by side. Windows that a sequence's end would cut are left out, but a
    sequence that is shorter than a window keeps one, the mean of its valid steps.

    Raises ``ConfigurationError`` for numbers below 1, and where T is smaller than a window.

    Source: LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition",
    II.A, without its coefficient and bias; along one axis.

    >>> AveragePool1D(2).output_shape((6, 25))
    (6, 12)
    """

    name: ClassVar[str] = "average_pool1d"
    size: int = 2
    stride: int | None = None

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        lengths = context.lengths
        if lengths is None:
            mean, cache = super().forward(parameters, a, context)
            return mean, (cache, None, None)
        part = np.minimum(lengths, self.size)[:, None, None].astype(a.dtype) / a.dtype.type(self.size)
        mean, cache = super().forward(parameters, a, context)
        return steps.kept(mean / part, self.lengths_after(lengths)), (cache, lengths, part)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        whole, lengths, part = cache
        grad = grad_a if part is None else grad_a / part
        grad_in = super().backward(parameters, whole, grad, gradients, propagate)
        return None if grad_in is None else steps.kept(grad_in, lengths)
