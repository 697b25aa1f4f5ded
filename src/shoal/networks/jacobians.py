"""How each output of each sample moves with each parameter, and the curvature that follows from it."""

from __future__ import annotations

import numpy as np

from shoal.layers.base import Context
from shoal.networks.backprop import NOTHING, backward, forward
from shoal.networks.chain import Chain
from shoal.shapes import Array, IntArray

HELD = 2**22
"""Numbers of Jacobians held at a time: 32 MiB of float64."""


def jacobians(network: Chain, theta: Array, X: Array, lengths: IntArray | None = None) -> tuple[Array, Array]:
    """Return z (P, N, K) and ∂z/∂θ (P, N, K, D) for ``theta`` (P, D) and rows ``X`` (N, n).

    Every pair of a member and a sample is a network of its own with a batch of one, and backpropagation hands
    down 1 from one output after the other: K passes, by the layers' own ``backward``. Of sequences
    ``lengths`` (N,) are the valid steps, None where all are.

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
    context = NOTHING if lengths is None else Context(lengths=np.tile(lengths, P)[:, None])
    z, caches = forward(network, pairs, x, context)
    J = np.empty((P, N, K, network.n_parameters), theta.dtype)
    for k in range(K):
        unit = np.zeros_like(z)
        unit[:, k] = 1
        J[:, :, k] = backward(network, pairs, caches, unit).reshape(P, N, -1)
    return z.reshape(P, N, K), J


def rows_at_a_time(network: Chain, members: int) -> int:
    """Return for how many samples the Jacobians of so many members are held at a time."""
    return max(1, HELD // (members * network.n_outputs * network.n_parameters))


def gauss_newton(
    network: Chain, theta: Array, X: Array, share: Array, lengths: IntArray | None = None
) -> Array:
    """Return the sums Σ_i share_i J_iᵀ J_i (P, D, D) over rows ``X`` (N, n), J_i = ∂z_i/∂θ (K, D).

    With ``share`` (P, N) or (1, N), none of them negative, and a loss ½ Σ_k (z_k − y_k)² this is the
    Gauss-Newton Hessian of Σ_i share_i loss_i: what is left of the Hessian where the network is straight, or
    fits. How many samples are held at a time depends on the network alone, so that a member's bits do not
    depend on its companions.

    Source: Bishop 2006, PRML, eq. 5.84.

    >>> from shoal.populations.network import Network
    >>> from shoal.layers import Dense
    >>> X, share = np.array([[1.0], [3.0]]), np.array([[1.0, 0.25]])
    >>> gauss_newton(Network(1, [Dense(1)]), np.zeros((1, 2)), X, share).tolist()  # of w and b
    [[[3.25, 1.75], [1.75, 1.25]]]
    """
    P, D = theta.shape
    rows = min(rows_at_a_time(network, 1), len(X))
    members = max(1, rows_at_a_time(network, rows))
    roots = np.sqrt(np.broadcast_to(share, (P, len(X))))
    hessian = np.zeros((P, D, D), theta.dtype)
    for p in range(0, P, members):
        own = slice(p, p + members)
        for i in range(0, len(X), rows):
            part = slice(i, i + rows)
            known = None if lengths is None else lengths[part]
            _, J = jacobians(network, theta[own], X[part], known)
            J *= roots[own, part, None, None]
            tall = J.reshape(len(J), -1, D)
            hessian[own] += tall.swapaxes(1, 2) @ tall
    return hessian
