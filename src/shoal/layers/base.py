"""What a layer is: a shape rule, initial parameters, and a matching pair of ``forward`` and ``backward``."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

import numpy as np

from shoal.randomness import Noise
from shoal.registry import Named
from shoal.shapes import Array, Shape

__all__ = ["Cache", "Layer", "Parameters", "Shape"]

Parameters: TypeAlias = Mapping[str, Array]
"""A layer's parameters by name, each with the leading axis P: ``{"W": (P, m, n), "b": (P, m, 1)}``."""

Cache: TypeAlias = Any
"""What ``forward`` keeps for ``backward``; only the layer that made it looks inside."""


class Layer(Named, ABC):
    """One module of the stack; immutable, so that parameters always travel beside it.

    Activations have shape (P, \\*shape, N), samples last. The first layer's input may have a leading
    axis of 1 instead of P: data that all members share.
    """

    random: ClassVar[bool] = False
    """True where ``forward`` draws from the noise, so that J is another function at every step."""

    @abstractmethod
    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of an output sample; raise ``ConfigurationError`` where ``shape`` does not fit."""

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Return the shape of every parameter of one member; the order is the order in the arena."""
        return {}

    def initialize(self, rng: np.random.Generator, shape: Shape) -> dict[str, Array]:
        """Return initial parameters for one member, in float64."""
        return {}

    def operations(self, shape: Shape) -> int:
        """Return about how many multiplications and additions, counted together, one sample takes forward."""
        return sum(math.prod(extent) for extent in self.parameter_shapes(shape).values())

    @abstractmethod
    def forward(self, parameters: Parameters, a: Array, noise: Noise | None) -> tuple[Array, Cache]:
        """Return the layer's output and its cache; ``noise`` is None outside training."""

    @abstractmethod
    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        """Fill ``gradients`` in place and return ∂J/∂(input), or None unless ``propagate``.

        ``grad_a`` is ∂J/∂(output), with the shape of what ``forward`` returned.
        """
