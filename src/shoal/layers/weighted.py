"""What layers with an activation have in common, and those with weights: their names, resolved."""

from __future__ import annotations

from shoal.activations import ACTIVATIONS, Activation
from shoal.initializers import INITIALIZERS, Initializer
from shoal.layers.base import Layer
from shoal.registry import resolve


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
    """A layer whose weights W are drawn from an initialiser: the activation's own where none is named."""

    initializer: Initializer | str | None

    def resolve_names(self) -> None:
        super().resolve_names()
        object.__setattr__(self, "initializer", self.start)

    @property
    def start(self) -> Initializer:
        """The distribution that the first weights are drawn from, resolved."""
        return resolve("initializer", self.initializer or self.g.recommended_initializer, INITIALIZERS)
