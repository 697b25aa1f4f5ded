"""How each output of each sample moves with each parameter."""

from __future__ import annotations

import numpy as np

from shoal.networks.backprop import backward, forward
from shoal.networks.chain import Chain
from shoal.shapes import Array

HELD = 2**22
"""Numbers of Jacobians held at a time: 32 MiB of float64."""


def jacobians(network: Chain, theta: Array, X: Array) -> tuple[Array, Array]:
    """Return z (P, N, K) and ∂z/∂θ (P, N, K, D) for ``theta`` (P, D) and rows ``X`` (N, n).

    Every pair of a member and a sample is a network of its own with a batch of one, and backpropagation hands
    down 1 from one output after the other: K passes, by the layers' own ``backward``.

    Source: Bishop 2006, PRML, 5.3.4, with parameters in the place of inputs.

    >>> from shoal.populations.network import Network
    >>> from shoal.layers import Dense
    >>> network = Network(2, [Dense(1)])
    >>> z, J = jacobians(network, np.array([[3.0, 1.0, 0.5]]), np.array([[1.0, 10.0]]))
    >>> z.tolist(), J.tolist()  # z = 3 x₁ + x₂ + 0.5 has the derivatives x₁, x₂ and 1
    ([[[13.5]]], [[[[1.0, 10.0, 1.0]]]])
    """
    P, N, K = len(theta), len(X), network.n_outputs
    x = np.broadcast_to(X, (P, *X.shape)).reshape(P * N, -1, 1)
    pairs = np.repeat(theta, N, axis=0)
    z, caches = forward(network, pairs, x)
    J = np.empty((P, N, K, network.n_parameters), theta.dtype)
    for k in range(K):
        unit = np.zeros_like(z)
        unit[:, k] = 1
        J[:, :, k] = backward(network, pairs, caches, unit).reshape(P, N, -1)
    return z.reshape(P, N, K), J


def rows_at_a_time(network: Chain, members: int) -> int:
    """Return for how many samples the Jacobians of so many members are held at a time."""
    return max(1, HELD // (members * network.n_outputs * network.n_parameters))
