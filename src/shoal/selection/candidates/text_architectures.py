"""What a study's sizes stand for where samples are texts: an embedding, and what looks at it over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shoal.activations import ACTIVATIONS, Activation
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.layers import (
    GRU,
    Bidirectional,
    Conv1D,
    Dense,
    Dropout,
    Embedding,
    GlobalMaxPool1D,
    Layer,
)
from shoal.losses import Loss
from shoal.populations.network import Network
from shoal.registry import resolve
from shoal.selection.candidates.architectures import Architecture, Hidden
from shoal.shapes import whole_number

CONVOLUTIONAL, RECURRENT = KINDS = ("convolutional", "recurrent")
DEVIATION = 0.1
"""Of an embedding in the beginning: a tenth of it is learnt within an epoch, also of rare words."""


@dataclass(frozen=True)
class Embedded(Architecture):
    """For texts as codes (1, ``steps``) below ``vocabulary``: an embedding, one layer over time, its maxima.

    The layer is ``Conv1D`` over ``kernel`` tokens at a time ("convolutional"), or a ``GRU`` in both
    directions ("recurrent"), with as many channels, or units, as a size says; ``GlobalMaxPool1D`` and a
    linear layer follow. A size of no numbers is the maximum of the embedding itself. ``dropout`` comes before
    the linear layer, and ``word_dropout`` after the embedding. No parameter depends on the steps.

    Raises ``ConfigurationError`` for impossible sizes, ``UnknownNameError`` for an unknown kind.

    Source: Kim 2014, "Convolutional neural networks for sentence classification"; Bengio et al. 2003.

    >>> architecture = Embedded("convolutional", steps=40, vocabulary=1000, dimensions=16)
    >>> architecture.network((8,), 40, 3, "cross_entropy").shapes[1:]
    ((16, 40), (16, 40), (8, 40), (8,), (8,), (3,))
    """

    name: ClassVar[str] = "embedded"
    unit: ClassVar[str] = "channel"
    kind: str
    steps: int
    vocabulary: int
    dimensions: int = 32
    kernel: int = 3
    dropout: float = 0.5
    word_dropout: float = 0.2
    activation: Activation | str = "relu"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownNameError("network of texts", self.kind, KINDS)
        for name in "steps", "vocabulary", "dimensions", "kernel":
            whole_number(getattr(self, name), name)
        object.__setattr__(self, "activation", resolve("activation", self.activation, ACTIVATIONS))

    def network(self, hidden: Hidden, n_inputs: int, n_outputs: int, loss: Loss | str) -> Network:
        if n_inputs != self.steps:
            raise ConfigurationError(f"texts of {self.steps} tokens were expected, got {n_inputs}")
        layers: list[Layer] = [
            Embedding(self.vocabulary, self.dimensions, DEVIATION),
            *_dropout(self.word_dropout),
        ]
        for number in hidden:
            if self.kind == CONVOLUTIONAL:
                layers.append(Conv1D(number, self.kernel, padding="same", activation=self.activation))
            else:
                layers.append(Bidirectional(GRU(number, return_sequences=True)))
        layers += [GlobalMaxPool1D(), *_dropout(self.dropout), Dense(n_outputs)]
        return Network((1, self.steps), layers, loss)


def _dropout(rate: float) -> list[Layer]:
    return [Dropout(rate)] if rate else []
