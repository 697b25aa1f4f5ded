"""Layer normalisation: every sample brought to one mean and one scale, over its own features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.activations import Activation
from shoal.draws import Constant, Draw
from shoal.layers import steps
from shoal.layers.base import Cache, Context, Parameters, Role
from shoal.layers.weighted import Activated, require_epsilon
from shoal.shapes import Array, IntArray, Shape


@dataclass(frozen=True)
class LayerNorm(Activated):
    """Subtract a sample's mean and divide by its deviation; then scale and shift each feature, and apply g.

    Forward, over all n numbers of a sample, n = C·H·W of an image, C·T of a sequence with T valid steps::

        μ = 1/n Σ_k a_in[k]               σ² = 1/n Σ_k (a_in[k] − μ)²          one of each for every sample
        â = (a_in − μ) / √(σ² + ε)        z = γ â + β        a = g(z)

    Backward, from ∂J/∂a, with ĝ = γ δ::

        δ = ∂J/∂a · g'(z)                 ∂J/∂γ = Σ_N δ â         ∂J/∂β = Σ_N δ
        ∂J/∂a_in[k] = 1/√(σ² + ε) · (ĝ[k] − 1/n Σ_j ĝ[j] − â[k] · 1/n Σ_j ĝ[j] â[j])

    A sample's result does not depend on the others in the batch, so it is the same in training and outside,
    and any solver will do. Penalties and decay leave γ and β alone.

    Raises ``ConfigurationError`` unless ε > 0, ``UnknownNameError`` for an unknown activation.

    Source: Ba, Kiros & Hinton 2016, "Layer normalization", equations 3 and 4.

    >>> LayerNorm().parameter_shapes((6, 12, 12))
    {'gamma': (6, 12, 12, 1), 'beta': (6, 12, 12, 1)}
    """

    name: ClassVar[str] = "layer_norm"
    roles: ClassVar[Mapping[str, Role]] = {"gamma": Role.OFFSET, "beta": Role.OFFSET}
    activation: Activation | str = "identity"
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        require_epsilon(self.epsilon, self.name)
        self.resolve_names()

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"gamma": (*shape, 1), "beta": (*shape, 1)}

    def draws(self, shape: Shape) -> dict[str, Draw]:
        return {"gamma": Constant(1.0), "beta": Constant(0.0)}

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return lengths

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        lengths = context.lengths
        a_hat, scale = normalise(a, self.epsilon, lengths)
        z = parameters["gamma"] * a_hat + parameters["beta"]
        a_out = steps.kept(self.g.forward(z), lengths)
        return a_out, (lengths, scale, a_hat, z, a_out)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        lengths, scale, a_hat, z, a_out = cache
        delta = grad_a * self.g.derivative(z, a_out)
        np.sum(delta * a_hat, axis=-1, keepdims=True, out=gradients["gamma"])
        np.sum(delta, axis=-1, keepdims=True, out=gradients["beta"])
        if not propagate:
            return None
        return normalise_back(parameters["gamma"] * delta, a_hat, scale, lengths)


def normalise(a: Array, epsilon: float, lengths: IntArray | None = None) -> tuple[Array, Array]:
    """Return each sample of a (P, *shape, N) at mean 0 and variance 1, and by what it was scaled.

    Of sequences only the valid steps are seen, ``lengths`` (1|P, N) of them; beyond stay zeros.
    """
    centred = steps.kept(a - _mean(a, lengths), lengths)
    scale: Array = 1 / np.sqrt(_mean(centred**2, lengths) + a.dtype.type(epsilon))
    return centred * scale, scale


def normalise_back(grad_hat: Array, a_hat: Array, scale: Array, lengths: IntArray | None = None) -> Array:
    """Return ∂J/∂a of ``normalise`` from ∂J/∂â."""
    means = _mean(grad_hat, lengths), _mean(grad_hat * a_hat, lengths)
    grad_in: Array = scale * (grad_hat - means[0] - a_hat * means[1])
    return steps.kept(grad_in, lengths)


def _mean(array: Array, lengths: IntArray | None) -> Array:
    """Return each sample's mean over its numbers: (P, *shape, N) becomes (P, 1, …, 1, N)."""
    P, *shape, N = array.shape
    if len(shape) == 2 or lengths is not None:
        features = array.reshape(P, -1, shape[-1], N)
        count = features.shape[1] * steps.counted(lengths, features)
        total: Array = steps.total(features).sum(axis=1) / count
        return total.reshape(-1, *(1 for _ in shape), N)
    mean: Array = np.ascontiguousarray(array).reshape(P, -1, N).mean(axis=1)
    return mean.reshape(P, *(1 for _ in shape), N)
