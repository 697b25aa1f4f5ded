"""The convolutional layer: one small filter, moved over the whole image, for each feature map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.activations import Activation
from shoal.draws import Draw
from shoal.errors import ConfigurationError
from shoal.initializers import Initializer
from shoal.layers.base import Cache, Context, Parameters
from shoal.layers.weighted import Weighted
from shoal.layers.window import Window, window_of
from shoal.shapes import Array, Shape, whole_number


@dataclass(frozen=True)
class Conv2D(Weighted):
    """``filters`` feature maps, each the image seen through one filter of ``size`` pixels.

    A unit of map f sees a receptive field of kh × kw pixels of every channel, and all units of the map share
    their weights. Forward, with stride s and dilation d, as a cross-correlation (the filter is not turned)::

        z[f, y, x] = Σ_c Σ_i Σ_j W[f, c, i, j] a_in[c, y·s + i·d, x·s + j·d] + b[f]
        a = g(z)

    which is one matrix product a member, once the receptive fields stand side by side as columns A::

        z = W A + b               W: (P, m, C·kh·kw)   A: (P, C·kh·kw, H_out·W_out·N)   b: (P, m, 1)

    Backward, from ∂J/∂a::

        δ = ∂J/∂a · g'(z)         (P, m, H_out·W_out·N), element by element
        ∂J/∂W = δ Aᵀ              a shared weight's gradient is the sum over all places where it is used
        ∂J/∂b = Σ δ
        ∂J/∂A = Wᵀ δ              added up for each pixel over the receptive fields that hold it

    ``padding="same"`` surrounds the image with zeros, so that the output is ⌈H/s⌉ × ⌈W/s⌉ (the odd row and
    column of zeros at the bottom and right). With ``groups``, the channels and the filters are cut into as
    many parts, and a filter sees its own part's channels only. ``size``, ``stride`` and ``dilation`` are one
    number or (rows, columns). The initialiser's number of inputs is that of a filter, C/groups·kh·kw.

    Raises ``ConfigurationError`` for numbers below 1, an unknown padding, and groups that do not divide the
    filters or the channels; ``UnknownNameError`` for unknown names.

    Source: LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition",
    II.A; Goodfellow, Bengio & Courville, *Deep Learning*, 9.5, equations 9.7 to 9.13.

    >>> layer = Conv2D(6, 5, "tanh")
    >>> layer.output_shape((1, 28, 28)), layer.parameter_shapes((1, 28, 28))
    ((6, 24, 24), {'W': (6, 1, 5, 5), 'b': (6, 1)})
    """

    name: ClassVar[str] = "conv2d"
    filters: int
    size: int | tuple[int, int]
    activation: Activation | str = "identity"
    stride: int | tuple[int, int] = 1
    padding: str = "valid"
    dilation: int | tuple[int, int] = 1
    groups: int = 1
    initializer: Initializer | str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "filters", whole_number(self.filters, "the filters of conv2d"))
        object.__setattr__(self, "groups", whole_number(self.groups, "the groups of conv2d"))
        window = self.window
        for name in "size", "stride", "dilation":
            object.__setattr__(self, name, getattr(window, name))
        if self.filters % self.groups:
            raise ConfigurationError(
                f"the groups of conv2d must divide its filters, got {self.groups} groups of {self.filters}"
            )
        self.resolve_names()

    @property
    def window(self) -> Window:
        """The receptive fields."""
        return window_of(self.size, self.stride, self.name, self.dilation, self.padding)

    def output_shape(self, shape: Shape) -> Shape:
        self.window.require_fit(shape, self.name)
        if shape[0] % self.groups:
            raise ConfigurationError(
                f"the groups of conv2d must divide its channels, got {self.groups} groups of {shape[0]}"
            )
        return (self.filters, *self.window.output_extent(shape[1:]))

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"W": (self.filters, shape[0] // self.groups, *self.window.size), "b": (self.filters, 1)}

    def draws(self, shape: Shape) -> dict[str, Draw]:
        return self.start.draws(self.filters, math.prod(self.parameter_shapes(shape)["W"][1:]))

    def operations(self, shape: Shape) -> int:
        return super().operations(shape) * math.prod(self.output_shape(shape)[1:])

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        W, b = parameters["W"], parameters["b"]
        fields = self.window.gather(a)
        A = fields.reshape(len(a), self.groups, W[0, 0].size, -1)
        z = (self._by_group(W) @ A).reshape(len(W), self.filters, *fields.shape[4:])
        z += b[..., None, None]
        a_out = self.g.forward(z)
        return a_out, (a.shape, A, z, a_out)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        (_, C, *image, _), A, z, a_out = cache
        delta = grad_a * self.g.derivative(z, a_out)
        grouped = delta.reshape(len(delta), self.groups, self.filters // self.groups, -1)
        gradients["W"][...] = (grouped @ A.swapaxes(-1, -2)).reshape(gradients["W"].shape)
        np.sum(delta.reshape(len(delta), self.filters, -1), axis=-1, keepdims=True, out=gradients["b"])
        if not propagate:
            return None
        grad_A = self._by_group(parameters["W"]).swapaxes(-1, -2) @ grouped
        grad_fields = grad_A.reshape(len(delta), C, *self.window.size, *z.shape[2:])
        return self.window.scatter(grad_fields, tuple(image))

    def _by_group(self, W: Array) -> Array:
        """Return W (P, m, C/groups, kh, kw) as matrices (P, groups, m/groups, C/groups·kh·kw)."""
        return W.reshape(len(W), self.groups, self.filters // self.groups, -1)
