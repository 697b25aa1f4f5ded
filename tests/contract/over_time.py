"""Stacks of layers over time, for tests that run over every layer: those that take sequences, not images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shoal.layers import (
    GRU,
    LSTM,
    RNN,
    AveragePool1D,
    Bidirectional,
    Conv1D,
    Embedding,
    GlobalAveragePool1D,
    GlobalMaxPool1D,
    LastStep,
    Layer,
    MaxPool1D,
)
from shoal.sequences import Sequences
from shoal.shapes import Array, Shape

SEQUENCE = (2, 7)
LENGTHS = (7, 5, 1)

OVER_TIME: dict[str, Callable[[str], list[Layer]]] = {
    "rnn": lambda g: [RNN(3, g, return_sequences=True), RNN(4, g, reverse=True)],
    "gru": lambda g: [GRU(3, return_sequences=True, reverse=True), GRU(3)],
    "lstm": lambda g: [LSTM(3, return_sequences=True, reverse=True), LSTM(3)],
    "conv1d": lambda g: [Conv1D(3, 3, activation=g), Conv1D(2, 2, activation=g), GlobalAveragePool1D()],
    "global_average_pool1d": lambda g: [Conv1D(3, 2, padding="same", activation=g), GlobalAveragePool1D()],
    "global_max_pool1d": lambda g: [Conv1D(3, 2, padding="causal", activation=g), GlobalMaxPool1D()],
    "max_pool1d": lambda g: [Conv1D(3, 2, activation=g), MaxPool1D(2), LastStep()],
    "average_pool1d": lambda g: [Conv1D(3, 2, activation=g), AveragePool1D(3, 2), LastStep()],
    "last_step": lambda g: [Conv1D(3, 3, padding="same", activation=g), LastStep()],
    "bidirectional": lambda g: [
        Bidirectional(RNN(2, g, return_sequences=True)),
        Bidirectional(LSTM(2, recurrent_dropout=0.3)),
    ],
    "embedding": lambda g: [Embedding(5, 3), RNN(3, g)],
}
"""Hidden layers, of one activation where there is one, that hold a layer of each name."""


INPUTS: dict[str, Shape] = {"embedding": (1, 7)}
"""What those take that do not take ``SEQUENCE``."""


def over_time(layer: str, activation: str) -> tuple[Shape, list[Layer]]:
    """Return what a stack with that layer takes, and its hidden layers."""
    return INPUTS.get(layer, SEQUENCE), OVER_TIME[layer](activation)


def some_sequences(shape: Shape, N: int) -> Sequences:
    """Return N sequences of unequal lengths, the first as long as can be; of one channel: words 0 to 4."""
    rng = np.random.default_rng(N)
    lengths = rng.integers(1, shape[1] + 1, size=N)
    lengths[: len(LENGTHS)] = LENGTHS[:N]
    X: Array = rng.normal(size=(N, *shape)) if shape[0] > 1 else rng.integers(5, size=(N, *shape))
    return Sequences(X, lengths)
