from __future__ import annotations

import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.layers import GRU, Bidirectional, Conv1D, Dropout, Embedding
from shoal.selection.candidates.text_architectures import Embedded


def test_a_size_is_the_channels_over_time() -> None:
    network = Embedded("recurrent", 7, 50, 4, dropout=0.0, word_dropout=0.0).network(
        (3,), 7, 2, "cross_entropy"
    )
    assert network.shapes == ((1, 7), (4, 7), (6, 7), (6,), (2,))
    assert isinstance(network.layers[1], Bidirectional)
    assert network.layers[1].layer == GRU(3, return_sequences=True)


def test_dropout_comes_after_the_embedding_and_before_the_last_layer() -> None:
    layers = Embedded("convolutional", 7, 50, 4).network((3,), 7, 1, "log_loss").layers
    assert [type(layer) for layer in layers[:3]] == [Embedding, Dropout, Conv1D]
    assert [layer.rate for layer in layers if isinstance(layer, Dropout)] == [0.2, 0.5]


def test_what_is_impossible_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="dense"):
        Embedded("dense", 7, 50)
    with pytest.raises(ConfigurationError, match="vocabulary"):
        Embedded("recurrent", 7, 0)
    with pytest.raises(ConfigurationError, match="texts of 7 tokens"):
        Embedded("recurrent", 7, 50).network((3,), 8, 1, "log_loss")
