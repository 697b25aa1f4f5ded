"""What layers with an activation, with weights, or with a divisor have in common: names and checks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from shoal.activations import ACTIVATIONS, Activation
from shoal.errors import ConfigurationError
from shoal.initializers import INITIALIZERS, Initializer
from shoal.layers.base import Layer, Role
from shoal.registry import resolve
from shoal.shapes import is_number


class Activated(Layer):
    """A layer that ends with an activation, ``a = g(z)``."""

    activation: Activation | str

    def resolve_names(self) -> None:
        """Replace names by what they stand for; raise ``UnknownNameError`` for one that nothing has."""
        object.__setattr__(self, "activation", resolve("activation", self.activation, ACTIVATIONS))

    @property
    def g(self) -> Activation:
        """The activation function, resolved."""
        return resolve("activation", self.activation, ACTIVATIONS)


class Weighted(Activated):
    """A layer ``z = W a + b``, W drawn from an initialiser: the activation's own where none is named."""

    roles: ClassVar[Mapping[str, Role]] = {"W": Role.WEIGHT, "b": Role.OFFSET}

    initializer: Initializer | str | None

    def resolve_names(self) -> None:
        super().resolve_names()
        object.__setattr__(self, "initializer", self.start)

    @property
    def start(self) -> Initializer:
        """The distribution that the first weights are drawn from, resolved."""
        return resolve("initializer", self.initializer or self.g.recommended_initializer, INITIALIZERS)


def require_epsilon(epsilon: object, layer: str) -> None:
    """Raise ``ConfigurationError`` unless ``epsilon`` is a finite number above 0."""
    if not is_number(epsilon) or not 0 < epsilon < math.inf:  # type: ignore[operator]
        raise ConfigurationError(f"the epsilon of {layer} is a finite number above 0, got {epsilon!r}")
