"""The fully connected layer: the lecture's ``z = W a + b`` followed by ``a = g(z)``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.activations import Activation
from shoal.draws import Draw
from shoal.errors import ConfigurationError
from shoal.initializers import Initializer
from shoal.layers import steps, walk
from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.weighted import Weighted
from shoal.shapes import Array, IntArray, Shape, whole_number


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

    Of a sequence (C, T) every step is given to the same neurons, n = C: (C, T) becomes (m, T), each equation
    holds for each step t by itself, and the gradients of W and b are sums over the steps too.

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
        if len(shape) > 2:
            raise ConfigurationError(
                f"a dense layer takes samples of shape (n,), or sequences (C, T), got {shape}; "
                "flatten them first"
            )
        return (self.units, *shape[1:])

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"W": (self.units, shape[0]), "b": (self.units, 1)}

    def draws(self, shape: Shape) -> dict[str, Draw]:
        return self.start.draws(self.units, shape[0])

    def operations(self, shape: Shape) -> int:
        return super().operations(shape) * math.prod(shape[1:])

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return lengths

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        if a.ndim > 3:
            return self._forward_over_time(parameters, a, context)
        z = parameters["W"] @ a
        z += parameters["b"]
        a_out = self.g.forward(z)
        return a_out, (a, z, a_out)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        a_in, z, a_out = cache
        delta = grad_a * self.g.derivative(z, a_out)
        if delta.ndim > 3:
            return self._backward_over_time(parameters, a_in, delta, gradients, propagate)
        np.matmul(delta, a_in.swapaxes(-1, -2), out=gradients["W"])
        np.sum(delta, axis=-1, keepdims=True, out=gradients["b"])
        return parameters["W"].swapaxes(-1, -2) @ delta if propagate else None

    def _forward_over_time(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        T, lengths = a.shape[2], context.lengths
        count = T if lengths is None else int(lengths.max())
        series = walk.in_blocks(a, count)
        z = walk.in_line(walk.times(parameters["W"], series), T)
        z += parameters["b"][..., None]
        a_out = steps.kept(self.g.forward(z), lengths)
        return a_out, ((series, count), z, a_out)

    def _backward_over_time(
        self,
        parameters: Parameters,
        given: tuple[Array, int],
        delta: Array,
        gradients: Parameters,
        propagate: bool,
    ) -> Array | None:
        series, count = given
        deltas = walk.in_blocks(delta, count)
        walk.outer(deltas, series, gradients["W"])
        walk.total(deltas, gradients["b"])
        if not propagate:
            return None
        return walk.in_line(walk.times(parameters["W"].swapaxes(-1, -2), deltas), delta.shape[2])
