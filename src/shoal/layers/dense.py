"""The fully connected layer: the lecture's ``z = W a + b`` followed by ``a = g(z)``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.activations import Activation
from shoal.draws import Draw
from shoal.errors import ConfigurationError
from shoal.initializers import Initializer
from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.weighted import Weighted
from shoal.shapes import Array, Shape, whole_number


@dataclass(frozen=True)
class Dense(Weighted):
    """A layer of ``units`` neurons, each connected to every input.

    Forward, layer l of the lecture::

        z = W a_in + b            W: (P, m, n)   a_in: (P, n, N)   b: (P, m, 1)   z: (P, m, N)
        a = g(z)

    Backward, from ∂J/∂a::

        δ = ∂J/∂a · g'(z)         (P, m, N), element by element
        ∂J/∂W = δ a_inᵀ           (P, m, n): the transpose sums over the samples
        ∂J/∂b = Σ_N δ             (P, m, 1)
        ∂J/∂a_in = Wᵀ δ           (P, n, N)

    ``initializer=None`` takes the one that suits the activation: He for the relu family, LeCun for
    selu, Glorot otherwise.

    Raises ``ConfigurationError`` for a number of units below 1, ``UnknownNameError`` for unknown names.

    Source: the lecture, "Finding dL/dW"; Bishop, *Pattern Recognition and Machine Learning*, 5.3.1.

    >>> Dense(8, "tanh").parameter_shapes((3,))
    {'W': (8, 3), 'b': (8, 1)}
    """

    name: ClassVar[str] = "dense"
    units: int
    activation: Activation | str = "identity"
    initializer: Initializer | str | None = None

    def __post_init__(self) -> None:
        units = whole_number(self.units, "the units of a dense layer")
        object.__setattr__(self, "units", units)
        self.resolve_names()

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ConfigurationError(
                f"a dense layer takes samples of shape (n,), got {shape}; flatten them first"
            )
        return (self.units,)

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"W": (self.units, shape[0]), "b": (self.units, 1)}

    def draws(self, shape: Shape) -> dict[str, Draw]:
        return self.start.draws(self.units, shape[0])

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        z = parameters["W"] @ a
        z += parameters["b"]
        a_out = self.g.forward(z)
        return a_out, (a, z, a_out)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        a_in, z, a_out = cache
        delta = grad_a * self.g.derivative(z, a_out)
        np.matmul(delta, a_in.swapaxes(-1, -2), out=gradients["W"])
        np.sum(delta, axis=-1, keepdims=True, out=gradients["b"])
        return parameters["W"].swapaxes(-1, -2) @ delta if propagate else None
