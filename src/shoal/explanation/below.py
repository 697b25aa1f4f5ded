"""What stands below a network's dense layers, layer by layer: what each gives, and what comes back to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shoal.errors import ConfigurationError
from shoal.explanation.differences import Told
from shoal.explanation.form import LayerForm, Letters
from shoal.explanation.forms import FORMS
from shoal.explanation.gradient_check import (
    STEP,
    BlockCheck,
    compare_block,
    estimate_gradient,
    relative_error,
)
from shoal.explanation.point import GradientPoint
from shoal.explanation.through_time import plain
from shoal.layers import LAYERS, Bidirectional, Dense, Dropout, Layer, Residual
from shoal.layers.base import Context
from shoal.layers.recurrent import Recurrent
from shoal.networks.backprop import as_samples
from shoal.networks.chain import Chain
from shoal.shapes import Array, IntArray, Shape


@dataclass(frozen=True)
class LayerGradient:
    """One parameter's gradient by the layers and by the engine, and the comparison with differences."""

    name: str
    by_layers: Array
    engine: Array
    block: BlockCheck

    @property
    def engine_error(self) -> float:
        """The relative error of the engine's gradient against what the layers hand down one by one."""
        return relative_error(self.by_layers, self.engine)


@dataclass(frozen=True)
class LayerBelow:
    """A layer on the batch: its place from 1, what it is given and gives, and what comes back to that.

    ``a`` and ``grad``, ∂J/∂a, are (*gives, N).
    """

    number: int
    layer: Layer
    given: Shape
    a: Array
    grad: Array
    gradients: tuple[LayerGradient, ...]

    @property
    def form(self) -> LayerForm:
        """Its formulas."""
        return FORMS[self.layer.name](self.layer, self.given, Letters(self.number))


def below(network: Chain) -> int:
    """Return how many layers stand below the last dense ones, which take features (n,).

    Raises ``ConfigurationError`` where one of those has no formulas here.
    """
    flat = [len(shape) == 1 for shape in network.shapes[:-1]]
    dense = [isinstance(layer, Dense) for layer in network.layers]
    count = 1 + max((i for i, both in enumerate(zip(dense, flat, strict=True)) if not all(both)), default=-1)
    for layer, is_flat in zip(network.layers[:count], flat, strict=False):
        known = layer.name in FORMS and type(layer) is LAYERS.get(layer.name)
        if not known or (isinstance(layer, Dense) and is_flat) or count == len(flat):
            raise ConfigurationError(
                f"the chain rule is explained for dense layers, got {layer!r} (below them may be "
                f"{', '.join(name for name in FORMS if name != 'dense')}); check_gradients takes any"
            )
    return count


def without_noise(layer: Layer) -> Layer:
    """Return a layer that drops nothing, not inside either, and whose gradient is J's own."""
    if isinstance(layer, Dropout):
        return replace(layer, rate=0.0)
    if isinstance(layer, Recurrent):
        return plain(layer)
    if isinstance(layer, Bidirectional):
        return replace(layer, layer=plain(layer.layer))
    if isinstance(layer, Residual):
        return replace(layer, layers=[without_noise(inner) for inner in layer.layers])
    return layer


def outputs_below(point: GradientPoint, count: int) -> Array:
    """Return what the first ``count`` layers make of a point's samples (n, N)."""
    a: Array = _forward(point, count)[-1][0][0]
    return a


def layers_below(
    point: GradientPoint, count: int, grad: Array, engine: Array, chosen: IntArray, told: Told | None
) -> tuple[LayerBelow, ...]:
    """Return the first ``count`` layers with all that goes up and down, from ``grad`` (n, N) on, their ∂J/∂a.

    ``engine`` (D,) is the engine's gradient; differences are taken of the parameters ``chosen``.
    """
    network, views = point.network, point.network.views(point.theta)
    slots = [slot for slot in network.slots if slot.layer < count]
    stop = slots[-1].stop if slots else 0
    estimate = estimate_gradient(point, STEP, chosen[chosen < stop], told=told)
    gradients = network.views(np.zeros_like(point.theta))
    blocks = {
        (slot.layer, slot.name): (
            engine[slot.start : slot.stop].reshape(slot.shape),
            compare_block(slot, engine, estimate),
        )
        for slot in slots
        if not network.statistic_mask[slot.start]
    }
    found: list[LayerBelow] = []
    handed: Array | None = grad[None]
    for index, (a, cache) in reversed([*enumerate(_forward(point, count))]):
        assert handed is not None
        layer, above = network.layers[index], handed
        handed = layer.backward(views[index], cache, above, gradients[index], propagate=True)
        own = tuple(
            LayerGradient(name, gradients[index][name][0], *blocks[index, name])
            for name in views[index]
            if (index, name) in blocks
        )
        found.append(LayerBelow(index + 1, layer, network.shapes[index], a[0], above[0], own))
    return tuple(found)


def _forward(point: GradientPoint, count: int) -> list[tuple[Array, object]]:
    """Return what each of the first ``count`` layers gives, and its cache, as in training."""
    network, objective = point.network, point.objective
    context = Context(None, objective.share, objective.lengths)
    a, kept = as_samples(network, objective.x), []
    for layer, parameters in zip(network.layers[:count], network.views(point.theta), strict=False):
        a, cache = layer.forward(parameters, a, context)
        kept.append((a, cache))
        context = context.after(layer)
    return kept
