"""What a layer is: a shape rule, initial parameters, and a matching pair of ``forward`` and ``backward``."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, TypeAlias

import numpy as np

from shoal.draws import Draw
from shoal.randomness import Noise
from shoal.registry import Named
from shoal.shapes import Array, Shape

__all__ = ["Batch", "Cache", "Draw", "Layer", "Parameters", "Role", "Shape"]

Parameters: TypeAlias = Mapping[str, Array]
"""A layer's parameters by name, each with the leading axis P: ``{"W": (P, m, n), "b": (P, m, 1)}``."""

Cache: TypeAlias = Any
"""What ``forward`` keeps for ``backward``; only the layer that made it looks inside."""


class Role(Enum):
    """What becomes of a parameter in training."""

    WEIGHT = "learnt by the gradient, and made smaller by penalties and decay"
    OFFSET = "learnt by the gradient, and never penalised: biases, scales, shifts"
    STATISTIC = "observed on the batches, and left alone by gradients and solvers"


@dataclass(frozen=True)
class Batch:
    """What a layer is told of a training step besides its input.

    ``noise`` holds the members' random draws. ``share`` (P, N) or (1, N) is the part of J that each sample
    makes: its weight over the sum of all, 0 for one that is left out; it sums to 1, or to 0 where the batch
    holds none of a member's samples.
    """

    noise: Noise
    share: Array

    def at(self, layer: int) -> Batch:
        """Return the same for another layer, whose draws are its own."""
        return Batch(self.noise.at(layer), self.share)


class Layer(Named, ABC):
    """One module of the stack; immutable, so that parameters always travel beside it.

    Activations have shape (P, \\*shape, N), samples last. The first layer's input may have a leading
    axis of 1 instead of P: data that all members share.
    """

    random: ClassVar[bool] = False
    """True where ``forward`` draws from the batch's noise, so that J is another function at every step."""

    @abstractmethod
    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of an output sample; raise ``ConfigurationError`` where ``shape`` does not fit."""

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Return the shape of every parameter of one member; the order is the order in the arena."""
        return {}

    def draws(self, shape: Shape) -> dict[str, Draw]:
        """Return how every parameter begins, in the order in which it is drawn."""
        return {}

    def initialize(self, rng: np.random.Generator, shape: Shape) -> dict[str, Array]:
        """Return initial parameters for one member, in float64."""
        extents, values = self.parameter_shapes(shape), {}
        for name, draw in self.draws(shape).items():
            part = np.empty((1, math.prod(extents[name])))
            draw.fill(rng, part[0])
            draw.finish(part)
            values[name] = part.reshape(extents[name])
        return values

    def operations(self, shape: Shape) -> int:
        """Return about how many multiplications and additions, counted together, one sample takes forward."""
        return sum(math.prod(extent) for extent in self.parameter_shapes(shape).values())

    def role(self, name: str) -> Role:
        """Return what becomes of the parameter of that name in training."""
        return Role.WEIGHT if name == "W" else Role.OFFSET

    def walk(self) -> Iterator[Layer]:
        """Yield this layer, and then those that it holds, as they follow each other."""
        yield self

    @abstractmethod
    def forward(self, parameters: Parameters, a: Array, batch: Batch | None) -> tuple[Array, Cache]:
        """Return the layer's output and its cache; ``batch`` is None outside training."""

    @abstractmethod
    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        """Fill ``gradients`` in place and return ∂J/∂(input), or None unless ``propagate``.

        ``grad_a`` is ∂J/∂(output), with the shape of what ``forward`` returned. In the place of a statistic
        stands by how much the batch changes it.
        """
