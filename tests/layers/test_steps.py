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
        a, delta = rng.normal(size=(2, 3, 150, N)), rng.normal(size=(2, 4, 150, N))
        wider = [np.concatenate([each, np.zeros((*each.shape[:2], 37, N))], axis=2) for each in (a, delta)]
        total, outer = steps.total(a), steps.outer(steps.by_step(delta), steps.by_step(a))
        np.testing.assert_allclose(total, a.sum(axis=2), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(outer, np.einsum("pmtn,pctn->pmc", delta, a), rtol=1e-9, atol=1e-12)
        assert np.array_equal(total, steps.total(wider[0]))
        assert np.array_equal(outer, steps.outer(*(steps.by_step(each) for each in wider[::-1])))


def test_steps_and_samples_are_two_orders_of_the_same() -> None:
    a = np.random.default_rng(0).normal(size=(2, 3, 4, 5, 6))
    assert np.array_equal(steps.by_sample(steps.by_step(a)), a)
    assert steps.by_step(a).shape == (2, 5, 3, 4, 6)
