"""The last step: of a sequence, only what stands at its end goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.end_of_time import OneStep
from shoal.shapes import Array


@dataclass(frozen=True)
class LastStep(OneStep):
    """Every channel at a sequence's last valid step: (C, T) becomes (C,).

    Forward and backward, with T the length of the sample::

        a[c] = a_in[c, T − 1]
        ∂J/∂a_in[c, T − 1] = ∂J/∂a[c]         and 0 at every other step

    Source: Elman 1990, "Finding structure in time"; Goodfellow, Bengio & Courville, *Deep Learning*, 10.2,
    figure 10.5.

    >>> LastStep().output_shape((64, 100))
    (64,)
    """

    name: ClassVar[str] = "last_step"

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        last = np.array([[a.shape[2]]]) if context.lengths is None else context.lengths
        at = last[:, None, None, :] - 1
        return np.take_along_axis(a, at, axis=2)[:, :, 0], (a.shape, at)
