"""Forward and backward over layers that stand one upon the other."""

from __future__ import annotations

from collections.abc import Sequence

from shoal.layers.base import Cache, Context, Layer, Parameters
from shoal.shapes import Array


def forward(
    layers: Sequence[Layer], parameters: Sequence[Parameters], a: Array, context: Context, first: int = 0
) -> tuple[Array, list[Cache]]:
    """Return the last layer's output and every layer's cache.

    ``first`` is the number of the first layer: layers are counted through the whole network, those inside
    others too, and draw their noise by their number.
    """
    caches: list[Cache] = []
    number = first
    for layer, own in zip(layers, parameters, strict=True):
        a, cache = layer.forward(own, a, context.at(number))
        caches.append(cache)
        context = context.after(layer)
        number += sum(1 for _ in layer.walk())
    return a, caches


def backward(
    layers: Sequence[Layer],
    parameters: Sequence[Parameters],
    caches: Sequence[Cache],
    grad_a: Array,
    gradients: Sequence[Parameters],
    propagate: bool,
) -> Array | None:
    """Fill ``gradients`` in place and return ∂J/∂(input of the first layer), or None unless ``propagate``."""
    for index in reversed(range(len(layers))):
        handed = layers[index].backward(
            parameters[index], caches[index], grad_a, gradients[index], propagate or index > 0
        )
        if handed is None:
            return None
        grad_a = handed
    return grad_a
