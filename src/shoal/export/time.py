"""Layers over time as ONNX: convolution, pooling, steps and words of sequences (rows, C, T) of any T."""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.export.graph import FLOAT_TYPES
from shoal.export.network_graph import INDEX, Form, NetworkGraph, Own
from shoal.layers import AveragePool1D, Conv1D, Embedding, MaxPool1D
from shoal.layers.base import Layer
from shoal.layers.window import Window
from shoal.shapes import Shape

LOWEST = float(np.finfo(np.float32).min)
"""What stands beyond an end where the largest number is looked for."""


def conv1d(net: NetworkGraph, layer: Conv1D, own: Own, a: str, shape: Shape) -> str:
    places = _places(layer.window) | {"dilations": list(layer.window.dilation)}
    z = net.in_single("Conv", a, own["W"], own["b"][:, 0], group=layer.groups, **places)
    _shorten(net, layer.window)
    return net.activated(layer, z)


def max_pool1d(net: NetworkGraph, layer: MaxPool1D, own: Own, a: str, shape: Shape) -> str:
    lowest = net.kept(a, LOWEST)
    largest = net.in_single("MaxPool", lowest, **_places(layer.window))
    _shorten(net, layer.window)
    return net.kept(largest)


def average_pool1d(net: NetworkGraph, layer: AveragePool1D, own: Own, a: str, shape: Shape) -> str:
    mean = net.in_single("AveragePool", a, **_places(layer.window))
    if net.lengths is not None:  # a sequence that is shorter than a window: the mean of what is there
        size = layer.window.size[0]
        there = net.graph.add("Min", counted(net, [1, 2]), net.dtype.type(size))
        mean = net.graph.add("Mul", mean, net.graph.add("Div", net.dtype.type(size), there))
    _shorten(net, layer.window)
    return net.kept(mean)


def global_max_pool1d(net: NetworkGraph, layer: Layer, own: Own, a: str, shape: Shape) -> str:
    lowest = net.kept(a, LOWEST)
    return _end(net, net.graph.add("ReduceMax", lowest, axes=[2], keepdims=0))


def global_average_pool1d(net: NetworkGraph, layer: Layer, own: Own, a: str, shape: Shape) -> str:
    if net.lengths is None:
        return net.graph.add("ReduceMean", a, axes=[2], keepdims=0)
    total = net.graph.add("ReduceSum", a, np.array([2]), keepdims=0)
    return _end(net, net.graph.add("Div", total, counted(net, [1])))


def last_step(net: NetworkGraph, layer: Layer, own: Own, a: str, shape: Shape) -> str:
    add = net.graph.add
    if net.lengths is None:
        return add("Gather", a, INDEX.type(-1), axis=2)
    # The one step that is valid while the next is not: what a sum over time adds to zeros.
    lengths, valid = net.lengths, net.valid(a)
    net.lengths = add("Sub", lengths, INDEX.type(1))
    before = net.valid(a)
    only = add("Where", add("Xor", valid, before), a, net.dtype.type(0))
    return _end(net, add("ReduceSum", only, np.array([2]), keepdims=0))


def embedding(net: NetworkGraph, layer: Embedding, own: Own, a: str, shape: Shape) -> str:
    words = net.graph.add("Squeeze", a, np.array([1]))
    columns = net.graph.add("Gather", own["E"], words)  # (rows, T, d)
    return net.kept(net.graph.add("Transpose", columns, perm=[0, 2, 1]))


def counted(net: NetworkGraph, axes: list[int]) -> str:
    """Add the sequences' valid steps as numbers to divide by, (rows,) with those axes more."""
    extended = net.graph.add("Unsqueeze", str(net.lengths), np.array(axes))
    return net.graph.add("Cast", extended, to=FLOAT_TYPES[net.dtype.name])


def _end(net: NetworkGraph, a: str) -> str:
    net.lengths = None
    return a


def _places(window: Window) -> dict[str, list[int]]:
    """Return a window's attributes over any number of steps.

    So many zeros behind that the last stride begins at or before the last step: ⌈T / s⌉ windows for every T.
    """
    [size], [stride], [extent] = window.size, window.stride, window.extent
    before = 0 if not window.same or window.before is None else window.before
    behind = extent - 1 - before if window.same else 0
    return {"kernel_shape": [size], "strides": [stride], "pads": [before, behind]}


def _shorten(net: NetworkGraph, window: Window) -> None:
    """Make of the lengths those that are left by a window, as ``Window.lengths_after`` does."""
    if net.lengths is None:
        return
    add, (stride,), (extent,) = net.graph.add, window.stride, window.extent
    if window.same:
        over: Any = add("Add", net.lengths, INDEX.type(stride - 1))
        net.lengths = add("Div", over, INDEX.type(stride))
    else:
        spare = add("Div", add("Sub", net.lengths, INDEX.type(extent)), INDEX.type(stride))
        net.lengths = add("Max", add("Add", spare, INDEX.type(1)), INDEX.type(1))


FORMS: dict[str, Form] = {
    "conv1d": conv1d,
    "max_pool1d": max_pool1d,
    "average_pool1d": average_pool1d,
    "global_max_pool1d": global_max_pool1d,
    "global_average_pool1d": global_average_pool1d,
    "last_step": last_step,
    "embedding": embedding,
}
