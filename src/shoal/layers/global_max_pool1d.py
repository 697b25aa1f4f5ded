"""Global max pooling over time: of every channel, its strongest response goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.layers import steps
from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.end_of_time import OneStep
from shoal.shapes import Array


@dataclass(frozen=True)
class GlobalMaxPool1D(OneStep):
    """The largest number of every channel over a sequence's valid steps: (C, T) becomes (C,).

    Forward and backward, with t* the first step where the maximum stands::

        a[c] = max_t a_in[c, t]
        ∂J/∂a_in[c, t*] = ∂J/∂a[c]            and 0 at every other step

    Source: Collobert et al. 2011, "Natural language processing (almost) from scratch", 3.3.2, the max layer.

    >>> GlobalMaxPool1D().output_shape((64, 100))
    (64,)
    """

    name: ClassVar[str] = "global_max_pool1d"

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        place = np.argmax(steps.kept(a, context.lengths, -np.inf), axis=2)[:, :, None]
        return np.take_along_axis(a, place, axis=2)[:, :, 0], (a.shape, place)
