"""How far back in time a gradient reaches: its length at every state of a recurrent layer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shoal.layers.base import Context, Parameters
from shoal.layers.recurrent import Recurrent
from shoal.shapes import Array, IntArray


def lengths_back(
    layer: Recurrent, parameters: Parameters, x: Array, grad: Array, lengths: IntArray | None = None
) -> Array:
    """Return ‖∂J/∂h‖ of the state k = 0 … T − 1 steps before the last of each sequence (T, P, N)::

        ∂J/∂h_(t−1) = Rᵀ ∂J/∂u_t + (what the cell hands on directly)         from ∂J/∂h_T = grad

    ``x`` (P, C, T, N) is what the layer is given and ``grad`` (P, m, N) what comes to the last state alone,
    whether or not other states are seen from above. ``lengths`` (N,) are valid steps; NaN where a sequence
    has no state so far back. Of an LSTM h alone counts, its c does not.

    >>> from shoal.layers import RNN
    >>> layer = RNN(1, activation="identity")
    >>> W, R, b = (np.full((1, 1, 1), value) for value in (1.0, 0.5, 0.0))
    >>> lengths_back(layer, {"W": W, "R": R, "b": b}, np.ones((1, 1, 4, 1)), np.ones((1, 1, 1)))[:, 0, 0]
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    layer, T, N = replace(layer, return_sequences=False), x.shape[2], x.shape[-1]
    ends = np.full(N, T) if lengths is None else lengths
    context = Context(lengths=None if lengths is None else ends[None])
    _, kept = layer.forward(parameters, x, context)
    gradients = {name: np.zeros_like(values) for name, values in parameters.items()}
    found = np.full((T, len(grad), N), np.nan)
    for step in layer.steps_back(parameters, kept, grad, gradients):
        back = step.t if layer.reverse else ends - 1 - step.t
        valid = np.flatnonzero(step.t < ends)
        norms = np.linalg.norm(step.after[0], axis=1)
        found[np.broadcast_to(back, N)[valid], :, valid] = norms[:, valid].T
    return found


def relative(norms: Array) -> Array:
    """Return the length of a batch's gradient k steps before the last over that at the last (P, T).

    ``norms`` (T, P, N) are those of ``lengths_back``. With unequal lengths only sequences that have so many
    steps are compared, NaN where none has; 1 where all gradients are exactly 0.
    """
    has = ~np.isnan(norms)
    squares = np.square(np.where(has, norms, 0.0)).sum(axis=-1)
    last = np.where(has, np.square(norms[:1]), 0.0).sum(axis=-1)
    ratio = np.sqrt(np.divide(squares, last, out=np.ones_like(last), where=last > 0))
    ratio[~has.any(axis=-1)] = np.nan
    found: Array = ratio.T
    return found
