"""An architecture as the compiled engine takes it: by names, which native/wire.hpp declares."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from shoal.activations import ACTIVATIONS
from shoal.engines.compiled.module import KNOWN
from shoal.layers import (
    GRU,
    LAYERS,
    LSTM,
    RNN,
    AveragePool1D,
    AveragePool2D,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool1D,
    GlobalAveragePool2D,
    GlobalMaxPool1D,
    LastStep,
    Layer,
    LayerNorm,
    LocallyConnected2D,
    MaxPool1D,
    MaxPool2D,
    Residual,
)
from shoal.layers.bidirectional import SUFFIX
from shoal.layers.recurrent import Recurrent
from shoal.layers.weighted import Activated
from shoal.layers.window import Window
from shoal.networks.chain import Chain
from shoal.registry import Named, to_config
from shoal.shapes import IntArray, Shape

_HEED_LENGTHS = {
    *(RNN, GRU, LSTM, Bidirectional, Embedding, Conv1D, MaxPool1D, AveragePool1D, GlobalMaxPool1D),
    *(GlobalAveragePool1D, LastStep, Dense, BatchNorm, Dropout, Flatten, Residual),
}
"""Layers whose kernels know of unequal lengths."""

_POOLS_OVER_TIME = (MaxPool1D, AveragePool1D, GlobalMaxPool1D, GlobalAveragePool1D, LastStep)


def unknown_layer(network: Chain, training: bool = True) -> str | None:
    """Return what the compiled engine does not know of a network's layers, or None.

    Some settings of recurrent layers make a difference in ``training`` only.
    """
    for layer in itertools.chain.from_iterable(outer.walk() for outer in network.layers):
        if not knows(layer, "layer", LAYERS):
            return f"the layer {layer!r}"
        if isinstance(layer, Activated) and not knows(layer.g, "activation", ACTIVATIONS):
            return f"the activation {layer.g!r}"
        if isinstance(layer, Recurrent) and (setting := _unknown_setting(layer, training)):
            return f"{setting} of the layer {layer!r}"
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
        if len(shape) > 2 or not all(type(each) in _HEED_LENGTHS for each in layer.walk()):
            return f"sequences of unequal lengths in the layer {layer!r}"
        lengths, shape = layer.lengths_after(lengths), layer.output_shape(shape)
    return None


def _unknown_setting(layer: Recurrent, training: bool) -> str | None:
    """Return a setting of a recurrent layer that the kernels know nothing of, or None."""
    names = ("layer_norm", "recurrent_dropout", "truncate") if training else ("layer_norm",)
    return next((name for name in names if getattr(layer, name)), None)


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
    layers = []
    for index, (layer, shape) in enumerate(zip(network.layers, network.shapes, strict=False)):
        places = {slot.name: slot.start for slot in network.slots if slot.layer == index}
        layers.append(_layer(layer, shape, places))
    return {
        "layers": layers,
        "loss": to_config(network.criterion),
        "inputs": network.n_inputs,
        "outputs": network.n_outputs,
        "parameters": network.n_parameters,
        "weight_mask": network.weight_mask,
    }


def _layer(layer: Layer, before: Shape, places: Mapping[str, int]) -> dict[str, Any]:
    """Return the fields of a layer whose parameters begin at ``places``; those of layers inside: ``0.W``."""
    after = layer.output_shape(before)
    fields = {"name": layer.name, "inputs": math.prod(before), "units": math.prod(after)}
    if not isinstance(layer, Residual | Bidirectional):
        fields |= places
    if isinstance(layer, Activated):
        fields["activation"] = to_config(layer.g)
    if isinstance(layer, Dropout):
        fields["rate"] = layer.rate
    if isinstance(layer, LayerNorm | BatchNorm):
        fields["epsilon"] = layer.epsilon
    if isinstance(layer, BatchNorm):
        fields |= {"momentum": layer.momentum, "places": math.prod(before[1:])}
    if isinstance(layer, Recurrent):
        fields |= _walk(layer, before, places)
    if isinstance(layer, Residual):
        fields["layers"] = _inside(layer, before, places)
    if isinstance(layer, Bidirectional):
        fields["layers"] = _directions(layer, before, places)
    if isinstance(layer, Dropout | Flatten | Residual):
        fields["steps"] = before[1] if len(before) == 2 else 1
    if isinstance(layer, Embedding):
        fields["vocabulary"] = layer.vocabulary
    if isinstance(layer, _POOLS_OVER_TIME):
        fields |= {"channels": before[0], "steps": before[1]}
    if isinstance(layer, MaxPool1D | AveragePool1D):
        fields |= {"size": layer.size, "stride": layer.stride}
    if isinstance(layer, Dense) and len(before) == 2:  # a convolution whose windows are one step
        fields |= {"name": Conv1D.name, "same": False}
    if isinstance(layer, Conv1D):
        fields["same"] = layer.window.same
    window = _window(layer, before)
    if window is not None:
        fields["geometry"] = _geometry(
            window, before, after, layer.groups if isinstance(layer, Conv1D | Conv2D) else 1
        )
    return fields


def _directions(layer: Bidirectional, before: Shape, places: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the fields of a layer and of its like in reverse, whose parameters are called ``W_reverse``."""
    own: tuple[dict[str, int], dict[str, int]] = {}, {}
    for name, start in places.items():
        own[name.endswith(SUFFIX)][name.removesuffix(SUFFIX)] = start
    return [_layer(each, before, starts) for each, starts in zip(layer.both, own, strict=True)]


