"""A recurrent network on sequences: states over time, what outputs depend on, and gradients at states.

One network is looked at, a population of one in float64; nothing here trains.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shoal.errors import ConfigurationError
from shoal.explanation.reach import lengths_back, relative
from shoal.layers import Bidirectional, stack
from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.recurrent import Recurrent
from shoal.networks.chain import Chain
from shoal.sequences import Sequences
from shoal.shapes import Array, IntArray

FORWARD, REVERSE = "forward", "backward"


@dataclass(frozen=True)
class Direction:
    """A recurrent layer that goes one way, with its own parameters, and which units of all it has."""

    name: str
    layer: Recurrent
    parameters: Parameters
    units: slice


def recurrent_layer(network: Chain) -> int | None:
    """Return the number of the first recurrent layer, of one direction or of both; None without one."""
    kinds = (Recurrent, Bidirectional)
    found = (index for index, layer in enumerate(network.layers) if isinstance(layer, kinds))
    return next(found, None) if len(network.input_shape) == 2 else None


def directions(network: Chain, theta: Array, index: int) -> list[Direction]:
    """Return the directions of time of a recurrent layer: one, or both."""
    layer, parameters = network.layers[index], network.views(theta)[index]
    if isinstance(layer, Recurrent):
        return [Direction(REVERSE if layer.reverse else FORWARD, layer, parameters, slice(0, layer.units))]
    assert isinstance(layer, Bidirectional)
    m = layer.layer.units
    each = zip((FORWARD, REVERSE), layer.both, layer.apart(parameters), (0, m), strict=True)
    return [Direction(name, one, own, slice(first, first + m)) for name, one, own, first in each]


def states(network: Chain, theta: Array, x: Array) -> Array:
    """Return the states h (m, T) of the first recurrent layer on one sequence x (C, T); (2m, T) of both ways.

    >>> from shoal.layers import RNN, Dense
    >>> from shoal.populations.network import Network
    >>> network = Network((1, 3), [RNN(1, activation="identity"), Dense(1)])
    >>> states(network, np.array([[1.0, 0.5, 0.0, 1.0, 0.0]]), np.ones((1, 3)))
    array([[1.  , 1.5 , 1.75]])
    """
    index = required_layer(network)
    a, _ = _forward(network, theta, Sequences.of([x]), index)
    every = [
        replace(way.layer, return_sequences=True).forward(way.parameters, a, Context())[0]
        for way in directions(network, theta, index)
    ]
    return np.concatenate(every, axis=1)[0, :, :, 0]


def salience(network: Chain, theta: Array, series: Sequences, outputs: IntArray) -> Array:
    """Return ∂z_k/∂x · x (N, C, T), of each sequence's output k in ``outputs`` (N,).

    What is summed over all (c, t) is z_k itself where the network is linear: how much each value makes of it.
    With one output of two classes, z speaks for class 1 and −z for class 0.

    Source: Shrikumar et al. 2017, "Learning important features through propagating activation differences",
    section 2.1, on gradient × input.
    """
    depth = len(network.layers)
    z, caches = _forward(network, theta, series, depth)
    grad = np.zeros_like(z)
    if network.n_outputs == 1:
        grad[0, 0] = np.where(outputs == 0, -1, 1) if network.criterion.name == "log_loss" else 1
    else:
        grad[0, outputs, np.arange(len(series))] = 1
    found = _back(network, theta, caches, grad, 0)
    return np.asarray(np.moveaxis(found[0], -1, 0) * series.X)


def reach(network: Chain, theta: Array, series: Sequences, y: Array) -> dict[str, Array]:
    """Return ‖∂J/∂h‖ k steps before the last that a direction takes, over that at the last: (T,) by its name.

    h are the states of the first recurrent layer, and J is the mean loss of ``series`` with targets ``y``
    (K, N). Only what comes from above to the last state that a direction takes is sent back, so that networks
    that read out one state and all of them are seen alike.
    """
    index = required_layer(network)
    z, caches = _forward(network, theta, series, len(network.layers))
    a, _ = _forward(network, theta, series, index)
    grad = _back(network, theta, caches, network.criterion.delta(z, y) / len(series), index + 1)
    return {
        way.name: relative(
            lengths_back(way.layer, way.parameters, a, _last(grad[:, way.units], way, series), series.lengths)
        )[0]
        for way in directions(network, theta, index)
    }


def required_layer(network: Chain) -> int:
    """Return the number of the first recurrent layer, or raise ``ConfigurationError``."""
    index = recurrent_layer(network)
    if index is None:
        raise ConfigurationError(
            f"a network with a recurrent layer on sequences (C, T) is asked for, got {network!r}"
        )
    return index


def _last(grad: Array, way: Direction, series: Sequences) -> Array:
    """Return what comes from above to the last state that a direction takes (1, m, N)."""
    if grad.ndim == 3:
        return grad
    ends = np.zeros(len(series), dtype=np.intp) if way.layer.reverse else series.lengths - 1
    return grad[:, :, ends, np.arange(len(series))]


def _forward(network: Chain, theta: Array, series: Sequences, depth: int) -> tuple[Array, list[Cache]]:
    """Return what the first ``depth`` layers make of series, and their caches."""
    a = np.ascontiguousarray(np.moveaxis(series.X, 0, -1)[None], dtype=theta.dtype)
    context = Context(lengths=series.lengths[None])
    return stack.forward(network.layers[:depth], network.views(theta)[:depth], a, context)


def _back(network: Chain, theta: Array, caches: list[Cache], grad: Array, first: int) -> Array:
    """Return the gradient at what layer number ``first`` is given, from ``grad`` at the outputs z."""
    unused = network.views(np.empty_like(theta))
    views = network.views(theta)
    handed = stack.backward(
        network.layers[first:], views[first:], caches[first:], grad, unused[first:], propagate=True
    )
    assert handed is not None
    return handed
