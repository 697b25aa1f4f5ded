"""What a study's sizes stand for: an architecture builds a network from the numbers that are varied."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from shoal.activations import ACTIVATIONS, Activation
from shoal.initializers import INITIALIZERS, Initializer
from shoal.layers import Dense, Dropout, Layer
from shoal.losses import Loss
from shoal.network import Network
from shoal.registry import Named, resolve

Hidden: TypeAlias = tuple[int, ...]
"""A size: one number for every hidden layer or stage, none for a linear network."""


class Architecture(Named, ABC):
    """A family of networks whose members differ in their size alone; its fields are the same for all."""

    unit: ClassVar[str]
    """What the numbers of a size count, as a sentence names one of them."""

    @abstractmethod
    def network(self, hidden: Hidden, n_inputs: int, n_outputs: int, loss: Loss | str) -> Network:
        """Return the network of a size; raise ``ConfigurationError`` where there is none."""


@dataclass(frozen=True)
class Perceptron(Architecture):
    """Fully connected hidden layers of so many units, each followed by dropout, and a linear output layer.

    >>> Perceptron("tanh").network((16, 8), 4, 3, "cross_entropy").n_parameters
    243
    """

    name: ClassVar[str] = "perceptron"
    unit: ClassVar[str] = "hidden unit"
    activation: Activation | str = "tanh"
    initializer: Initializer | str | None = None
    dropout: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "activation", resolve("activation", self.activation, ACTIVATIONS))
        if self.initializer is not None:
            object.__setattr__(self, "initializer", resolve("initializer", self.initializer, INITIALIZERS))

    def network(self, hidden: Hidden, n_inputs: int, n_outputs: int, loss: Loss | str) -> Network:
        layers: list[Layer] = []
        for units in hidden:
            layers.append(Dense(units, self.activation, self.initializer))
            if self.dropout:
                layers.append(Dropout(self.dropout))
        return Network(n_inputs, [*layers, Dense(n_outputs, initializer=self.initializer)], loss)
