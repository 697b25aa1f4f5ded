"""The form in ONNX of every layer, and of those that take any samples here: dense ones, norms, blocks."""

from __future__ import annotations

import numpy as np

from shoal.export import images, recurrent, time
from shoal.export.samples import Form, Own, Samples
from shoal.layers import BatchNorm, Dense, LayerNorm
from shoal.layers.base import Layer
from shoal.layers.residual import Residual
from shoal.shapes import Shape


def dense(samples: Samples, layer: Dense, own: Own, a: str, shape: Shape) -> str:
    add = samples.graph.add
    if len(shape) > 1:  # every step to the same neurons
        return samples.activated(layer, add("Add", add("MatMul", own["W"], a), own["b"]))
    product = add("MatMul", a, np.ascontiguousarray(own["W"].T))
    return samples.activated(layer, add("Add", product, own["b"][:, 0]))


def flatten(samples: Samples, layer: Layer, own: Own, a: str, shape: Shape) -> str:
    samples.lengths = None  # the zeros beyond a length are numbers like others
    return samples.graph.add("Flatten", a)


def dropout(samples: Samples, layer: Layer, own: Own, a: str, shape: Shape) -> str:
    return a


def batch_norm(samples: Samples, layer: BatchNorm, own: Own, a: str, shape: Shape) -> str:
    scale = own["gamma"] / np.sqrt(own["variance"] + samples.dtype.type(layer.epsilon))
    shift = own["beta"] - own["mean"] * scale
    extent = (-1, *(1 for _ in shape[1:]))
    scaled = samples.graph.add("Mul", a, scale.reshape(extent))
    return samples.activated(layer, samples.graph.add("Add", scaled, shift.reshape(extent)))


def layer_norm(samples: Samples, layer: LayerNorm, own: Own, a: str, shape: Shape) -> str:
    add = samples.graph.add
    centred = samples.kept(add("Sub", a, _mean(samples, a, shape)))
    variance = _mean(samples, add("Mul", centred, centred), shape)
    deviation = add("Sqrt", add("Add", variance, samples.dtype.type(layer.epsilon)))
    scaled = add("Mul", add("Div", centred, deviation), own["gamma"][..., 0])
    return samples.activated(layer, add("Add", scaled, own["beta"][..., 0]))


def residual(samples: Samples, layer: Residual, own: Own, a: str, shape: Shape) -> str:
    f, lengths = a, samples.lengths
    inner = zip(layer.layers, layer.apart(own), layer.shapes(shape), strict=False)
    for each, parameters, given in inner:
        f = samples.layer(each, parameters, f, given)
    samples.lengths = lengths
    return samples.activated(layer, samples.graph.add("Add", a, f))


def _mean(samples: Samples, a: str, shape: Shape) -> str:
    """Add the mean of each sample's numbers, of its valid steps alone: a name of (rows, 1, …)."""
    axes = [*range(1, len(shape) + 1)]
    if samples.lengths is None:
        return samples.graph.add("ReduceMean", a, axes=axes, keepdims=1)
    total = samples.graph.add("ReduceSum", a, np.array(axes), keepdims=1)
    each = samples.graph.add("Mul", time.counted(samples, [1, 2]), samples.dtype.type(shape[0]))
    return samples.graph.add("Div", total, each)


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
