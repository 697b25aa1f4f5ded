"""What a study's sizes stand for: an architecture builds a network from the numbers that are varied.

Layers other than dense ones are imported by those that build with them, for a table has no use for them.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from shoal.activations import ACTIVATIONS, Activation
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.initializers import INITIALIZERS, Initializer
from shoal.layers import Dense, Dropout, Layer
from shoal.losses import Loss
from shoal.populations.network import Network
from shoal.registry import Named, resolve
from shoal.shapes import Shape, whole_number

if TYPE_CHECKING:
    from shoal.layers import GRU, LSTM, RNN

Hidden: TypeAlias = tuple[int, ...]
"""A size: one number for every hidden layer or stage, none for a linear network."""


def loss_of(n_classes: int, of_numbers: str | None = None) -> tuple[str, int]:
    """Return the loss that suits a target, and the number of outputs it takes; no classes: a regression.

    That one may ask for a loss ``of_numbers``.

    >>> loss_of(0), loss_of(2), loss_of(3), loss_of(0, "huber")
    (('squared_error', 1), ('log_loss', 1), ('cross_entropy', 3), ('huber', 1))
    """
    if not n_classes:
        return of_numbers or "squared_error", 1
    return ("log_loss", 1) if n_classes == 2 else ("cross_entropy", n_classes)


class Architecture(Named, ABC):
    """A family of networks whose members differ in their size alone; its fields are the same for all."""

    unit: ClassVar[str]
    """What the numbers of a size count, as a sentence names one of them."""
    activation: Activation | str
    dropout: float

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


@dataclass(frozen=True)
class Convolutional(Architecture):
    """For images of ``shape`` (C, H, W): stages of so many filters, then dense layers.

    A stage is ``Conv2D`` with zeros at the edges, so that it keeps the size of the image, and ``MaxPool2D``,
    which halves it for as long as there are two rows and columns. One dense layer with ``WIDTH`` units for
    every filter of the last stage follows, or those of ``dense``; ``dropout`` comes before each dense layer.
    ``kernel=None`` is that of ``stages``. A size of no stages is a linear network.

    Raises ``ConfigurationError`` for an impossible shape or size.

    Source: LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition",
    figure 2, with maxima for its averages.

    >>> network = Convolutional((1, 28, 28)).network((8, 16), 784, 10, "cross_entropy")
    >>> network.shapes[:5]
    ((1, 28, 28), (8, 28, 28), (8, 14, 14), (16, 14, 14), (16, 7, 7))
    """

    name: ClassVar[str] = "convolutional"
    unit: ClassVar[str] = "filter"
    shape: Shape
    activation: Activation | str = "relu"
    kernel: int | None = None
    dense: Hidden | None = None
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if len(self.shape) != 3:
            raise ConfigurationError(f"images have a shape (C, H, W), got {self.shape!r}")
        extents = tuple(whole_number(extent, "each extent of an image") for extent in self.shape)
        object.__setattr__(self, "shape", extents)
        object.__setattr__(self, "activation", resolve("activation", self.activation, ACTIVATIONS))
        kernel = stages(self.shape)[1] if self.kernel is None else self.kernel
        object.__setattr__(self, "kernel", whole_number(kernel, "the kernel"))

    def network(self, hidden: Hidden, n_inputs: int, n_outputs: int, loss: Loss | str) -> Network:
        if n_inputs != math.prod(self.shape):
            raise ConfigurationError(
                f"images of shape {self.shape} have {math.prod(self.shape)} pixels, the samples {n_inputs}; "
                "give the shape (C, H, W) of the samples"
            )
        from shoal.layers import Conv2D, Flatten, MaxPool2D

        layers: list[Layer] = []
        extent = min(self.shape[1:])
        for filters in hidden:
            layers.append(Conv2D(filters, self.kernel or 1, self.activation, padding="same"))
            if extent >= 2:
                layers.append(MaxPool2D(2))
            extent //= 2
        layers.append(Flatten())
        dense = self.dense if self.dense is not None else tuple(WIDTH * filters for filters in hidden[-1:])
        dropout = [Dropout(self.dropout)] if self.dropout and hidden else []
        for units in dense:
            layers.extend([*dropout, Dense(units, self.activation)])
        return Network(self.shape, [*layers, *dropout, Dense(n_outputs)], loss)


@dataclass(frozen=True)
class Convolutional1D(Architecture):
    """For series of ``shape`` (C, T): stages over all steps, then the mean over time and a linear layer.

    A stage is ``Conv1D`` with zeros at the ends, so that it keeps the steps, and ``BatchNorm`` with the
    activation; kernels are of 8 steps, then 5, then 3. A size of one number c is three stages of c, 2c and c
    channels; of more, the channels of each stage. ``dropout`` comes before the linear layer. No parameter
    depends on T.

    Raises ``ConfigurationError`` for an impossible shape or size.

    Source: Wang, Yan & Oates 2017, "Time series classification from scratch with deep neural networks",
    II.B, whose c is 128.

    >>> network = Convolutional1D((1, 150)).network((16,), 150, 2, "cross_entropy")
    >>> network.shapes[1::2]
    ((16, 150), (32, 150), (16, 150), (16,))
    """

    name: ClassVar[str] = "convolutional1d"
    unit: ClassVar[str] = "channel"
    shape: Shape
    activation: Activation | str = "relu"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _shape_of_series(self.shape))
        object.__setattr__(self, "activation", resolve("activation", self.activation, ACTIVATIONS))

    def network(self, hidden: Hidden, n_inputs: int, n_outputs: int, loss: Loss | str) -> Network:
        _require_numbers(self.shape, n_inputs)
        from shoal.layers import BatchNorm, Conv1D, GlobalAveragePool1D

        channels = (hidden[0], 2 * hidden[0], hidden[0]) if len(hidden) == 1 else hidden
        layers: list[Layer] = []
        for stage, number in enumerate(channels):
            layers.append(Conv1D(number, KERNELS[min(stage, len(KERNELS) - 1)], padding="same"))
            layers.append(BatchNorm(self.activation))
        dropout = [Dropout(self.dropout)] if self.dropout and hidden else []
        return Network(self.shape, [*layers, GlobalAveragePool1D(), *dropout, Dense(n_outputs)], loss)


KERNELS = (8, 5, 3)
"""Steps that the filters of each stage see; of any further stage as many as those of the last."""


@dataclass(frozen=True)
class Recurrent(Architecture):
    """For series of ``shape`` (C, T): recurrent layers, what they say in the end, and a linear layer.

    ``cell`` is "lstm", "gru" or "rnn"; ``bidirectional`` layers go in both directions of time with as many
    units each. ``pooling`` is what is read out: the "last" states, or the "mean" or the "max" over all valid
    steps. ``dropout`` comes before the linear layer. A size of no layers is the pooled series under a linear
    layer. No parameter depends on T.

    Raises ``ConfigurationError`` for an impossible shape, ``UnknownNameError`` for a name that none has.

    Source: Elman 1990; Hochreiter & Schmidhuber 1997; Cho et al. 2014; see the layers.

    >>> architecture = Recurrent((12, 29), "gru", bidirectional=True, pooling="mean")
    >>> architecture.network((8,), 348, 9, "cross_entropy").shapes
    ((12, 29), (16, 29), (16,), (9,))
    """

    name: ClassVar[str] = "recurrent"
    unit: ClassVar[str] = "unit"
    shape: Shape
    cell: str = "lstm"
    bidirectional: bool = False
    pooling: str = "last"
    dropout: float = 0.0
    activation: Activation | str = "tanh"

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _shape_of_series(self.shape))
        object.__setattr__(self, "activation", resolve("activation", self.activation, ACTIVATIONS))
        for kind, value, known in (("cell", self.cell, _CELLS), ("pooling", self.pooling, _POOLINGS)):
            if value not in known:
                raise UnknownNameError(kind, value, known)

    def network(self, hidden: Hidden, n_inputs: int, n_outputs: int, loss: Loss | str) -> Network:
        _require_numbers(self.shape, n_inputs)
        from shoal.layers import Bidirectional, GlobalAveragePool1D, GlobalMaxPool1D, LastStep

        pool = {"last": None, "mean": GlobalAveragePool1D, "max": GlobalMaxPool1D}[self.pooling]
        layers: list[Layer] = []
        for number, units in enumerate(hidden, start=1):
            all_steps = number < len(hidden) or pool is not None
            layer = self._cell(units, all_steps)
            layers.append(Bidirectional(layer) if self.bidirectional else layer)
        if pool is not None or not hidden:
            layers.append((pool or LastStep)())
        dropout = [Dropout(self.dropout)] if self.dropout and hidden else []
        return Network(self.shape, [*layers, *dropout, Dense(n_outputs)], loss)

    def _cell(self, units: int, all_steps: bool) -> GRU | LSTM | RNN:
        from shoal.layers import GRU, LSTM, RNN

        if self.cell == "rnn":
            return RNN(units, self.activation, return_sequences=all_steps)
        return (LSTM if self.cell == "lstm" else GRU)(units, return_sequences=all_steps)


_CELLS = ("lstm", "gru", "rnn")
_POOLINGS = ("last", "mean", "max")


def _shape_of_series(shape: Shape) -> Shape:
    if len(shape) != 2:
        raise ConfigurationError(f"series have a shape (C, T), got {shape!r}")
    return tuple(whole_number(extent, "each extent of a series") for extent in shape)


def _require_numbers(shape: Shape, n_inputs: int) -> None:
    if n_inputs != math.prod(shape):
        raise ConfigurationError(
            f"series of shape {shape} hold {math.prod(shape)} numbers, the samples {n_inputs}; "
            "give the shape (C, T) of the samples"
        )


WIDTH = 4
"""Units of the dense layer for every filter of the last stage."""
_STAGES = ((16, 2, 3), (math.inf, 3, 3))


def stages(shape: Shape) -> tuple[int, int]:
    """Return how many stages images of a shape (C, H, W) are given, and the size of their filters.

    Below 16 pixels a side two stages of 3 × 3 filters, three from there on: on digits three see more than the
    two of 5 × 5 that LeNet-5 has, for two thirds of their operations (docs/mnist.md).

    >>> stages((1, 8, 8)), stages((1, 28, 28)), stages((3, 64, 48))
    ((2, 3), (3, 3), (3, 3))
    """
    return next((number, kernel) for side, number, kernel in _STAGES if min(shape[1:]) < side)


def doubling(filters: int, number: int) -> Hidden:
    """Return the filters of ``number`` stages, each with twice as many as the one before.

    >>> doubling(8, 3)
    (8, 16, 32)
    """
    return tuple(filters * 2**stage for stage in range(number))
