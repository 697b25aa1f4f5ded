"""What a network of images looks for: responses layer by layer, and gradients with respect to the image.

The layers' own ``backward``, asked to propagate down to the input, says how a unit would respond to another
image. Nothing here trains, and one network is looked at: a population of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.layers import Conv2D, Layer, stack
from shoal.layers.base import Cache, Context
from shoal.networks.chain import Chain
from shoal.shapes import Array, Shape

STEPS, STEP = 60, 0.5
"""Of gradient ascent: how many, and the length of each beside the image's own."""


@dataclass(frozen=True)
class LayerUnit:
    """One unit of a layer, by the layer's number and its index: (map, row, column), or (unit,)."""

    layer: int
    unit: tuple[int, ...]


def convolutions(network: Chain) -> list[int]:
    """Return the numbers of the convolutional layers, first to last."""
    return [index for index, layer in enumerate(network.layers) if isinstance(layer, Conv2D)]


def responses(network: Chain, theta: Array, X: Array) -> list[Array]:
    """Return what every layer makes of images X (N, C·H·W): a list of (N, *shape), first layer to last."""
    outputs, _ = _forward(network, theta, X, len(network.layers))
    return [np.moveaxis(a[0], -1, 0) for a in outputs]


def filters(network: Chain, theta: Array) -> Array | None:
    """Return the filters (m, C, kh, kw) of the first layer, None where it is no convolution."""
    first = network.layers[0]
    return network.views(theta)[0]["W"][0] if isinstance(first, Conv2D) else None


def saliency(network: Chain, theta: Array, X: Array, classes: Array) -> Array:
    """Return ``∂z_k/∂x``, the gradient of each image's score for its class in ``classes`` (N,): (N, C, H, W).

    Where it is large, another pixel there would change the score most. With one output, of two classes, z
    speaks for class 1 and −z for class 0.

    Source: Simonyan, Vedaldi & Zisserman 2013, "Deep inside convolutional networks", section 3.

    >>> from shoal.populations.network import Network
    >>> from shoal.layers import Dense, Flatten
    >>> network = Network((1, 1, 2), [Flatten(), Dense(2)], "cross_entropy")
    >>> theta = np.array([[1.0, 2.0, 3.0, 4.0, 0.0, 0.0]])
    >>> saliency(network, theta, np.zeros((1, 2)), np.array([1])).ravel().tolist()
    [3.0, 4.0]
    """
    depth = len(network.layers)
    z, caches = _forward(network, theta, X, depth)
    grad = np.zeros_like(z[-1])
    if network.n_outputs == 1:
        grad[0, 0] = np.where(classes == 1, 1, -1)
    else:
        grad[0, classes, np.arange(len(X))] = 1
    return _pull_back(network, theta, caches, grad)


def most_exciting(network: Chain, theta: Array, place: LayerUnit, starts: Array) -> Array:
    """Return an image (C, H, W) that excites a unit more than any of ``starts`` (N, C·H·W) do.

    Gradient ascent from each of them on the unit's response a(x), among images as long as the start::

        x ← r (x + s r g/‖g‖) / ‖x + s r g/‖g‖‖,     g = ∂a/∂x,  r = ‖start‖

    with a step s that shrinks to nothing. Of the images that come out the most exciting is returned.

    Source: Erhan, Bengio, Courville & Vincent 2009, "Visualizing higher-layer features of a deep network",
    section 4.
    """
    x = np.array(starts, dtype=theta.dtype)
    length = np.linalg.norm(x, axis=1, keepdims=True)
    best, highest = x.copy(), np.full(len(x), -np.inf)
    for step in range(STEPS + 1):
        outputs, caches = _forward(network, theta, x, place.layer + 1)
        response = outputs[-1][(0, *place.unit)]
        better = response > highest
        best[better], highest[better] = x[better], response[better]
        grad = np.zeros_like(outputs[-1])
        grad[(0, *place.unit)] = 1
        g = _pull_back(network, theta, caches, grad).reshape(x.shape)
        size = np.linalg.norm(g, axis=1, keepdims=True)
        x = x + STEP * (1 - step / STEPS) * length * g / np.where(size > 0, size, 1)
        x *= length / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), np.finfo(x.dtype).tiny)
    image: Array = best[int(highest.argmax())].reshape(network.input_shape)
    return image


def receptive_field(network: Chain, layer: int, row: int, column: int) -> tuple[slice, slice]:
    """Return the rows and columns of the image that a unit at (row, column) of a layer's maps can see.

    From the layer down, a window of k pixels d apart at stride s after p zeros widens [first, last] to
    [first·s − p, last·s − p + (k − 1) d]; layers without windows see what is before them, or all of it.

    >>> from shoal.populations.network import Network
    >>> from shoal.layers import Dense, Flatten, MaxPool2D
    >>> layers = [Conv2D(2, 3), MaxPool2D(2), Conv2D(2, 3), Flatten(), Dense(2)]
    >>> receptive_field(Network((1, 28, 28), layers), 2, 0, 1)
    (slice(0, 8, None), slice(2, 10, None))
    """
    spans = [(row, row), (column, column)]
    for below, shape in zip(network.layers[layer::-1], network.shapes[layer::-1], strict=True):
        spans = [_widened(below, shape, axis, *span) for axis, span in enumerate(spans)]
    rows, columns = (
        slice(max(first, 0), min(last + 1, extent))
        for (first, last), extent in zip(spans, network.input_shape[1:], strict=True)
    )
    return rows, columns


def _widened(layer: Layer, shape: Shape, axis: int, first: int, last: int) -> tuple[int, int]:
    window = getattr(layer, "window", None)
    if window is not None:
        before, _ = window.padding(shape[1:])[axis]
        stride = window.stride[axis]
        return first * stride - before, last * stride - before + window.extent[axis] - 1
    if layer.output_shape(shape)[1:] == shape[1:] and not layer.parameter_shapes(shape):
        return first, last
    return 0, shape[1 + axis] - 1


def _forward(network: Chain, theta: Array, X: Array, depth: int) -> tuple[list[Array], list[Cache]]:
    """Return the outputs and the caches of the first ``depth`` layers for images X (N, C·H·W)."""
    a = np.ascontiguousarray(X.T, theta.dtype).reshape(1, *network.input_shape, len(X))
    outputs, caches = [], []
    for layer, parameters in zip(network.layers[:depth], network.views(theta), strict=False):
        a, cache = layer.forward(parameters, a, Context())
        outputs.append(a)
        caches.append(cache)
    return outputs, caches


def _pull_back(network: Chain, theta: Array, caches: list[Cache], grad: Array) -> Array:
    """Return the gradient (N, C, H, W) with respect to the images, from that of the last cached layer."""
    depth = len(caches)
    unused = network.views(np.empty_like(theta))
    handed = stack.backward(
        network.layers[:depth], network.views(theta)[:depth], caches, grad, unused[:depth], propagate=True
    )
    assert handed is not None
    return np.moveaxis(handed[0], -1, 0)
