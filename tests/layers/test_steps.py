from __future__ import annotations

import numpy as np

from shoal.layers import steps


def test_what_is_kept() -> None:
    a = np.ones((1, 2, 3, 2), np.float32)
    for each in a, a[:, 0], np.ones((1, 2, 4, 3, 2), np.float32):
        kept = steps.kept(each, np.array([[3, 1]]), beyond=-np.inf)
        assert kept.dtype == np.float32
        assert np.isfinite(kept).sum(axis=-2).ravel().tolist() == [3, 1] * (each.size // 6)
    assert steps.kept(a, None) is a


def test_zeros_at_the_end_change_no_sum() -> None:
    rng = np.random.default_rng(0)
    for N in 1, 2, 9:
        a = rng.normal(size=(2, 3, 150, N))
        wider = np.concatenate([a, np.zeros((2, 3, 37, N))], axis=2)
        np.testing.assert_allclose(steps.total(a), a.sum(axis=2), rtol=1e-9, atol=1e-12)
        assert np.array_equal(steps.total(a), steps.total(wider))
