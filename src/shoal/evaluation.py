"""What members give for samples once they are trained: without dropout, and without penalties.

The compiled module does it where there is one and it knows the layers, NumPy else. Both keep members apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shoal import backprop
from shoal.backprop import CHUNK
from shoal.compiled.architecture import layer_rows, unknown_layer
from shoal.shapes import Array

try:
    from shoal.compiled import module as compiled
except ImportError:  # for the reason see `engines.choose_engine`
    compiled = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from shoal.network import Network


def sample_outputs(network: Network, theta: Array, X: Array, threads: int = 1) -> Array:
    """Return z (P, K, N) of members ``theta`` (P, D) for rows ``X`` (N, n).

    How many ``threads`` do it changes no bit.
    """
    if compiled is None or compiled.unknown_instruction_set() or unknown_layer(network):
        return backprop.sample_outputs(network, theta, X)
    z = np.empty((len(theta), network.n_outputs, len(X)), theta.dtype)
    compiled.native.outputs(
        compiled.INSTRUCTION_SET,
        layer_rows(network),
        np.ascontiguousarray(theta),
        np.ascontiguousarray(X),
        threads,
        z,
    )
    return z


def sample_losses(network: Network, theta: Array, X: Array, y: Array, threads: int = 1) -> Array:
    """Return the loss (P, N) of every row ``X`` (N, n), whose target is in ``y`` (K, N)."""
    parts = []
    for i in range(0, len(X), CHUNK):
        z = sample_outputs(network, theta, X[i : i + CHUNK], threads)
        parts.append(network.criterion.value(z, y[:, i : i + CHUNK]))
    return np.concatenate(parts, axis=-1)
