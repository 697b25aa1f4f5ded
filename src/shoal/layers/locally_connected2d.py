"""Local receptive fields without shared weights: a convolution whose filters differ from place to place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.activations import Activation
from shoal.draws import Draw, Drawn
from shoal.initializers import Initializer
from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.weighted import Weighted
from shoal.layers.window import Window, window_of
from shoal.shapes import Array, Shape, whole_number


@dataclass(frozen=True)
class LocallyConnected2D(Weighted):
    """``filters`` units at each place, which see ``size`` pixels there, with weights of their own.

    Forward, with stride s; as ``Conv2D``, but for the place (y, x) at W and b::

        z[f, y, x] = Σ_c Σ_i Σ_j W[y, x, f, c, i, j] a_in[c, y·s + i, x·s + j] + b[y, x, f]
        a = g(z)

    which is one matrix product for each place of each member, with the receptive field as a column A::

        z = W A + b               W: (P, H_out, W_out, m, C·kh·kw)   A: (P, H_out, W_out, C·kh·kw, N)

    Backward, from ∂J/∂a::

        δ = ∂J/∂a · g'(z)         (P, H_out, W_out, m, N)
        ∂J/∂W = δ Aᵀ              nothing is summed over the places, as nothing is shared
        ∂J/∂b = Σ_N δ
        ∂J/∂A = Wᵀ δ              added up for each pixel over the receptive fields that hold it

    It is what a convolution is compared with: the same connections cost H_out·W_out times the weights, and
    what is learnt at one place is not known at another. ``padding="same"``, ``size`` and ``stride`` are those
    of ``Conv2D``.

    Raises ``ConfigurationError`` for numbers below 1 and an unknown padding, ``UnknownNameError`` for unknown
    names.

    Source: LeCun 1989, "Generalization and network design strategies", network 3; Goodfellow, Bengio &
    Courville, *Deep Learning*, 9.5, "unshared convolution", equation 9.9.

    >>> LocallyConnected2D(6, 5).parameter_shapes((1, 28, 28))
    {'W': (24, 24, 6, 1, 5, 5), 'b': (24, 24, 6, 1)}
    """

    name: ClassVar[str] = "locally_connected2d"
    filters: int
    size: int | tuple[int, int]
    activation: Activation | str = "identity"
    stride: int | tuple[int, int] = 1
    padding: str = "valid"
    initializer: Initializer | str | None = None

    def __post_init__(self) -> None:
        filters = whole_number(self.filters, "the filters of locally_connected2d")
        window = self.window
        object.__setattr__(self, "filters", filters)
        object.__setattr__(self, "size", window.size)
        object.__setattr__(self, "stride", window.stride)
        self.resolve_names()

    @property
    def window(self) -> Window:
        """The receptive fields."""
        return window_of(self.size, self.stride, self.name, padding=self.padding)

    def output_shape(self, shape: Shape) -> Shape:
        self.window.require_fit(shape, self.name)
        return (self.filters, *self.window.output_extent(shape[1:]))

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        places = self.window.output_extent(shape[1:])
        return {
            "W": (*places, self.filters, shape[0], *self.window.size),
            "b": (*places, self.filters, 1),
        }

    def draws(self, shape: Shape) -> dict[str, Draw]:
        extents = self.parameter_shapes(shape)
        places, n = range(math.prod(extents["W"][:2])), math.prod(extents["W"][3:])

        def weights(rng: np.random.Generator) -> Array:
            return np.stack([self.start.weights(rng, self.filters, n) for _ in places])

        def biases(rng: np.random.Generator) -> Array:
            return np.stack([self.start.biases(rng, self.filters) for _ in places])

        return {"W": Drawn(weights), "b": Drawn(biases)}

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        # Places before what is seen there: (P, C, kh, kw, H_out, W_out, N) to (P, H_out, W_out, C·kh·kw, N).
        seen = np.moveaxis(self.window.gather(a), (4, 5), (1, 2))
        A = seen.reshape(*seen.shape[:3], -1, seen.shape[-1])
        z = self._matrices(parameters["W"]) @ A
        z += parameters["b"]
        z = np.ascontiguousarray(np.moveaxis(z, 3, 1))
        a_out = self.g.forward(z)
        return a_out, (a.shape, A, z, a_out)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        (_, C, *image, N), A, z, a_out = cache
        delta = np.ascontiguousarray(np.moveaxis(grad_a * self.g.derivative(z, a_out), 1, 3))
        gradients["W"][...] = (delta @ A.swapaxes(-1, -2)).reshape(gradients["W"].shape)
        np.sum(delta, axis=-1, keepdims=True, out=gradients["b"])
        if not propagate:
            return None
        grad_A = self._matrices(parameters["W"]).swapaxes(-1, -2) @ delta
        grad_seen = grad_A.reshape(*delta.shape[:3], C, *self.window.size, N)
        return self.window.scatter(np.moveaxis(grad_seen, (1, 2), (4, 5)), tuple(image))

    def _matrices(self, W: Array) -> Array:
        """Return W (P, H_out, W_out, m, C, kh, kw) as matrices (P, H_out, W_out, m, C·kh·kw)."""
        return W.reshape(*W.shape[:4], -1)
