"""An architecture as the numbers by which the compiled engine knows it: ``Layer`` in native/network.hpp."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from shoal.activations import ACTIVATIONS, Activation
from shoal.layers import (
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    LocallyConnected2D,
    MaxPool2D,
    Residual,
)
from shoal.layers.weighted import Activated
from shoal.layers.window import Window
from shoal.network import Network
from shoal.registry import Named
from shoal.shapes import Array, Shape

# The numbers of the enumerations in activations.hpp and network.hpp.
ACTIVATION_NAMES = (
    "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus",
)  # fmt: skip
LAYER_KINDS: tuple[type[Layer], ...] = (
    Dense, Dropout, Flatten, Conv2D, MaxPool2D, AveragePool2D, GlobalAveragePool2D, LocallyConnected2D,
    LayerNorm, Residual, BatchNorm,
)  # fmt: skip


def unknown_layer(network: Network) -> str | None:
    """Return what the compiled engine does not know of a network's layers, or None."""
    for layer in itertools.chain.from_iterable(outer.walk() for outer in network.layers):
        if type(layer) not in LAYER_KINDS:
            return f"the layer {layer!r}"
        if isinstance(layer, Activated) and not knows(layer.g, ACTIVATION_NAMES, ACTIVATIONS):
            return f"the activation {layer.g!r}"
    return None


def knows(member: Named, names: tuple[str, ...], registry: Mapping[str, type[Any]]) -> bool:
    """Return whether a member of a family is exactly what the project registers by one of the names."""
    return member.name in names and type(member) is registry[member.name]


@lru_cache(maxsize=256)
def layer_rows(network: Network) -> Array:
    """Return a row of numbers for each layer, in the order of ``Layer`` and ``Geometry``.

    The layers inside another one follow it; its last number says how many they are. The rows are kept, for
    every prediction asks for them again.

    >>> from shoal.network import Network
    >>> layer_rows(Network(3, [Dense(5, "tanh"), Dense(2)]))[:, :6]
    array([[ 0.,  3.,  5.,  0., 15.,  2.],
           [ 0.,  5.,  2., 20., 30.,  0.]])
    """
    starts = {(slot.layer, slot.name): slot.start for slot in network.slots}
    rows: list[tuple[float, ...]] = []
    for index, (layer, shape) in enumerate(zip(network.layers, network.shapes, strict=False)):
        places = {name: start for (at, name), start in starts.items() if at == index}
        rows += _rows(layer, shape, places)
    numbers = np.array(rows, dtype=np.float64)
    numbers.flags.writeable = False
    return numbers


def _rows(layer: Layer, before: Shape, places: Mapping[str, int]) -> list[tuple[float, ...]]:
    """Return the row of a layer, whose parameters begin at ``places``, and those of the layers inside it."""
    inside = layer.layers if isinstance(layer, Residual) else ()
    after = layer.output_shape(before)
    first, second = ("gamma", "beta") if isinstance(layer, LayerNorm | BatchNorm) else ("W", "b")
    row = (
        LAYER_KINDS.index(type(layer)),
        math.prod(before),
        math.prod(after),
        places.get(first, 0),
        places.get(second, 0),
        *_activation(layer),
        layer.epsilon if isinstance(layer, LayerNorm | BatchNorm) else 0.0,
        layer.momentum if isinstance(layer, BatchNorm) else 0.0,
        *_geometry(layer, before, after),
        len(inside),
    )
    rows: list[tuple[float, ...]] = [row]
    for number, inner in enumerate(inside):
        prefix = f"{number}."
        own = {name.removeprefix(prefix): at for name, at in places.items() if name.startswith(prefix)}
        rows += _rows(inner, before, own)
        before = inner.output_shape(before)
    return rows


def parameters(member: Named) -> list[float]:
    """Return a member's hyper-parameters, in the order in which its class names them."""
    return [float(getattr(member, field.name)) for field in dataclasses.fields(member)]  # type: ignore[arg-type]


def parameter(member: Named) -> float:
    """Return the one hyper-parameter of an activation, loss or layer of dropout, or 0 where it has none."""
    return next(iter(parameters(member)), 0.0)


def _activation(layer: Layer) -> tuple[int, float]:
    """Return the activation's number and its parameter, which for dropout is the rate."""
    g: Activation | None = layer.g if isinstance(layer, Activated) else None
    if g is not None:
        return ACTIVATION_NAMES.index(g.name), parameter(g)
    return 0, layer.rate if isinstance(layer, Dropout) else 0.0


def _geometry(layer: Layer, before: Shape, after: Shape) -> tuple[int, ...]:
    """Return both images, the window's size, stride, padding before it and dilation, and the groups.

    Batch normalisation has a window alone: the places that share its parameters.
    """
    if isinstance(layer, BatchNorm):
        return *(0,) * 6, math.prod(before[1:]), 1, *(0,) * 7
    if isinstance(layer, GlobalAveragePool2D):
        window = Window((before[1], before[2]))
    elif isinstance(layer, Conv2D | LocallyConnected2D | MaxPool2D | AveragePool2D):
        window = layer.window
    else:
        return (0,) * 15
    (above, _), (left, _) = window.padding(before[1:])
    groups = layer.groups if isinstance(layer, Conv2D) else 1
    image = after if len(after) == 3 else (*after, 1, 1)
    # The engine lays images out by the stride: beyond an image there is one window, however far it would go.
    stride = (min(s, side) for s, side in zip(window.stride, before[1:], strict=True))
    dilation = (d if k > 1 else 1 for k, d in zip(window.size, window.dilation, strict=True))
    return (*before, *image, *window.size, *stride, above, left, *dilation, groups)
