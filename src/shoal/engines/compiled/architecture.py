"""An architecture as the compiled engine takes it: by names, which native/wire.hpp declares."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from shoal.activations import ACTIVATIONS
from shoal.engines.compiled.layers import RECURRENT, layer_fields
from shoal.engines.compiled.module import KNOWN
from shoal.layers import LAYERS
from shoal.layers.weighted import Activated
from shoal.losses import LOSSES, SquaredError
from shoal.networks.chain import Chain
from shoal.registry import Named, to_config
from shoal.shapes import IntArray

_HEED_LENGTHS = RECURRENT | {
    *("bidirectional", "embedding", "conv1d", "max_pool1d", "average_pool1d", "global_max_pool1d"),
    *("global_average_pool1d", "last_step", "dense", "batch_norm", "layer_norm", "dropout", "flatten"),
    "residual",
}
"""Layers whose kernels know of unequal lengths."""


def unknown_layer(network: Chain) -> str | None:
    """Return what the compiled engine does not know of a network's layers, or None."""
    for layer in itertools.chain.from_iterable(outer.walk() for outer in network.layers):
        if not knows(layer, "layer", LAYERS):
            return f"the layer {layer!r}"
        if isinstance(layer, Activated) and not knows(layer.g, "activation", ACTIVATIONS):
            return f"the activation {layer.g!r}"
    return None


def unknown_over_time(network: Chain) -> str | None:
    """Return what the compiled engine does not know of unequal lengths in a network, or None.

    Only layers up to the one that ends time have to know of them, and they do of samples (C, T): where the
    columns of an image are steps, each row would have to be looked at.
    """
    lengths: IntArray | None = np.ones((1, 1), np.intp)
    shape = network.input_shape
    for layer in network.layers:
        if lengths is None:
            return None
        if len(shape) > 2 or not all(each.name in _HEED_LENGTHS for each in layer.walk()):
            return f"sequences of unequal lengths in the layer {layer!r}"
        lengths, shape = layer.lengths_after(lengths), layer.output_shape(shape)
    return None


def knows(member: Named, family: str, registry: Mapping[str, type[Any]]) -> bool:
    """Return whether a member is exactly what the project registers by a name that the module knows."""
    name = getattr(member, "name", "")
    return name in KNOWN[family] and type(member) is registry.get(name)


def described(network: Chain) -> dict[str, Any]:
    """Return the fields of a network, its layers and its loss.

    A layer's parameters travel by their own names, as where in θ they begin.

    >>> from shoal.populations.network import Network
    >>> from shoal.layers import Dense
    >>> first, _ = described(Network(3, [Dense(5, "elu"), Dense(2)]))["layers"]
    >>> [first[name] for name in ("name", "inputs", "units", "W", "b", "activation")]
    ['dense', 3, 5, 0, 15, {'name': 'elu', 'alpha': 1.0}]
    """
    layers, loss = [], network.criterion
    for index, (layer, shape) in enumerate(zip(network.layers, network.shapes, strict=False)):
        places = {slot.name: slot.start for slot in network.slots if slot.layer == index}
        layers.append(layer_fields(layer, shape, places))
    return {
        "layers": layers,
        # one that the module does not know is none that it trains, and outputs end before the loss
        "loss": to_config(loss if knows(loss, "loss", LOSSES) else SquaredError()),
        "inputs": network.n_inputs,
        "outputs": network.n_outputs,
        "parameters": network.n_parameters,
        "weight_mask": network.weight_mask,
    }
