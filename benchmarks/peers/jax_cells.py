"""Recurrent layers as jax's users write them: the input's product for all steps, then a scan."""

from __future__ import annotations

from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import lax

Arrays: TypeAlias = Any  # W (C, g·m), R (m, g·m), b (g·m,) and of gru c (m,)


def lstm(z: Any, state: Any, own: Any) -> Any:
    i, f, g, o = jnp.split(z + state[0] @ own[0], 4, axis=-1)
    c = jax.nn.sigmoid(f) * state[1] + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def gru(z: Any, state: Any, own: Any) -> Any:
    h, (R, c) = state[0], own
    of_r, of_k, of_n = jnp.split(z, 3, axis=-1)
    u_r, u_k, u_n = jnp.split(h @ R, 3, axis=-1)
    r, k = jax.nn.sigmoid(of_r + u_r), jax.nn.sigmoid(of_k + u_k)
    n = jnp.tanh(of_n + r * (u_n + c))
    return ((1 - k) * n + k * h,)


def rnn(z: Any, state: Any, own: Any) -> Any:
    return (jnp.tanh(z + state[0] @ own[0]),)


CELLS = {"lstm": (lstm, 2), "gru": (gru, 1), "rnn": (rnn, 1)}


def last_state(name: str, arrays: Arrays, x: Any) -> Any:
    """Return the last state (B, m) of sequences x (B, T, C)."""
    W, R, b, *own = arrays
    cell, states = CELLS[name]
    z = x.swapaxes(0, 1) @ W + b
    begin = tuple(jnp.zeros((len(x), len(R)), z.dtype) for _ in range(states))
    state, _ = lax.scan(lambda state, z: (cell(z, state, (R, *own)), None), begin, z)
    return state[0]
