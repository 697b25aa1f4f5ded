"""Networks of images as ONNX: convolution, pooling, norms and residual blocks, one network at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from shoal.export.activations import DType, add_activation
from shoal.export.graph import FLOAT_TYPES, Graph, TensorProto, no_form
from shoal.layers import AveragePool2D, BatchNorm, Conv2D, Dense, LayerNorm, LocallyConnected2D, MaxPool2D
from shoal.layers.base import Layer
from shoal.layers.residual import Residual
from shoal.layers.window import Window
from shoal.networks.chain import Chain
from shoal.shapes import Array, Shape

Own: TypeAlias = Mapping[str, Array]
"""A layer's parameters of one network, without the axis P."""


class ImageGraph:
    """Adds layers to a graph, between which samples stand first, (rows, C, H, W), as ONNX has them.

    Runtimes convolve and pool in single precision only, so that a network in float64 is exact to that.
    """

    def __init__(self, graph: Graph, dtype: DType) -> None:
        self.graph, self.dtype = graph, dtype

    def network(self, network: Chain, theta: Array, X: str) -> str:
        """Add a network with the parameters theta (D,) over ``X`` (N, n); return the name of its z (N, K)."""
        a = self.graph.add("Reshape", X, np.array([-1, *network.input_shape]))
        for layer, parameters, shape in zip(
            network.layers, network.views(theta[None]), network.shapes, strict=False
        ):
            a = self.layer(layer, {name: array[0] for name, array in parameters.items()}, a, shape)
        return a

    def layer(self, layer: Layer, own: Own, a: str, shape: Shape) -> str:
        """Add a layer over samples ``a`` of that shape; return the name of its outputs."""
        if layer.name not in FORMS:
            raise no_form(f"the layer {layer.name!r}")
        return FORMS[layer.name](self, layer, own, a, shape)

    def activated(self, layer: Any, z: str) -> str:
        return add_activation(self.graph, layer.g, z, self.dtype)

    def in_single(self, op: str, a: str, *constants: Array, **attributes: Any) -> str:
        """Add a node that runtimes have for single precision only, between casts where that is not ours."""
        if self.dtype == np.float32:
            return self.graph.add(op, a, *constants, **attributes)
        single = self.graph.add("Cast", a, to=TensorProto.FLOAT)
        result = self.graph.add(op, single, *(each.astype(np.float32) for each in constants), **attributes)
        return self.graph.add("Cast", result, to=FLOAT_TYPES[self.dtype.name])

    def dense(self, layer: Dense, own: Own, a: str, shape: Shape) -> str:
        if len(shape) > 1:
            raise no_form("a dense layer over the steps of a sequence")
        product = self.graph.add("MatMul", a, np.ascontiguousarray(own["W"].T))
        return self.activated(layer, self.graph.add("Add", product, own["b"][:, 0]))

    def conv2d(self, layer: Conv2D, own: Own, a: str, shape: Shape) -> str:
        places = _places(layer.window, shape) | {"dilations": list(layer.window.dilation)}
        z = self.in_single("Conv", a, own["W"], own["b"][:, 0], group=layer.groups, **places)
        return self.activated(layer, z)

    def locally_connected2d(self, layer: LocallyConnected2D, own: Own, a: str, shape: Shape) -> str:
        # One filter for each pixel of a field lays the fields out; the rest is a product at each place.
        W, n = own["W"], shape[0] * math.prod(layer.window.size)
        pick = np.eye(n, dtype=W.dtype).reshape(n, shape[0], *layer.window.size)
        fields = self.in_single("Conv", a, pick, **_places(layer.window, shape))
        by_place = self.graph.add("Transpose", fields, perm=[2, 3, 0, 1])
        matrices = np.ascontiguousarray(W.reshape(*W.shape[:3], n).swapaxes(-1, -2))
        product = self.graph.add("MatMul", by_place, matrices)
        z = self.graph.add("Add", product, np.ascontiguousarray(own["b"].swapaxes(-1, -2)))
        return self.activated(layer, self.graph.add("Transpose", z, perm=[2, 3, 0, 1]))

    def max_pool2d(self, layer: MaxPool2D, own: Own, a: str, shape: Shape) -> str:
        return self.in_single("MaxPool", a, **_places(layer.window, shape))

    def average_pool2d(self, layer: AveragePool2D, own: Own, a: str, shape: Shape) -> str:
        return self.in_single("AveragePool", a, **_places(layer.window, shape))

    def global_average_pool2d(self, layer: Layer, own: Own, a: str, shape: Shape) -> str:
        return self.graph.add("ReduceMean", a, axes=[2, 3], keepdims=0)

    def flatten(self, layer: Layer, own: Own, a: str, shape: Shape) -> str:
        return self.graph.add("Flatten", a)

    def dropout(self, layer: Layer, own: Own, a: str, shape: Shape) -> str:
        return a

    def batch_norm(self, layer: BatchNorm, own: Own, a: str, shape: Shape) -> str:
        scale = own["gamma"] / np.sqrt(own["variance"] + self.dtype.type(layer.epsilon))
        shift = own["beta"] - own["mean"] * scale
        extent = (-1, *(1 for _ in shape[1:]))
        scaled = self.graph.add("Mul", a, scale.reshape(extent))
        return self.activated(layer, self.graph.add("Add", scaled, shift.reshape(extent)))

    def layer_norm(self, layer: LayerNorm, own: Own, a: str, shape: Shape) -> str:
        add, axes = self.graph.add, [*range(1, len(shape) + 1)]
        centred = add("Sub", a, add("ReduceMean", a, axes=axes, keepdims=1))
        variance = add("ReduceMean", add("Mul", centred, centred), axes=axes, keepdims=1)
        deviation = add("Sqrt", add("Add", variance, self.dtype.type(layer.epsilon)))
        scaled = add("Mul", add("Div", centred, deviation), own["gamma"][..., 0])
        return self.activated(layer, add("Add", scaled, own["beta"][..., 0]))

    def residual(self, layer: Residual, own: Own, a: str, shape: Shape) -> str:
        f = a
        inner = zip(layer.layers, layer.apart(own), layer.shapes(shape), strict=False)
        for each, parameters, given in inner:
            f = self.layer(each, parameters, f, given)
        return self.activated(layer, self.graph.add("Add", a, f))


def _places(window: Window, shape: Shape) -> dict[str, list[int]]:
    """Return a window's attributes over an image of that shape."""
    (above, below), (left, right) = window.padding(shape[1:])
    return {
        "kernel_shape": list(window.size),
        "strides": list(window.stride),
        "pads": [above, left, below, right],
    }


FORMS: dict[str, Callable[[ImageGraph, Any, Own, str, Shape], str]] = {
    "dense": ImageGraph.dense,
    "dropout": ImageGraph.dropout,
    "conv2d": ImageGraph.conv2d,
    "locally_connected2d": ImageGraph.locally_connected2d,
    "max_pool2d": ImageGraph.max_pool2d,
    "average_pool2d": ImageGraph.average_pool2d,
    "global_average_pool2d": ImageGraph.global_average_pool2d,
    "flatten": ImageGraph.flatten,
    "batch_norm": ImageGraph.batch_norm,
    "layer_norm": ImageGraph.layer_norm,
    "residual": ImageGraph.residual,
}
