"""What layers that end time share: (C, T) becomes (C,), and where one step goes on, it takes the gradient."""

from __future__ import annotations

import numpy as np

from shoal.layers import steps
from shoal.layers.base import Cache, Layer, Parameters
from shoal.shapes import Array, IntArray, Shape


class EndOfTime(Layer):
    """A layer that makes one number of every channel of a sequence."""

    def output_shape(self, shape: Shape) -> Shape:
        steps.require_sequence(shape, self.name)
        return shape[:1]

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return None


class OneStep(EndOfTime):
    """A layer of which one step of every channel goes on; its cache is the input's shape and that step."""

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        shape, at = cache
        if not propagate:
            return None
        grad_in = np.zeros((len(grad_a), *shape[1:]), grad_a.dtype)
        np.put_along_axis(grad_in, at, grad_a[:, :, None], axis=2)
        return grad_in
