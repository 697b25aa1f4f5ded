"""Layers as the compiled engine takes them: by the names of their classes, which it knows exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from shoal.layers.base import Layer
from shoal.layers.weighted import Activated
from shoal.registry import to_config
from shoal.shapes import Shape

Fields: TypeAlias = dict[str, Any]
"""What travels of a layer, by names that native/wire.hpp declares."""
Places: TypeAlias = Mapping[str, int]
"""Where each of a layer's parameters begins in a network's arena, by its name."""

RECURRENT = frozenset({"rnn", "gru", "lstm"})
"""Layers that go over a sequence step by step."""

_SETTINGS: dict[str, tuple[str, ...]] = {
    "dropout": ("rate",),
    "layer_norm": ("epsilon",),
    "batch_norm": ("epsilon", "momentum"),
    "embedding": ("vocabulary",),
    "max_pool1d": ("size", "stride"),
    "average_pool1d": ("size", "stride"),
    **dict.fromkeys(RECURRENT, ("return_sequences", "reverse", "recurrent_dropout", "truncate", "epsilon")),
}
"""A layer's settings that travel as they are."""


def layer_fields(layer: Layer, before: Shape, places: Places) -> Fields:
    """Return the fields of a layer that takes samples of shape ``before``.

    Parameters travel by their own names; those of layers inside one are called ``0.W`` in ``places``, and
    those of a second direction ``W_reverse``.
    """
    units = math.prod(layer.output_shape(before))
    fields: Fields = {"name": layer.name, "inputs": math.prod(before), "units": units}
    if layer.name not in _HOLDERS:
        fields |= places
    if isinstance(layer, Activated):
        fields["activation"] = to_config(layer.g)
    fields |= {setting: getattr(layer, setting) for setting in _SETTINGS.get(layer.name, ())}
    of_its_kind = (_HOLDERS | _FURTHER).get(layer.name)
    return fields if of_its_kind is None else fields | of_its_kind(layer, before, places)


def _dense(layer: Any, before: Shape, places: Places) -> Fields:
    """Return what makes a layer that acts on every step a convolution whose windows are one step."""
    if len(before) != 2:
        return {}
    return {"name": "conv1d", "same": False, "geometry": _geometry(before, layer.output_shape(before), (1,))}


def _conv1d(layer: Any, before: Shape, places: Places) -> Fields:
    return {"same": layer.window.same, **_windowed(layer, before, places)}


def _windowed(layer: Any, before: Shape, places: Places) -> Fields:
    window, after = layer.window, layer.output_shape(before)
    zeros = tuple(first for first, _ in window.padding(before[1:]))
    groups = getattr(layer, "groups", 1)
    return {"geometry": _geometry(before, after, window.size, window.stride, zeros, window.dilation, groups)}


def _whole_plane(layer: Any, before: Shape, places: Places) -> Fields:
    return {"geometry": _geometry(before, layer.output_shape(before), before[1:])}


def _batch_norm(layer: Any, before: Shape, places: Places) -> Fields:
    return {"places": math.prod(before[1:])}


def _steps(layer: Any, before: Shape, places: Places) -> Fields:
    return {"steps": before[1] if len(before) == 2 else 1}


def _pool_over_time(layer: Any, before: Shape, places: Places) -> Fields:
    return {"channels": before[0], "steps": before[1]}


def _recurrent(layer: Any, before: Shape, places: Places) -> Fields:
    """Return the extents of a sequence (C, T) and of the state, and where parameters it may lack begin."""
    channels, steps = before
    maybe = [f"{name}0" for name in layer.states] + ["gamma_W", "gamma_R"]
    maybe += [name for name in ("gamma_c", "beta_c") if "c" in layer.states]
    extents = {"channels": channels, "steps": steps, "state": layer.units}
    return {**extents, **{name: places.get(name) for name in maybe}}


def _residual(layer: Any, before: Shape, places: Places) -> Fields:
    layers, given = [], before
    for number, inner in enumerate(layer.layers):
        prefix = f"{number}."
        own = {name.removeprefix(prefix): at for name, at in places.items() if name.startswith(prefix)}
        layers.append(layer_fields(inner, given, own))
        given = inner.output_shape(given)
    return {"layers": layers, **_steps(layer, before, places)}


def _bidirectional(layer: Any, before: Shape, places: Places) -> Fields:
    """Return the fields of a layer and of its like in reverse."""
    own: tuple[dict[str, int], dict[str, int]] = {}, {}
    for name, start in places.items():
        own[name.endswith("_reverse")][name.removesuffix("_reverse")] = start
    return {"layers": [layer_fields(each, before, at) for each, at in zip(layer.both, own, strict=True)]}


def _geometry(
    before: Shape,
    after: Shape,
    size: tuple[int, ...],
    stride: tuple[int, ...] = (1, 1),
    zeros: tuple[int, ...] = (0, 0),
    dilation: tuple[int, ...] = (1, 1),
    groups: int = 1,
) -> Fields:
    """Return both images (C, H, W), and the window's size, stride, zeros before it and dilation (H, W).

    A sequence (C, T) is an image of T rows of one column.
    """
    # The engine lays images out by the stride: beyond an image there is one window, however far it would go.
    stride = tuple(min(s, side) for s, side in zip(stride, before[1:], strict=False))
    dilation = tuple(d if k > 1 else 1 for k, d in zip(size, dilation, strict=False))
    return {
        "in": (*before, 1)[:3],
        "out": (*after, 1, 1)[:3],
        "size": (*size, 1)[:2],
        "stride": (*stride, 1)[:2],
        "before": (*zeros, 0)[:2],
        "dilation": (*dilation, 1)[:2],
        "groups": groups,
    }


_HOLDERS: dict[str, Callable[[Any, Shape, Places], Fields]] = {
    "residual": _residual,
    "bidirectional": _bidirectional,
}
"""What else travels of layers with others inside, which have all their parameters."""

_FURTHER: dict[str, Callable[[Any, Shape, Places], Fields]] = {
    "dense": _dense,
    "conv1d": _conv1d,
    **dict.fromkeys(("conv2d", "locally_connected2d", "max_pool2d", "average_pool2d"), _windowed),
    "global_average_pool2d": _whole_plane,
    "batch_norm": _batch_norm,
    **dict.fromkeys(("dropout", "flatten", "layer_norm"), _steps),
    **dict.fromkeys(("max_pool1d", "average_pool1d", "global_max_pool1d"), _pool_over_time),
    **dict.fromkeys(("global_average_pool1d", "last_step"), _pool_over_time),
    **dict.fromkeys(RECURRENT, _recurrent),
}
"""What else travels of other layers, but for those that have said all."""
