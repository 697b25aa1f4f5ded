"""Recurrent cells as textbooks write them: one sequence of one network, one step after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from shoal.layers.recurrent import EPSILON, Recurrent
from shoal.layers.rnn import RNN
from shoal.shapes import Array

Parameters = Mapping[str, Array]


def run(
    layer: Recurrent,
    p: Parameters,
    x: Array,
    mask: Array | float = 1.0,
    held: Sequence[tuple[Array, ...]] | None = None,
) -> tuple[Array, list[tuple[Array, ...]]]:
    """Return the h of every step (T, m) of a sequence x (T, C), and the states in front of each.

    With ``held``, states of another run, those in front of every k-th step are taken from it: what truncated
    backpropagation differentiates.
    """
    state = tuple(
        p[f"{name}0"][:, 0] if layer.initial_state == "learnt" else np.zeros(layer.units)
        for name in layer.states
    )
    h, before = np.zeros((len(x), layer.units)), []
    order = range(len(x))[::-1] if layer.reverse else range(len(x))
    for number, t in enumerate(order):
        if held is not None and layer.truncate and number and number % layer.truncate == 0:
            state = held[number]
        before.append(state)
        state = step(layer, p, x[t], state, mask)
        h[t] = state[0]
    return h, before


def step(
    layer: Recurrent, p: Parameters, x: Array, state: tuple[Array, ...], mask: Array | float
) -> tuple[Array, ...]:
    m, h = layer.units, state[0]
    seen = h * mask if isinstance(layer, RNN) else h
    z, u = p["W"] @ x, p["R"] @ seen
    if layer.layer_norm:
        z, u = p["gamma_W"][:, 0] * normal(z), p["gamma_R"][:, 0] * normal(u)
    z = z + p["b"][:, 0]
    if isinstance(layer, RNN):
        return (layer.g.forward(z + u),)
    if layer.name == "gru":
        r, keep = sigma(z[:m] + u[:m]), sigma(z[m : 2 * m] + u[m : 2 * m])
        n = np.tanh(z[2 * m :] + r * (u[2 * m :] + p["c"][:, 0])) * mask
        return ((1 - keep) * n + keep * h,)
    i, f, g, o = np.split(z + u, 4)
    c = sigma(f) * state[1] + sigma(i) * np.tanh(g) * mask
    read = p["gamma_c"][:, 0] * normal(c) + p["beta_c"][:, 0] if layer.layer_norm else c
    return sigma(o) * np.tanh(read), c


def sigma(z: Array) -> Array:
    a: Array = 1 / (1 + np.exp(-z))
    return a


def normal(a: Array) -> Array:
    hat: Array = (a - a.mean()) / np.sqrt(a.var() + EPSILON)
    return hat
