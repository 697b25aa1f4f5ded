from __future__ import annotations

import numpy as np
import pytest

from shoal.layers import walk
from shoal.layers.walk import BLOCK, Steps


def test_steps_of_a_direction() -> None:
    lengths = np.array([[3, 1]])
    there = Steps.of(5, lengths, reverse=False, truncate=2)
    assert [*there.order] == [0, 1, 2]
    assert there.valid is not None
    assert there.cut is not None
    assert there.valid[:, 0, 0].tolist() == [[True, True], [True, False], [True, False]]
    assert there.cut[:, 0, 0, 0].tolist() == [False, False, True]
    back = Steps.of(5, lengths, reverse=True, truncate=2)
    assert [*back.order] == [2, 1, 0]
    assert back.cut is not None  # counted from each sequence's own last step
    assert back.cut[:, 0, 0].tolist() == [[True, False], [False, False], [False, False]]
    plain = Steps.of(3, None, reverse=True, truncate=None)
    assert (plain.valid, plain.cut, [*plain.order]) == (None, None, [2, 1, 0])


@pytest.mark.parametrize("T", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_series(T: int) -> None:
    rng = np.random.default_rng(T)
    a, W = rng.normal(size=(2, 3, T, 5)), rng.normal(size=(2, 4, 3))
    series = walk.in_blocks(a, T)
    assert np.array_equal(walk.in_line(series, T), a)
    longer = walk.in_line(series, T + 20)
    assert np.array_equal(longer[:, :, :T], a)
    assert not longer[:, :, T:].any()
    for t in range(T):
        assert np.array_equal(walk.at(series, t), a[:, :, t])
    product = walk.in_line(walk.times(W, series), T)
    np.testing.assert_allclose(product, np.einsum("pmc,pctn->pmtn", W, a), atol=1e-13)
    out = np.empty((2, 4, 3))
    walk.outer(walk.times(W, series), series, out)
    np.testing.assert_allclose(out, np.einsum("pmtn,pctn->pmc", product, a), atol=1e-12)
    total = np.empty((2, 3, 1))
    walk.total(series, total)
    np.testing.assert_allclose(total[..., 0], a.sum(axis=(2, 3)), atol=1e-13)
