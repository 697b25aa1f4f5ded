"""Activation functions g of the hidden units, ``a = g(z)``, each with its derivative ``g'(z)``, by name."""

from __future__ import annotations

from shoal.activations.base import Activation, Identity
from shoal.activations.rectifiers import Elu, LeakyRelu, Relu, Selu
from shoal.activations.saturating import Sigmoid, Tanh, exponent_limit, sigmoid, sigmoid_of_negative
from shoal.activations.smooth import Gelu, Mish, Silu, Softplus
from shoal.registry import family

__all__ = [
    "ACTIVATIONS", "Activation", "Elu", "Gelu", "Identity", "LeakyRelu", "Mish", "Relu", "Selu", "Sigmoid",
    "Silu", "Softplus", "Tanh", "exponent_limit", "sigmoid", "sigmoid_of_negative",
]  # fmt: skip

ACTIVATIONS: dict[str, type[Activation]] = family(
    Sigmoid, Tanh, Relu, LeakyRelu, Elu, Selu, Gelu, Silu, Mish, Softplus, Identity
)
