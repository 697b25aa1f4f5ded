from __future__ import annotations

import numpy as np

from shoal.layers import Flatten
from shoal.layers.base import Context


def test_channel_by_channel_row_by_row() -> None:
    a = np.arange(2 * 2 * 3, dtype=float).reshape(1, 2, 2, 3, 1)
    out, cache = Flatten().forward({}, a, Context())
    assert Flatten().output_shape((2, 2, 3)) == (12,)
    assert out[0, :, 0].tolist() == [*range(12)]
    grad_in = Flatten().backward({}, cache, out, {}, propagate=True)
    assert grad_in is not None
    assert np.array_equal(grad_in, a)


def test_a_column_stays_a_column() -> None:
    a = np.ones((2, 5, 3))
    out, cache = Flatten().forward({}, a, Context())
    assert np.array_equal(out, a)
    assert Flatten().output_shape((5,)) == (5,)
    assert Flatten().backward({}, cache, out, {}, propagate=True) is not None
