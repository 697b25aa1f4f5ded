from __future__ import annotations

import math

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import GRU
from shoal.layers.base import Context


def test_numbers_by_hand() -> None:
    # x = 0 and σ(0) = ½ for r and z; of n alone R = 2, c = 4: n = tanh(½ (2 h + 4)) at h_0 = 1, h = ½ n + ½.
    layer = GRU(1, initial_state="learnt")
    parameters = {name: np.zeros((1, *shape)) for name, shape in layer.parameter_shapes((1, 1)).items()}
    parameters["R"][0, 2], parameters["c"][...], parameters["h0"][...] = 2, 4, 1
    out, cache = layer.forward(parameters, np.zeros((1, 1, 1, 1)), Context())
    n = math.tanh(3)
    assert out.item() == pytest.approx((n + 1) / 2, rel=1e-15)
    gradients = {name: np.empty_like(array) for name, array in parameters.items()}
    layer.backward(parameters, cache, np.ones((1, 1, 1)), gradients, propagate=False)
    delta_n = (1 - n**2) / 2
    assert gradients["c"].item() == pytest.approx(delta_n / 2, rel=1e-13)
    assert gradients["h0"].item() == pytest.approx(0.5 + 2 * delta_n / 2, rel=1e-13)
    np.testing.assert_allclose(
        gradients["b"].ravel(), [delta_n * 6 / 4, (1 - n) / 4, delta_n], rtol=1e-13
    )  # r: δ_n (R h + c) r (1 − r); z: d (h − n) z (1 − z)


@pytest.mark.parametrize("bias", [math.nan, math.inf, "1", None, True])
def test_biases_that_are_refused(bias: object) -> None:
    with pytest.raises(ConfigurationError) as raised:
        GRU(2, update_bias=bias)  # type: ignore[arg-type]
    assert str(raised.value) == f"the update_bias of gru is a finite number, got {bias!r}"
