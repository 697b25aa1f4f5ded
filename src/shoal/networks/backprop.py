"""Backpropagation over the stack of layers, for a whole population at once: one screen.

Forward keeps every layer's cache; backward hands ∂J/∂a down from the loss, and each layer leaves its
own gradients behind. Nothing here differentiates automatically: each layer brings both halves.

Source: the lecture, "Finding dL/dW"; Rumelhart, Hinton & Williams 1986; Bishop, PRML, 5.3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from shoal.layers import stack
from shoal.layers.base import Cache, Context
from shoal.networks.chain import Chain
from shoal.randomness import Noise
from shoal.shapes import Array, IntArray

NOTHING = Context()

CHUNK, HELD = 512, 2**22
"""Samples evaluated at a time outside training, so that memory does not grow with the table, and activations
held at a time of one member: of images, each of which has many, fewer samples are evaluated."""

SEQUENCES = 32
"""Sequences evaluated at a time. As many however far they are padded, so that this changes no bit."""


def forward(network: Chain, theta: Array, x: Array, context: Context = NOTHING) -> tuple[Array, list[Cache]]:
    """Return the last layer's outputs z (P, K, N) and every layer's cache.

    ``theta`` (P, D); ``x`` (1, n, N) where the members share their data, (P, n, N) where they do not. Layers
    see samples in the network's ``input_shape``: an image is (1|P, C, H, W, N).
    """
    return stack.forward(network.layers, network.views(theta), as_samples(network, x), context)


def as_samples(network: Chain, x: Array) -> Array:
    """Return x (1|P, n, N) as the first layer sees it, (1|P, *input_shape, N), in one piece."""
    if len(network.input_shape) == 1:
        return x
    return np.ascontiguousarray(x.reshape(len(x), *network.input_shape, x.shape[-1]))


def backward(network: Chain, theta: Array, caches: list[Cache], grad_z: Array) -> Array:
    """Return ∂J/∂θ (P, D) from ∂J/∂z (P, K, N) and the caches that ``forward`` left.

    In the places of statistics, which have no gradient, stands by how much the batch changes them.
    """
    gradient = np.empty_like(theta)
    parameters, gradients = network.views(theta), network.views(gradient)
    stack.backward(network.layers, parameters, caches, grad_z, gradients, propagate=False)
    return gradient


def data_loss(
    network: Chain,
    theta: Array,
    x: Array,
    y: Array,
    share: Array,
    noise: Noise | None = None,
    lengths: IntArray | None = None,
) -> tuple[Array, Array]:
    """Return each member's loss over the data (P,) and its gradient (P, D), without penalties.

    L = Σ_i share_i · loss_i,  with ``share`` (P, N) or (1, N) summing to 1 over the samples;
    ``y`` (K, N) or (P, K, N), ``lengths`` (P, N) or (1, N).
    """
    context = Context(noise, None if noise is None else share, lengths)
    z, caches = forward(network, theta, x, context)
    losses = network.criterion.value(z, y)
    grad_z = network.criterion.delta(z, y) * share[:, None, :]
    return (losses * share).sum(axis=-1), backward(network, theta, caches, grad_z)


def chunk(network: Chain) -> int:
    """Return how many samples of a network's are evaluated at a time."""
    if any(len(shape) == 2 for shape in network.shapes):
        return SEQUENCES
    return max(1, min(CHUNK, HELD // sum(map(math.prod, network.shapes[1:]))))


def sample_outputs(network: Chain, theta: Array, X: Array, lengths: IntArray | None = None) -> Array:
    """Return z (P, K, N) for rows ``X`` (N, n) of as many ``lengths`` (N,), a chunk of samples at a time.

    Without dropout.
    """
    return _join([z for _, z in _chunks(network, theta, X, lengths)])


def sample_losses(network: Chain, theta: Array, X: Array, y: Array, lengths: IntArray | None = None) -> Array:
    """Return every sample's loss (P, N) for rows ``X`` (N, n) and targets ``y`` (K, N), without penalties."""
    value = network.criterion.value
    return _join([value(z, y[:, part]) for part, z in _chunks(network, theta, X, lengths)])


def _chunks(
    network: Chain, theta: Array, X: Array, lengths: IntArray | None
) -> Iterator[tuple[slice, Array]]:
    size = chunk(network)
    for first in range(0, len(X), size):
        part = slice(first, first + size)
        context = NOTHING if lengths is None else Context(lengths=lengths[None, part])
        yield part, forward(network, theta, X[part].T[None], context)[0]


def _join(parts: list[Array]) -> Array:
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
