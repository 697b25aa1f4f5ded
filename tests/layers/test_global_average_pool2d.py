from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import GlobalAveragePool2D
from shoal.layers.base import Context


def test_means_and_their_gradients_by_hand() -> None:
    layer = GlobalAveragePool2D()
    assert layer.output_shape((2, 1, 4)) == (2,)
    a = np.array([[1.0, 2, 3, 6], [0, 0, 0, 4]]).reshape(1, 2, 1, 4, 1)
    out, cache = layer.forward({}, a, Context())
    assert out[0, :, 0].tolist() == [3, 1]
    grad_in = layer.backward({}, cache, np.array([4.0, 40.0]).reshape(1, 2, 1), {}, propagate=True)
    assert grad_in is not None
    assert grad_in[0, :, 0, :, 0].tolist() == [[1, 1, 1, 1], [10, 10, 10, 10]]


def test_a_gradient_of_every_member_from_data_that_they_share() -> None:
    layer = GlobalAveragePool2D()
    out, cache = layer.forward({}, np.ones((1, 2, 3, 3, 4)), Context())
    assert out.shape == (1, 2, 4)
    grad_in = layer.backward({}, cache, np.ones((5, 2, 4)), {}, propagate=True)
    assert grad_in is not None
    assert grad_in.shape == (5, 2, 3, 3, 4)
    assert layer.backward({}, cache, np.ones((5, 2, 4)), {}, propagate=False) is None


def test_it_takes_images_only() -> None:
    with pytest.raises(ConfigurationError, match=r"takes images of shape .* \(7,\); leave it out"):
        GlobalAveragePool2D().output_shape((7,))
