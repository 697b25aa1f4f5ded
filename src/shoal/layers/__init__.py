"""Layers, one to a file; a new one is registered here."""

from shoal.layers.average_pool1d import AveragePool1D
from shoal.layers.average_pool2d import AveragePool2D
from shoal.layers.base import Layer
from shoal.layers.batch_norm import BatchNorm
from shoal.layers.bidirectional import Bidirectional
from shoal.layers.conv1d import Conv1D
from shoal.layers.conv2d import Conv2D
from shoal.layers.dense import Dense
from shoal.layers.dropout import Dropout
from shoal.layers.embedding import Embedding
from shoal.layers.flatten import Flatten
from shoal.layers.global_average_pool1d import GlobalAveragePool1D
from shoal.layers.global_average_pool2d import GlobalAveragePool2D
from shoal.layers.global_max_pool1d import GlobalMaxPool1D
from shoal.layers.gru import GRU
from shoal.layers.last_step import LastStep
from shoal.layers.layer_norm import LayerNorm
from shoal.layers.locally_connected2d import LocallyConnected2D
from shoal.layers.lstm import LSTM
from shoal.layers.max_pool1d import MaxPool1D
from shoal.layers.max_pool2d import MaxPool2D
from shoal.layers.residual import Residual
from shoal.layers.rnn import RNN
from shoal.registry import family

LAYERS: dict[str, type[Layer]] = family(
    Dense,
    Dropout,
    Conv2D,
    LocallyConnected2D,
    MaxPool2D,
    AveragePool2D,
    GlobalAveragePool2D,
    Flatten,
    BatchNorm,
    LayerNorm,
    Residual,
    RNN,
    GRU,
    LSTM,
    Conv1D,
    MaxPool1D,
    AveragePool1D,
    GlobalMaxPool1D,
    GlobalAveragePool1D,
    LastStep,
    Bidirectional,
    Embedding,
)

__all__ = [
    "GRU",
    "LAYERS",
    "LSTM",
    "RNN",
    "AveragePool1D",
    "AveragePool2D",
    "BatchNorm",
    "Bidirectional",
    "Conv1D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAveragePool1D",
    "GlobalAveragePool2D",
    "GlobalMaxPool1D",
    "LastStep",
    "Layer",
    "LayerNorm",
    "LocallyConnected2D",
    "MaxPool1D",
    "MaxPool2D",
    "Residual",
]
