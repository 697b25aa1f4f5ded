"""Central differences of J: what the definition of the derivative says, without any chain rule.

Shifted networks are members of one population. A shift within one layer leaves what the layers below give as
it is, so that is computed once, and of all parameters only that layer's are there once a member.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from shoal.layers import stack
from shoal.layers.base import Context
from shoal.networks.backprop import as_samples
from shoal.networks.chain import Slot
from shoal.randomness import Noise
from shoal.shapes import Array, IntArray
from shoal.training.objective import BatchObjective

HELD = 2**18
"""Numbers that are held at a time of shifted networks: about what a core's cache holds."""

Told: TypeAlias = Callable[[int, int], object]
"""Who hears how many differences are there, and how many there will be."""


def central_differences(
    objective: BatchObjective, theta: Array, step: float, chosen: IntArray, told: Told | None = None
) -> Array:
    """Return ``(J(θ + h e_d) − J(θ − h e_d)) / 2h`` for the parameters ``chosen`` of ``theta`` (1, D).

    The result (D,) is NaN for others, and 0 for statistics, on which J does not depend.
    """
    numerical, done = np.full(theta.shape[1], np.nan), 0
    numerical[objective.network.statistic_mask] = 0
    for layer in _layers(objective, theta):
        here = chosen[(chosen >= layer.start) & (chosen < layer.stop)]
        size = layer.at_a_time
        shifted = np.repeat(theta[:, layer.start : layer.stop], 2 * min(size, len(here)), axis=0)
        for first in range(0, len(here), size):
            d = here[first : first + size]
            plus, own = np.arange(len(d)), d - layer.start
            minus = plus + len(d)
            shifted[plus, own], shifted[minus, own] = theta[0, d] + step, theta[0, d] - step
            J = layer(shifted[: 2 * len(d)])
            numerical[d] = (J[plus] - J[minus]) / (2 * step)
            shifted[plus, own] = shifted[minus, own] = theta[0, d]
            done += len(d)
            if told is not None:
                told(done, len(chosen))
    return numerical


def directional_difference(
    objective: BatchObjective, theta: Array, step: float, slot: Slot, direction: Array
) -> float:
    """Return ``(J(θ + h v) − J(θ − h v)) / 2h`` for a direction v of one parameter array, laid flat."""
    layer = next(layer for layer in _layers(objective, theta) if layer.start <= slot.start < layer.stop)
    shifted = np.repeat(theta[:, layer.start : layer.stop], 2, axis=0)
    shifted[:, slot.start - layer.start : slot.stop - layer.start] += np.outer([step, -step], direction)
    plus, minus = layer(shifted)
    return float((plus - minus) / (2 * step))


class _LayerObjective:
    """J, but for what is the same for all of them, of networks that differ in one layer's parameters."""

    def __init__(
        self,
        objective: BatchObjective,
        theta: Array,
        index: int,
        number: int,
        a: Array,
        lengths: Array | None,
    ) -> None:
        network = objective.network
        slots = [slot for slot in network.slots if slot.layer == index]
        self.start, self.stop = slots[0].start, slots[-1].stop
        self._objective, self._theta, self._index, self._number, self._a = objective, theta, index, number, a
        self._slots, self._lengths = slots, lengths
        self._is_weight = network.weight_mask[self.start : self.stop]

    @property
    def at_a_time(self) -> int:
        """How many parameters are shifted at a time."""
        outputs = sum(map(math.prod, self._objective.network.shapes[self._index + 1 :]))
        held: int = 2 * (self.stop - self.start + outputs * self._a.shape[-1])
        return max(1, HELD // held)

    def __call__(self, own: Array) -> Array:
        """Return J (Q,) for the layer's parameters ``own`` (Q, d), laid flat."""
        objective, Q = self._objective, len(own)
        layers = objective.network.layers[self._index :]
        # Whatever else the networks have is there once, and seen by all of them.
        views = objective.network.views(np.broadcast_to(self._theta, (Q, self._theta.shape[1])))
        parameters = views[self._index :]
        for slot in self._slots:
            part = own[:, slot.start - self.start : slot.stop - self.start]
            parameters[0][slot.name] = part.reshape(Q, *slot.shape)
        noise = Noise(np.repeat(objective.noise.keys, Q, axis=0), objective.noise.step)
        context = Context(noise, objective.share, self._lengths)
        z, _ = stack.forward(layers, parameters, self._a, context, self._number)
        J: Array = (objective.network.criterion.value(z, objective.y) * objective.share).sum(axis=-1)
        for penalty, strength in objective.penalties:
            W = np.where(self._is_weight, own, 0)
            J = J + penalty.value(W, np.repeat(strength, Q), np.repeat(objective.m, Q))
        return J


def _layers(objective: BatchObjective, theta: Array) -> Iterator[_LayerObjective]:
    """Yield J as a function of each layer's parameters, for every layer that has some, from below."""
    network = objective.network
    views, a, number = network.views(theta), as_samples(network, objective.x), 0
    context = Context(objective.noise, objective.share, objective.lengths)
    for index, layer in enumerate(network.layers):
        if views[index]:
            yield _LayerObjective(objective, theta, index, number, a, context.lengths)
        a, _ = layer.forward(views[index], a, context.at(number))
        context = context.after(layer)
        number += sum(1 for _ in layer.walk())
