from __future__ import annotations

import numpy as np
import pytest

from shoal.activations import Relu
from shoal.errors import UnknownNameError
from shoal.layers import RNN
from shoal.layers.base import Context


def test_numbers_by_hand() -> None:
    # W = 2, R = 3, b = −1 and the identity, x = (1, 1): h_1 = 1, h_2 = 2 + 3 − 1 = 4.
    layer = RNN(1, "identity")
    parameters = {"W": np.full((1, 1, 1), 2.0), "R": np.full((1, 1, 1), 3.0), "b": np.full((1, 1, 1), -1.0)}
    out, cache = layer.forward(parameters, np.ones((1, 1, 2, 1)), Context())
    assert out.tolist() == [[[4.0]]]
    # δ_2 = 10, δ_1 = R δ_2 = 30; ∂J/∂W = δ_1 + δ_2, ∂J/∂R = δ_2 h_1, ∂J/∂x = (60, 20).
    gradients = {name: np.empty_like(array) for name, array in parameters.items()}
    grad_in = layer.backward(parameters, cache, np.full((1, 1, 1), 10.0), gradients, propagate=True)
    assert {name: array.item() for name, array in gradients.items()} == {"W": 40, "R": 10, "b": 40}
    assert grad_in is not None
    assert grad_in.ravel().tolist() == [60, 20]


def test_activations_by_name() -> None:
    assert RNN(2, "relu").activation == Relu()
    assert RNN(2).g.name == "tanh"
    with pytest.raises(UnknownNameError):
        RNN(2, "tan")
