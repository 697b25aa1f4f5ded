from __future__ import annotations

import math

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import LSTM
from shoal.layers.base import Context


def test_numbers_by_hand() -> None:
    # All gates at σ(0) = ½ and g = 0: c = ½ c_0, h = ½ tanh(½ c_0); two steps of c_0 = 4 leave c = 1.
    layer = LSTM(1, initial_state="learnt")
    parameters = {name: np.zeros((1, *shape)) for name, shape in layer.parameter_shapes((1, 2)).items()}
    parameters["c0"][...] = 4
    out, cache = layer.forward(parameters, np.zeros((1, 1, 2, 1)), Context())
    assert out.item() == pytest.approx(math.tanh(1) / 2, rel=1e-15)
    gradients = {name: np.empty_like(array) for name, array in parameters.items()}
    layer.backward(parameters, cache, np.ones((1, 1, 1)), gradients, propagate=False)
    e = (1 - math.tanh(1) ** 2) / 2  # at c_2, and half of it at c_1
    assert gradients["c0"].item() == pytest.approx(e / 4, rel=1e-13)
    np.testing.assert_allclose(
        gradients["b"].ravel(), [0, e * 2 / 4 + e / 2 * 4 / 4, e / 2 + e / 4, math.tanh(1) / 4], rtol=1e-13
    )


def test_the_last_of_its_parameters_are_the_norm_s_and_the_beginning_s() -> None:
    layer = LSTM(2, layer_norm=True, initial_state="learnt")
    names = ["W", "R", "b", "gamma_c", "beta_c", "gamma_W", "gamma_R", "h0", "c0"]
    assert [*layer.parameter_shapes((3, 9))] == [*layer.draws((3, 9))] == names


@pytest.mark.parametrize("bias", [math.nan, math.inf, "1", None, True])
def test_biases_that_are_refused(bias: object) -> None:
    with pytest.raises(ConfigurationError) as raised:
        LSTM(2, forget_bias=bias)  # type: ignore[arg-type]
    assert str(raised.value) == f"the forget_bias of lstm is a finite number, got {bias!r}"
