from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import GlobalMaxPool1D
from shoal.layers.base import Context


def test_the_largest_of_the_valid_steps_takes_the_gradient_by_hand() -> None:
    layer = GlobalMaxPool1D()
    assert layer.output_shape((2, 4)) == (2,)
    a = np.array([[1.0, 7, 3, 7], [-4, -8, 0, 0]]).T.reshape(1, 1, 4, 2)
    out, cache = layer.forward({}, a, Context(lengths=np.array([[4, 2]])))
    assert out[0].tolist() == [[7, -4]]  # zeros beyond the end are no maximum
    grad_in = layer.backward({}, cache, np.array([[[4.0, 10]]]), {}, propagate=True)
    assert grad_in is not None
    assert grad_in[0, 0].T.tolist() == [[0, 4, 0, 0], [10, 0, 0, 0]]  # of equals the first


def test_a_gradient_of_every_member_from_data_that_they_share() -> None:
    layer = GlobalMaxPool1D()
    a = np.random.default_rng(0).normal(size=(1, 2, 5, 4))
    out, cache = layer.forward({}, a, Context())
    assert np.array_equal(out, a.max(axis=2))
    grad_in = layer.backward({}, cache, np.ones((3, 2, 4)), {}, propagate=True)
    assert grad_in is not None
    assert np.array_equal(grad_in, np.broadcast_to(a == a.max(axis=2, keepdims=True), (3, 2, 5, 4)))
    assert layer.backward({}, cache, np.ones((3, 2, 4)), {}, propagate=False) is None


def test_it_takes_sequences_only() -> None:
    with pytest.raises(ConfigurationError, match=r"takes sequences of shape .* \(7,\); leave it out"):
        GlobalMaxPool1D().output_shape((7,))
