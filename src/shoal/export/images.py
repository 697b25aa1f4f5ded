"""Layers over images as ONNX: convolution and pooling, (rows, C, H, W)."""

from __future__ import annotations

import math

import numpy as np

from shoal.export.network_graph import Form, NetworkGraph, Own
from shoal.layers import AveragePool2D, Conv2D, LocallyConnected2D, MaxPool2D
from shoal.layers.base import Layer
from shoal.layers.window import Window
from shoal.shapes import Shape


def conv2d(net: NetworkGraph, layer: Conv2D, own: Own, a: str, shape: Shape) -> str:
    places = _places(layer.window, shape) | {"dilations": list(layer.window.dilation)}
    z = net.in_single("Conv", a, own["W"], own["b"][:, 0], group=layer.groups, **places)
    return net.activated(layer, z)


def locally_connected2d(net: NetworkGraph, layer: LocallyConnected2D, own: Own, a: str, shape: Shape) -> str:
    # One filter for each pixel of a field lays the fields out; the rest is a product at each place.
    W, n, add = own["W"], shape[0] * math.prod(layer.window.size), net.graph.add
    pick = np.eye(n, dtype=W.dtype).reshape(n, shape[0], *layer.window.size)
    fields = net.in_single("Conv", a, pick, **_places(layer.window, shape))
    by_place = add("Transpose", fields, perm=[2, 3, 0, 1])
    matrices = np.ascontiguousarray(W.reshape(*W.shape[:3], n).swapaxes(-1, -2))
    z = add("Add", add("MatMul", by_place, matrices), np.ascontiguousarray(own["b"].swapaxes(-1, -2)))
    return net.activated(layer, add("Transpose", z, perm=[2, 3, 0, 1]))


def max_pool2d(net: NetworkGraph, layer: MaxPool2D, own: Own, a: str, shape: Shape) -> str:
    return net.in_single("MaxPool", a, **_places(layer.window, shape))


def average_pool2d(net: NetworkGraph, layer: AveragePool2D, own: Own, a: str, shape: Shape) -> str:
    return net.in_single("AveragePool", a, **_places(layer.window, shape))


def global_average_pool2d(net: NetworkGraph, layer: Layer, own: Own, a: str, shape: Shape) -> str:
    return net.graph.add("ReduceMean", a, axes=[2, 3], keepdims=0)


def _places(window: Window, shape: Shape) -> dict[str, list[int]]:
    """Return a window's attributes over an image of that shape."""
    (above, below), (left, right) = window.padding(shape[1:])
    return {
        "kernel_shape": list(window.size),
        "strides": list(window.stride),
        "pads": [above, left, below, right],
    }


FORMS: dict[str, Form] = {
    "conv2d": conv2d,
    "locally_connected2d": locally_connected2d,
    "max_pool2d": max_pool2d,
    "average_pool2d": average_pool2d,
    "global_average_pool2d": global_average_pool2d,
}
