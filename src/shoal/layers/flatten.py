"""Flatten: an image becomes a column of numbers, which dense layers take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from shoal.layers import steps
from shoal.layers.base import Cache, Context, Layer, Parameters
from shoal.shapes import Array, IntArray, Shape


@dataclass(frozen=True)
class Flatten(Layer):
    """The same numbers in one column, in C order: channel by channel, row by row; (C, H, W) becomes (n,).

    Forward and backward, n = C·H·W::

        a[(c·H + y)·W + x] = a_in[c, y, x]
        ∂J/∂a_in[c, y, x] = ∂J/∂a[(c·H + y)·W + x]

    Source: LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition",
    II.B, where layer C5 sees all of the feature maps before it.

    >>> Flatten().output_shape((6, 12, 12))
    (864,)
    """

    name: ClassVar[str] = "flatten"

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return None  # the zeros beyond a length are numbers like others

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        return a.reshape(len(a), -1, a.shape[-1]), (a.shape, context.lengths)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        shape, lengths = cache
        return steps.kept(grad_a.reshape(len(grad_a), *shape[1:]), lengths)
