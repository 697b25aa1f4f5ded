"""What pooling layers share: their windows, the shape that they leave, and what goes on of a window."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from shoal.layers.base import Cache, Context, Layer, Parameters
from shoal.layers.window import Window, window_of
from shoal.shapes import Array, IntArray, Shape


class Pool(Layer):
    """A layer that keeps one number of every window, in each channel by itself."""

    axes: ClassVar[int] = 2
    """How many axes its windows have: the rows and columns of an image."""

    size: int | tuple[int, ...]
    stride: int | tuple[int, ...] | None

    def __post_init__(self) -> None:
        window = self.window
        object.__setattr__(self, "size", window.size if self.axes > 1 else window.size[0])
        object.__setattr__(self, "stride", window.stride if self.axes > 1 else window.stride[0])

    @property
    def window(self) -> Window:
        """The windows, side by side unless ``stride`` says otherwise."""
        stride = self.size if self.stride is None else self.stride
        return window_of(self.size, stride, self.name, axes=self.axes)

    def output_shape(self, shape: Shape) -> Shape:
        self.window.require_fit(shape, self.name)
        return (shape[0], *self.window.output_extent(shape[1:]))


class Pool1D(Pool):
    """A pool over the steps of sequences (C, T), each of which keeps the windows that it would have alone."""

    axes: ClassVar[int] = 1

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return self.window.lengths_after(lengths)


class MaxPool(Pool):
    """Of every window the largest number goes on, and takes the gradient: the first where several are."""

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        window, out = self.window, self.window.output_extent(a.shape[2:-1])
        first, *others = window.offsets
        largest = window.at(a, first, out).copy()
        place = np.zeros(largest.shape, np.intp)
        for number, offset in enumerate(others, 1):
            here = window.at(a, offset, out)
            place[here > largest] = number
            np.maximum(largest, here, out=largest)
        return largest, (a.shape, place)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        shape, place = cache
        if not propagate:
            return None
        grad_in = np.zeros((len(grad_a), *shape[1:]), grad_a.dtype)
        out = grad_a.shape[2:-1]
        for number, offset in enumerate(self.window.offsets):
            self.window.at(grad_in, offset, out)[...] += np.where(place == number, grad_a, 0)
        return grad_in


class AveragePool(Pool):
    """Of every window the mean goes on, and each of its places takes the same part of the gradient."""

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        window, out = self.window, self.window.output_extent(a.shape[2:-1])
        total = np.zeros((*a.shape[:2], *out, a.shape[-1]), a.dtype)
        for offset in window.offsets:
            total += window.at(a, offset, out)
        total /= math.prod(window.size)
        return total, a.shape

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        if not propagate:
            return None
        part = grad_a / math.prod(self.window.size)
        grad_in = np.zeros((len(grad_a), *cache[1:]), grad_a.dtype)
        for offset in self.window.offsets:
            self.window.at(grad_in, offset, grad_a.shape[2:-1])[...] += part
        return grad_in
