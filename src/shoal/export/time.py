"""Layers over time as ONNX: convolution, pooling, steps and words of sequences (rows, C, T) of any T."""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.export.graph import FLOAT_TYPES
from shoal.export.samples import INDEX, Form, Own, Samples
from shoal.layers import AveragePool1D, Conv1D, Embedding, MaxPool1D
from shoal.layers.base import Layer
from shoal.layers.window import Window
from shoal.shapes import Shape

LOWEST = float(np.finfo(np.float32).min)
"""What stands beyond an end where the largest number is looked for."""


def conv1d(samples: Samples, layer: Conv1D, own: Own, a: str, shape: Shape) -> str:
    places = _places(layer.window) | {"dilations": list(layer.window.dilation)}
    z = samples.in_single("Conv", a, own["W"], own["b"][:, 0], group=layer.groups, **places)
    _shorten(samples, layer.window)
    return samples.activated(layer, z)


def max_pool1d(samples: Samples, layer: MaxPool1D, own: Own, a: str, shape: Shape) -> str:
    lowest = samples.kept(a, LOWEST)
    largest = samples.in_single("MaxPool", lowest, **_places(layer.window))
    _shorten(samples, layer.window)
    return samples.kept(largest)


def average_pool1d(samples: Samples, layer: AveragePool1D, own: Own, a: str, shape: Shape) -> str:
    mean = samples.in_single("AveragePool", a, **_places(layer.window))
    if samples.lengths is not None:  # a sequence that is shorter than a window: the mean of what is there
        size = layer.window.size[0]
        there = samples.graph.add("Min", counted(samples, [1, 2]), samples.dtype.type(size))
        mean = samples.graph.add("Mul", mean, samples.graph.add("Div", samples.dtype.type(size), there))
    _shorten(samples, layer.window)
    return samples.kept(mean)


def global_max_pool1d(samples: Samples, layer: Layer, own: Own, a: str, shape: Shape) -> str:
    lowest = samples.kept(a, LOWEST)
    return _end(samples, samples.graph.add("ReduceMax", lowest, axes=[2], keepdims=0))


def global_average_pool1d(samples: Samples, layer: Layer, own: Own, a: str, shape: Shape) -> str:
    if samples.lengths is None:
        return samples.graph.add("ReduceMean", a, axes=[2], keepdims=0)
    total = samples.graph.add("ReduceSum", a, np.array([2]), keepdims=0)
    return _end(samples, samples.graph.add("Div", total, counted(samples, [1])))


def last_step(samples: Samples, layer: Layer, own: Own, a: str, shape: Shape) -> str:
    add = samples.graph.add
    if samples.lengths is None:
        return add("Gather", a, INDEX.type(-1), axis=2)
    # The one step that is valid while the next is not: what a sum over time adds to zeros.
    lengths, valid = samples.lengths, samples.valid(a)
    samples.lengths = add("Sub", lengths, INDEX.type(1))
    before = samples.valid(a)
    only = add("Where", add("Xor", valid, before), a, samples.dtype.type(0))
    return _end(samples, add("ReduceSum", only, np.array([2]), keepdims=0))


def embedding(samples: Samples, layer: Embedding, own: Own, a: str, shape: Shape) -> str:
    words = samples.graph.add("Squeeze", a, np.array([1]))
    columns = samples.graph.add("Gather", own["E"], words)  # (rows, T, d)
    return samples.kept(samples.graph.add("Transpose", columns, perm=[0, 2, 1]))


def counted(samples: Samples, axes: list[int]) -> str:
    """Add the sequences' valid steps as numbers to divide by, (rows,) with those axes more."""
    extended = samples.graph.add("Unsqueeze", str(samples.lengths), np.array(axes))
    return samples.graph.add("Cast", extended, to=FLOAT_TYPES[samples.dtype.name])


def _end(samples: Samples, a: str) -> str:
    samples.lengths = None
    return a


def _places(window: Window) -> dict[str, list[int]]:
    """Return a window's attributes over any number of steps.

    So many zeros behind that the last stride begins at or before the last step: ⌈T / s⌉ windows for every T.
    """
    [size], [stride], [extent] = window.size, window.stride, window.extent
    before = 0 if not window.same or window.before is None else window.before
    behind = extent - 1 - before if window.same else 0
    return {"kernel_shape": [size], "strides": [stride], "pads": [before, behind]}


def _shorten(samples: Samples, window: Window) -> None:
    """Make of the lengths those that are left by a window, as ``Window.lengths_after`` does."""
    if samples.lengths is None:
        return
    add, (stride,), (extent,) = samples.graph.add, window.stride, window.extent
    if window.same:
        over: Any = add("Add", samples.lengths, INDEX.type(stride - 1))
        samples.lengths = add("Div", over, INDEX.type(stride))
    else:
        spare = add("Div", add("Sub", samples.lengths, INDEX.type(extent)), INDEX.type(stride))
        samples.lengths = add("Max", add("Add", spare, INDEX.type(1)), INDEX.type(1))


FORMS: dict[str, Form] = {
    "conv1d": conv1d,
    "max_pool1d": max_pool1d,
    "average_pool1d": average_pool1d,
    "global_max_pool1d": global_max_pool1d,
    "global_average_pool1d": global_average_pool1d,
    "last_step": last_step,
    "embedding": embedding,
}
