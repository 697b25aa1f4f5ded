"""Global max pooling over time: of every channel, its strongest response goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.layers import steps
from shoal.layers.base import Cache, Context, Layer, Parameters
from shoal.shapes import Array, IntArray, Shape


@dataclass(frozen=True)
class GlobalMaxPool1D(Layer):
    """The largest number of every channel over a sequence's valid steps: (C, T) becomes (C,).

    Forward and backward, with t* the first step where the maximum stands::

        a[c] = max_t a_in[c, t]
        ∂J/∂a_in[c, t*] = ∂J/∂a[c]            and 0 at every other step

    Source: Collobert et al. 2011, "Natural language processing (almost) from scratch", 3.3.2, the max layer.

    >>> GlobalMaxPool1D().output_shape((64, 100))
    (64,)
    """

    name: ClassVar[str] = "global_max_pool1d"

    def output_shape(self, shape: Shape) -> Shape:
        steps.require_sequence(shape, self.name)
        return shape[:1]

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return None

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        place = np.argmax(steps.kept(a, context.lengths, -np.inf), axis=2)[:, :, None]
        return np.take_along_axis(a, place, axis=2)[:, :, 0], (a.shape, place)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        shape, place = cache
        if not propagate:
            return None
        grad_in = np.zeros((len(grad_a), *shape[1:]), grad_a.dtype)
        np.put_along_axis(grad_in, place, grad_a[:, :, None], axis=2)
        return grad_in
