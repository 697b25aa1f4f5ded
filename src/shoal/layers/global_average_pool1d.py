"""Global average pooling over time: of every channel, its mean over the sequence goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.layers import steps
from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.end_of_time import EndOfTime
from shoal.shapes import Array


@dataclass(frozen=True)
class GlobalAveragePool1D(EndOfTime):
    """The mean of every channel over a sequence's valid steps: (C, T) becomes (C,).

    Forward and backward, with T the length of the sample::

        a[c] = 1/T Σ_t a_in[c, t]
        ∂J/∂a_in[c, t] = 1/T ∂J/∂a[c]         for t < T, and 0 beyond

    Source: Lin, Chen & Yan 2014, "Network in network", 3.2; over time Wang, Yan & Oates 2017, "Time series
    classification from scratch with deep neural networks", II.B.

    >>> GlobalAveragePool1D().output_shape((64, 100))
    (64,)
    """

    name: ClassVar[str] = "global_average_pool1d"

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        lengths = context.lengths
        count = steps.counted(lengths, a)[:, None]
        return steps.total(a) / count, (a.shape, lengths, count)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        shape, lengths, count = cache
        if not propagate:
            return None
        part = (grad_a / count)[:, :, None]
        return steps.kept(np.broadcast_to(part, (len(grad_a), *shape[1:])).copy(), lengths)
