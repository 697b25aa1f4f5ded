"""What a layer is: a shape rule, initial parameters, and a matching pair of ``forward`` and ``backward``."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, ClassVar, TypeAlias

import numpy as np

from shoal.draws import Draw
from shoal.errors import ConfigurationError
from shoal.randomness import Noise
from shoal.registry import Named
from shoal.shapes import Array, IntArray, Shape

__all__ = ["Cache", "Context", "Draw", "Layer", "Parameters", "Role", "Shape"]

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
class Context:
    """What a layer is told besides its input, each of it None where there is none.

    ``noise`` holds the members' random draws in a step of training. ``share`` (P, N) or (1, N) is the part of
    J that each sample makes there: its weight over the sum of all, 0 for one that is left out; it sums to 1,
    or to 0 where the batch holds none of a member's samples. ``lengths`` (P, N) or (1, N) are the valid steps
    of each sample, along its last axis; None where all are.
    """

    noise: Noise | None = None
    share: Array | None = None
    lengths: IntArray | None = None

    def at(self, layer: int) -> Context:
        """Return the same for another layer, whose draws are its own."""
        return self if self.noise is None else replace(self, noise=self.noise.at(layer))

    def after(self, layer: Layer) -> Context:
        """Return what the layer above is told."""
        return self if self.lengths is None else replace(self, lengths=layer.lengths_after(self.lengths))


class Layer(Named, ABC):
    """One module of the stack; immutable, so that parameters always travel beside it.

    Activations have shape (P, \\*shape, N), samples last. The first layer's input may have a leading
    axis of 1 instead of P: data that all members share.
    """

    roles: ClassVar[Mapping[str, Role]] = {}
    """What becomes of each parameter in training, by its name."""

    takes_data: ClassVar[bool] = False
    """Whether it takes nothing but data, so that no layer can come before it."""

    @property
    def random(self) -> bool:
        """Whether ``forward`` draws from the context's noise, so that J is another function at every step."""
        return False

    @property
    def exact(self) -> bool:
        """Whether ``backward`` gives the gradient of J itself, and not one that is cut short."""
        return True

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

    def kept(self, shape: Shape) -> int:
        """Return about how many numbers of a sample the layer keeps for its way back beside its output."""
        return 0

    def role(self, name: str) -> Role:
        """Return what becomes of the parameter of that name, or raise ``ConfigurationError``."""
        if name not in self.roles:
            raise ConfigurationError(
                f"{self!r} has a parameter {name!r} and does not say what becomes of it in training; "
                "give the layer's class roles = {name: Role.WEIGHT, …} for each of its parameters"
            )
        return self.roles[name]

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        """Return how many steps of each output are valid (1|P, N), None if its last axis is time no more.

        Steps beyond a length hold exact zeros, in what a layer is given and in what it gives, and so does
        ∂J/∂(input) there. Raises ``ConfigurationError`` where the layer does not see to that.
        """
        raise ConfigurationError(
            f"{self!r} does not know of unequal lengths, and would take what lies beyond a sequence's end "
            "for data; put a layer before it that ends time, or give sequences of one length"
        )

    def require(self, rows: Array, name: str) -> None:
        """Raise ``DataError``, which calls them ``name``, unless the layer takes such data (N, n)."""

    def walk(self) -> Iterator[Layer]:
        """Yield this layer, and then those that it holds, as they follow each other."""
        yield self

    @abstractmethod
    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        """Return the layer's output and its cache."""

    @abstractmethod
    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        """Fill ``gradients`` in place and return ∂J/∂(input), or None unless ``propagate``.

        ``grad_a`` is ∂J/∂(output), with the shape of what ``forward`` returned. In the place of a statistic
        stands by how much the batch changes it.
        """
