"""The form in ONNX of every layer, and of those that take any samples here: dense ones, norms, blocks."""

from __future__ import annotations

import numpy as np

from shoal.export import images, recurrent, time
from shoal.export.network_graph import Form, NetworkGraph, Own
from shoal.layers import BatchNorm, Dense, LayerNorm
from shoal.layers.base import Layer
from shoal.layers.residual import Residual
from shoal.shapes import Shape


def dense(net: NetworkGraph, layer: Dense, own: Own, a: str, shape: Shape) -> str:
    add = net.graph.add
    if len(shape) > 1:  # every step to the same neurons
        return net.activated(layer, add("Add", add("MatMul", own["W"], a), own["b"]))
    product = add("MatMul", a, np.ascontiguousarray(own["W"].T))
    return net.activated(layer, add("Add", product, own["b"][:, 0]))


def flatten(net: NetworkGraph, layer: Layer, own: Own, a: str, shape: Shape) -> str:
    net.lengths = None  # the zeros beyond a length are numbers like others
    return net.graph.add("Flatten", a)


def dropout(net: NetworkGraph, layer: Layer, own: Own, a: str, shape: Shape) -> str:
    return a


def batch_norm(net: NetworkGraph, layer: BatchNorm, own: Own, a: str, shape: Shape) -> str:
    scale = own["gamma"] / np.sqrt(own["variance"] + net.dtype.type(layer.epsilon))
    shift = own["beta"] - own["mean"] * scale
    extent = (-1, *(1 for _ in shape[1:]))
    scaled = net.graph.add("Mul", a, scale.reshape(extent))
    return net.activated(layer, net.graph.add("Add", scaled, shift.reshape(extent)))


def layer_norm(net: NetworkGraph, layer: LayerNorm, own: Own, a: str, shape: Shape) -> str:
    add = net.graph.add
    centred = net.kept(add("Sub", a, _mean(net, a, shape)))
    variance = _mean(net, add("Mul", centred, centred), shape)
    deviation = add("Sqrt", add("Add", variance, net.dtype.type(layer.epsilon)))
    scaled = add("Mul", add("Div", centred, deviation), own["gamma"][..., 0])
    return net.activated(layer, add("Add", scaled, own["beta"][..., 0]))


def residual(net: NetworkGraph, layer: Residual, own: Own, a: str, shape: Shape) -> str:
    f, lengths = a, net.lengths
    inner = zip(layer.layers, layer.apart(own), layer.shapes(shape), strict=False)
    for each, parameters, given in inner:
        f = net.layer(each, parameters, f, given)
    net.lengths = lengths
    return net.activated(layer, net.graph.add("Add", a, f))


def _mean(net: NetworkGraph, a: str, shape: Shape) -> str:
    """Add the mean of each sample's numbers, of its valid steps alone: a name of (rows, 1, …)."""
    axes = [*range(1, len(shape) + 1)]
    if net.lengths is None:
        return net.graph.add("ReduceMean", a, axes=axes, keepdims=1)
    total = net.graph.add("ReduceSum", a, np.array(axes), keepdims=1)
    each = net.graph.add("Mul", time.counted(net, [1, 2]), net.dtype.type(shape[0]))
    return net.graph.add("Div", total, each)


FORMS: dict[str, Form] = {
    "dense": dense,
    "dropout": dropout,
    "flatten": flatten,
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "residual": residual,
    **images.FORMS,
    **time.FORMS,
    **recurrent.FORMS,
}
