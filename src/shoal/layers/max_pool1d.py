"""Max pooling over time: of every window of steps, only the strongest response goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.layers import steps
from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.pooling import MaxPool, Pool1D
from shoal.shapes import Array


@dataclass(frozen=True)
class MaxPool1D(Pool1D, MaxPool):
    """The largest number of every window of ``size`` steps, in each channel by itself.

    Forward and backward, with stride s and i* the first place where the maximum stands::

        a[c, t] = max_i a_in[c, t·s + i]
        ∂J/∂a_in[c, t·s + i*] += ∂J/∂a[c, t]

    ``stride=None`` sets windows side by side. Windows that a sequence's end would cut are left out, but a
    sequence that is shorter than a window keeps one, over its valid steps.

    Raises ``ConfigurationError`` for numbers below 1, and where T is smaller than a window.

    Source: Ranzato, Huang, Boureau & LeCun 2007, "Unsupervised learning of invariant feature hierarchies";
    Goodfellow, Bengio & Courville, *Deep Learning*, 9.3.

    >>> MaxPool1D(2).output_shape((6, 25))
    (6, 12)
    """

    name: ClassVar[str] = "max_pool1d"
    size: int = 2
    stride: int | None = None

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        lengths = context.lengths
        largest, cache = super().forward(parameters, steps.kept(a, lengths, -np.inf), context)
        return steps.kept(largest, None if lengths is None else self.lengths_after(lengths)), cache