def _walk(layer: Recurrent, before: Shape, places: Mapping[str, int]) -> dict[str, Any]:
    """Return how a recurrent layer goes over a sequence (C, T), and where a learnt state begins, or None."""
    channels, steps = before
    return {
        "channels": channels,
        "steps": steps,
        "state": layer.units,
        "return_sequences": layer.return_sequences,
        "reverse": layer.reverse,
        **{f"{name}0": places.get(f"{name}0") for name in layer.states},
    }


def _inside(block: Residual, before: Shape, places: Mapping[str, int]) -> list[dict[str, Any]]:
    layers = []
    for number, layer in enumerate(block.layers):
        prefix = f"{number}."
        own = {name.removeprefix(prefix): at for name, at in places.items() if name.startswith(prefix)}
        layers.append(_layer(layer, before, own))
        before = layer.output_shape(before)
    return layers


def _window(layer: Layer, before: Shape) -> Window | None:
    """Return what a layer moves over its image, if it does: for a global pool, the image's whole plane."""
    if isinstance(layer, GlobalAveragePool2D):
        return Window((before[1], before[2]))
    if isinstance(layer, Dense) and len(before) == 2:
        return Window((1,))
    if isinstance(layer, Conv1D | Conv2D | LocallyConnected2D | MaxPool2D | AveragePool2D):
        return layer.window
    return None


def _geometry(window: Window, before: Shape, after: Shape, groups: int) -> dict[str, Any]:
    """Return both images (C, H, W), and the window's size, stride, padding before it and dilation (H, W).

    A sequence (C, T) is an image of T rows of one column.
    """
    padding = [zeros for zeros, _ in window.padding(before[1:])]
    # The engine lays images out by the stride: beyond an image there is one window, however far it would go.
    stride = tuple(min(s, side) for s, side in zip(window.stride, before[1:], strict=True))
    dilation = tuple(d if k > 1 else 1 for k, d in zip(window.size, window.dilation, strict=True))
    return {
        "in": (*before, 1)[:3],
        "out": (*after, 1, 1)[:3],
        "size": (*window.size, 1)[:2],
        "stride": (*stride, 1)[:2],
        "before": (*padding, 0)[:2],
        "dilation": (*dilation, 1)[:2],
        "groups": groups,
    }
