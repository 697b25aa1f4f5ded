from __future__ import annotations

import pytest

from shoal.architectures import Perceptron
from shoal.errors import UnknownNameError
from shoal.layers import Dense, Dropout
from shoal.network import Network
from shoal.registry import to_config


def test_a_perceptron_has_hidden_layers_and_a_linear_output() -> None:
    expected = Network(5, [Dense(3, "relu", "he"), Dense(2, "relu", "he"), Dense(4, initializer="he")])
    assert Perceptron("relu", "he").network((3, 2), 5, 4, "squared_error") == expected
    dropped = Network(5, [Dense(3, "tanh"), Dropout(0.2), Dense(4)])
    assert Perceptron(dropout=0.2).network((3,), 5, 4, "squared_error") == dropped
    assert Perceptron().network((), 5, 1, "log_loss") == Network(5, [Dense(1)], "log_loss")


def test_names_are_resolved_at_once() -> None:
    assert to_config(Perceptron("tanh", "normal")) == {
        "name": "perceptron",
        "activation": {"name": "tanh"},
        "initializer": {"name": "normal", "sigma": 0.1},
        "dropout": 0.0,
    }
    with pytest.raises(UnknownNameError, match="did you mean 'tanh'"):
        Perceptron("tahn")
    with pytest.raises(UnknownNameError, match="initializer"):
        Perceptron(initializer="normale")
