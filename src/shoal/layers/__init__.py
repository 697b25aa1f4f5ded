"""Layers, one to a file; a new one is registered here, and imported when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoal.lazy import front_door
from shoal.registry import LazyFamily

if TYPE_CHECKING:
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

LAYERS: LazyFamily[Layer] = LazyFamily(
    dense="shoal.layers.dense:Dense",
    dropout="shoal.layers.dropout:Dropout",
    conv2d="shoal.layers.conv2d:Conv2D",
    locally_connected2d="shoal.layers.locally_connected2d:LocallyConnected2D",
    max_pool2d="shoal.layers.max_pool2d:MaxPool2D",
    average_pool2d="shoal.layers.average_pool2d:AveragePool2D",
    global_average_pool2d="shoal.layers.global_average_pool2d:GlobalAveragePool2D",
    flatten="shoal.layers.flatten:Flatten",
    batch_norm="shoal.layers.batch_norm:BatchNorm",
    layer_norm="shoal.layers.layer_norm:LayerNorm",
    residual="shoal.layers.residual:Residual",
    rnn="shoal.layers.rnn:RNN",
    gru="shoal.layers.gru:GRU",
    lstm="shoal.layers.lstm:LSTM",
    conv1d="shoal.layers.conv1d:Conv1D",
    max_pool1d="shoal.layers.max_pool1d:MaxPool1D",
    average_pool1d="shoal.layers.average_pool1d:AveragePool1D",
    global_max_pool1d="shoal.layers.global_max_pool1d:GlobalMaxPool1D",
    global_average_pool1d="shoal.layers.global_average_pool1d:GlobalAveragePool1D",
    last_step="shoal.layers.last_step:LastStep",
    bidirectional="shoal.layers.bidirectional:Bidirectional",
    embedding="shoal.layers.embedding:Embedding",
)
"""Layers by the names that they are registered, saved and asked for by."""

__getattr__, __dir__ = front_door(__name__, LAYERS.homes | {"Layer": "shoal.layers.base"})
