from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import GlobalAveragePool1D
from shoal.layers.base import Context


def test_means_over_valid_steps_and_their_gradients_by_hand() -> None:
    layer = GlobalAveragePool1D()
    assert layer.output_shape((2, 4)) == (2,)
    a = np.array([[1.0, 2, 3, 6], [4, 8, 0, 0]]).T.reshape(1, 1, 4, 2)
    out, cache = layer.forward({}, a, Context(lengths=np.array([[4, 2]])))
    assert out[0].tolist() == [[3, 6]]
    grad_in = layer.backward({}, cache, np.array([[[4.0, 10]]]), {}, propagate=True)
    assert grad_in is not None
    assert grad_in[0, 0].T.tolist() == [[1, 1, 1, 1], [5, 5, 0, 0]]


def test_a_gradient_of_every_member_from_data_that_they_share() -> None:
    layer = GlobalAveragePool1D()
    out, cache = layer.forward({}, np.ones((1, 2, 5, 4)), Context())
    assert np.array_equal(out, np.ones((1, 2, 4)))
    grad_in = layer.backward({}, cache, np.ones((3, 2, 4)), {}, propagate=True)
    assert grad_in is not None
    assert np.array_equal(grad_in, np.full((3, 2, 5, 4), 0.2))
    assert layer.backward({}, cache, np.ones((3, 2, 4)), {}, propagate=False) is None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_is_kept(dtype: str) -> None:
    context = Context(lengths=np.array([[2, 3]]))
    out, cache = GlobalAveragePool1D().forward({}, np.ones((1, 1, 3, 2), dtype), context)
    grad_in = GlobalAveragePool1D().backward({}, cache, out, {}, propagate=True)
    assert grad_in is not None
    assert out.dtype == grad_in.dtype == np.dtype(dtype)


def test_it_takes_sequences_only() -> None:
    with pytest.raises(ConfigurationError, match=r"takes sequences .* \(1, 2, 3\); put one that makes"):
        GlobalAveragePool1D().output_shape((1, 2, 3))
