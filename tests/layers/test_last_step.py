from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import LastStep
from shoal.layers.base import Context


def test_the_last_valid_step_and_its_gradient_by_hand() -> None:
    layer = LastStep()
    assert layer.output_shape((2, 3)) == (2,)
    a = np.array([[[1.0, 4], [2, 0], [3, 0]], [[5, 8], [6, 0], [7, 0]]])[None]  # (P, C, T, N)
    out, cache = layer.forward({}, a, Context(lengths=np.array([[3, 1]])))
    assert out[0].tolist() == [[3, 4], [7, 8]]
    grad_in = layer.backward({}, cache, np.array([[[10.0, 20], [30, 40]]]), {}, propagate=True)
    assert grad_in is not None
    assert grad_in[0].tolist() == [[[0, 20], [0, 0], [10, 0]], [[0, 40], [0, 0], [30, 0]]]
    assert layer.backward({}, cache, np.ones((1, 2, 2)), {}, propagate=False) is None


def test_without_lengths_it_is_the_last_of_all_steps() -> None:
    a = np.arange(24.0).reshape(1, 2, 4, 3)
    out, cache = LastStep().forward({}, a, Context())
    assert np.array_equal(out, a[:, :, 3])
    grad_in = LastStep().backward({}, cache, np.ones((5, 2, 3)), {}, propagate=True)
    assert grad_in is not None
    assert grad_in.shape == (5, 2, 4, 3)  # of every member, from data that they share
    assert grad_in[:, :, 3].all()
    assert not grad_in[:, :, :3].any()


def test_members_with_sequences_of_their_own() -> None:
    a = np.arange(12.0).reshape(2, 1, 3, 2)
    out, _ = LastStep().forward({}, a, Context(lengths=np.array([[1, 2], [3, 1]])))
    assert out[:, 0].tolist() == [[0, 3], [10, 7]]


def test_it_takes_sequences_only() -> None:
    with pytest.raises(ConfigurationError, match=r"takes sequences of shape .* \(7,\); leave it out"):
        LastStep().output_shape((7,))
