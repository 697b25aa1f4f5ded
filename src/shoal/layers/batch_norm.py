"""Batch normalisation: every feature brought to one mean and one scale, over the samples of the batch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.activations import Activation
from shoal.draws import Constant, Draw
from shoal.errors import ConfigurationError
from shoal.layers import steps
from shoal.layers.base import Cache, Context, Parameters, Role
from shoal.layers.weighted import Activated, require_epsilon
from shoal.shapes import Array, IntArray, Shape, is_number


@dataclass(frozen=True)
class BatchNorm(Activated):
    """Subtract the batch's mean and divide by its deviation; then scale and shift, and apply g.

    Each of the n features by itself, and of an image each channel c over all of its places. Forward, with w_i
    the share of sample i in J (its sample weight over their sum, and over H·W places of an image or the T
    valid steps of a sequence)::

        μ_c = Σ_i w_i a_in[c, i]          σ_c² = Σ_i w_i (a_in[c, i] − μ_c)²          Σ_i w_i = 1
        â = (a_in − μ) / √(σ² + ε)        z = γ â + β        a = g(z)

    Backward, from ∂J/∂a, for the mean and the deviation depend on every sample::

        δ = ∂J/∂a · g'(z)                 ∂J/∂γ = Σ_i δ â         ∂J/∂β = Σ_i δ
        ∂J/∂a_in[c, i] = γ_c / √(σ_c² + ε) · (δ[c, i] − w_i (∂J/∂β_c + â[c, i] ∂J/∂γ_c))

    A sample of weight 0, such as those of other folds, therefore has no part in a member's statistics, and a
    weight of 2 counts as the sample twice. Where a batch holds none of a member's samples, and outside
    training, the running statistics stand in for μ and σ². They live among the parameters, so that they are
    saved with them, but are no part of J: after every step::

        mean ← momentum·mean + (1 − momentum)·μ        variance ← momentum·variance + (1 − momentum)·σ²

    Penalties and decay leave γ, β and the statistics alone. Solvers that try parameters which they do not
    keep (scg, lbfgs) are refused.

    Raises ``ConfigurationError`` unless 0 ≤ momentum < 1 and ε > 0, ``UnknownNameError`` for an unknown
    activation.

    Source: Ioffe & Szegedy 2015, "Batch normalization", algorithms 1 and 2 and the equations of section 3;
    but the running variance is the one that is divided by N.

    >>> BatchNorm().parameter_shapes((6, 12, 12))
    {'gamma': (6, 1), 'beta': (6, 1), 'mean': (6, 1), 'variance': (6, 1)}
    """

    name: ClassVar[str] = "batch_norm"
    roles: ClassVar[Mapping[str, Role]] = {
        "gamma": Role.OFFSET,
        "beta": Role.OFFSET,
        "mean": Role.STATISTIC,
        "variance": Role.STATISTIC,
    }
    activation: Activation | str = "identity"
    momentum: float = 0.9
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if not is_number(self.momentum) or not 0 <= self.momentum < 1:
            raise ConfigurationError(
                f"the momentum of batch_norm is a number ≥ 0 and below 1, got {self.momentum!r}"
            )
        require_epsilon(self.epsilon, self.name)
        self.resolve_names()

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        return dict.fromkeys(("gamma", "beta", "mean", "variance"), (shape[0], 1))

    def draws(self, shape: Shape) -> dict[str, Draw]:
        return {
            "gamma": Constant(1.0),
            "beta": Constant(0.0),
            "mean": Constant(0.0),
            "variance": Constant(1.0),
        }

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return lengths

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        shape, lengths = a.shape, context.lengths
        total = _total_over_time if lengths is not None or len(shape) == 4 else _total
        a = a.reshape(*shape[:2], -1, shape[-1])  # (P, C, places, N)
        gamma, beta, mean, variance = (
            parameters[name][..., None] for name in ("gamma", "beta", "mean", "variance")
        )
        w = np.zeros((1, 1, 1, 1), a.dtype)
        if context.share is not None:
            w = _weights(context.share, shape, lengths)
            any_there = w.any(axis=(2, 3), keepdims=True)
            mean = np.where(any_there, total(w * a), mean)
            variance = np.where(any_there, total(w * (a - mean) ** 2), variance)
        scale = 1 / np.sqrt(variance + a.dtype.type(self.epsilon))
        a_hat = (a - mean) * scale
        z = (gamma * a_hat + beta).reshape(-1, *shape[1:])
        a_out = steps.kept(self.g.forward(z), lengths)
        return a_out, (total, w, mean, variance, scale, a_hat, z, a_out)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        total, w, mean, variance, scale, a_hat, z, a_out = cache
        delta = (grad_a * self.g.derivative(z, a_out)).reshape(len(z), *a_hat.shape[1:])
        grad_gamma, grad_beta = total(delta * a_hat), total(delta)
        gradients["gamma"][...], gradients["beta"][...] = grad_gamma[..., 0], grad_beta[..., 0]
        for name, observed in ("mean", mean), ("variance", variance):
            gradients[name][...] = (1 - self.momentum) * (observed[..., 0] - parameters[name])
        if not propagate:
            return None
        grad_in: Array = delta - w * (grad_beta + a_hat * grad_gamma)
        grad_in *= parameters["gamma"][..., None] * scale
        return grad_in.reshape(z.shape)


def _weights(share: Array, shape: Shape, lengths: IntArray | None) -> Array:
    """Return each place's part w of the statistics (1|P, 1, 1|places, N); ``shape``: (P, C, *places, N)."""
    if lengths is None:
        weights: Array = share[:, None, None, :] / share.dtype.type(math.prod(shape[2:-1]))
        return weights
    there = np.broadcast_to(steps.valid(lengths, shape), (len(lengths), 1, *shape[2:]))
    each = share / (math.prod(shape[2:-2]) * lengths.astype(share.dtype))
    there = there.reshape(len(lengths), 1, -1, shape[-1])
    return np.asarray(np.where(there, each[:, None, None], share.dtype.type(0)))


def _total(array: Array) -> Array:
    """Return the sum over places and samples: (P, C, places, N) becomes (P, C, 1, 1)."""
    rows = np.ascontiguousarray(array).reshape(*array.shape[:2], -1)
    total: Array = rows.sum(axis=-1)
    return total[..., None, None]


def _total_over_time(array: Array) -> Array:
    """Return the same of sequences, (P, C, T, N), in an order that padding does not change."""
    return steps.total(array.sum(axis=-1, keepdims=True))[..., None]
