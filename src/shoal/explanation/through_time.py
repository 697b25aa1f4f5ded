"""Backpropagation through time, step by step: the factor of each, and the sums that the gradients are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from shoal.explanation.differences import Told
from shoal.explanation.gradient_check import (
    STEP,
    BlockCheck,
    compare_block,
    estimate_gradient,
    relative_error,
)
from shoal.explanation.point import GradientPoint
from shoal.layers import Dense
from shoal.layers.base import Cache
from shoal.layers.recurrent import Recurrent
from shoal.networks.chain import Chain
from shoal.shapes import Array, IntArray


@dataclass(frozen=True)
class TimeStep:
    """A step of one sample: its number from 1, the state after it (s, m), and ∂L/∂(that state) (s, m).

    ``factor`` (s·m, s·m) is ∂(state after)/∂(state before), of s arrays: h, and c of an LSTM.
    """

    number: int
    state: Array
    grad: Array
    factor: Array

    @property
    def growth(self) -> float:
        """By how much the factor makes a gradient longer, at most: its largest singular value."""
        return float(np.linalg.norm(self.factor, 2))


@dataclass(frozen=True)
class TimeGradient:
    """One parameter's gradient by the factors and by the engine, and the comparison with differences."""

    name: str
    factors: Array
    engine: Array
    block: BlockCheck

    @property
    def engine_error(self) -> float:
        """The relative error of the engine's gradient against the sum of the steps'."""
        return relative_error(self.factors, self.engine)


@dataclass(frozen=True)
class Walk:
    """A recurrent layer on a batch: one sample's steps, in the order in which they are taken; gradients."""

    layer: Recurrent
    steps: tuple[TimeStep, ...]
    gradients: tuple[TimeGradient, ...]


def goes_through_time(network: Chain) -> bool:
    """Return whether it is one recurrent layer without layer norm, seen at its end, and dense ones on it."""
    first, *others = network.layers
    one = isinstance(first, Recurrent) and not first.return_sequences and not first.layer_norm
    return one and all(isinstance(layer, Dense) for layer in others)


def plain(layer: Recurrent) -> Recurrent:
    """Return the layer whose gradient is J's own: without dropout, and not truncated."""
    return replace(layer, recurrent_dropout=0.0, truncate=None)


def walk_back(
    layer: Recurrent, parameters: Mapping[str, Array], x: Array, grad: Array
) -> tuple[tuple[TimeStep, ...], dict[str, Array]]:
    """Return the steps of a sequence x (C, T) without padding, and ∂L/∂(each parameter), sums over them.

    ``grad`` (m,) is ∂L/∂h of the last state. A factor is what the cell's own derivatives make of every unit
    vector, and ∂L/∂(state) the product of the factors after it. ``parameters`` are of one member, (1, …).
    """
    W, R, b = (parameters[name] for name in "WRb")
    s, m = len(layer.states), layer.units
    order = [*range(x.shape[1])][:: -1 if layer.reverse else 1]
    states, caches = [tuple(_beginning(layer, parameters))], []
    for t in order:
        new, cache = layer.step(parameters, W @ x[:, t : t + 1] + b, R @ states[-1][0], states[-1], None)
        states.append(new)
        caches.append(cache)
    sums = {name: np.zeros_like(values) for name, values in parameters.items()}
    row, steps = np.concatenate([grad, np.zeros((s - 1) * m)]), []
    for index in reversed(range(len(order))):
        t, state = order[index], np.stack([array[0, :, 0] for array in states[index + 1]])
        factor = _factor(layer, parameters, caches[index])
        steps.append(TimeStep(t + 1, state, row.reshape(s, m), factor))
        grads = tuple(part.reshape(1, m, 1) for part in row.reshape(s, m))
        grad_z, grad_u, _ = layer.step_back(parameters, caches[index], grads, sums)
        sums["W"] += grad_z @ x[:, t : t + 1].T
        sums["R"] += grad_u @ states[index][0].swapaxes(1, 2)
        sums["b"] += grad_z
        row = factor.T @ row
    for name, part in zip(layer.states, row.reshape(s, m), strict=True):
        if layer.initial_state == "learnt":
            sums[f"{name}0"] += part[:, None]
    return tuple(reversed(steps)), sums


def _beginning(layer: Recurrent, parameters: Mapping[str, Array]) -> list[Array]:
    """Return the state in front of the first step."""
    if layer.initial_state == "learnt":
        return [parameters[f"{name}0"] for name in layer.states]
    return [np.zeros((1, layer.units, 1)) for _ in layer.states]


def _factor(layer: Recurrent, parameters: Mapping[str, Array], cache: Cache) -> Array:
    """Return ∂(state after a step)/∂(state before it) (s·m, s·m)."""
    s, m = len(layer.states), layer.units
    unit = np.eye(s * m).reshape(s, 1, m, s * m)
    none = {name: np.zeros_like(values) for name, values in parameters.items()}
    _, grad_u, direct = layer.step_back(parameters, cache, tuple(unit), none)
    rows = [np.zeros((m, s * m)) if part is None else part[0] for part in direct]
    rows[0] = rows[0] + (parameters["R"].swapaxes(1, 2) @ grad_u)[0]
    factor: Array = np.concatenate(rows).T
    return factor


def compare_with_engine(
    point: GradientPoint, sums: Mapping[str, Array], engine: Array, chosen: IntArray, told: Told | None
) -> tuple[TimeGradient, ...]:
    """Return each parameter's gradient by the steps, by the engine (D,), and beside central differences."""
    own = [slot for slot in point.network.slots if slot.layer == 0]
    estimate = estimate_gradient(point, STEP, chosen[chosen < own[-1].stop], told=told)
    return tuple(
        TimeGradient(
            slot.name,
            sums[slot.name][0],
            engine[slot.start : slot.stop].reshape(slot.shape),
            compare_block(slot, engine, estimate),
        )
        for slot in own
    )
