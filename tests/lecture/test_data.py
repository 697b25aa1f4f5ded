from __future__ import annotations

import numpy as np

from shoal.lecture.data import NOISE, moons, sinusoid, truth


def test_the_sinusoid_has_the_noise_of_the_slides() -> None:
    x, t = sinusoid(20_000, seed=3)
    assert 0 <= x.min() < 0.001 < 0.999 < x.max() <= 1
    np.testing.assert_allclose((t - np.sin(2 * np.pi * x)).std(), NOISE, rtol=0.02)
    assert abs((t - truth(x)).mean()) < 0.01


def test_points_can_be_evenly_spaced() -> None:
    x, _ = sinusoid(10, seed=0, evenly=True)
    np.testing.assert_allclose(np.diff(x), 1 / 9)


def test_numbers_and_seeds_are_different_draws() -> None:
    draws = [sinusoid(5, seed, number)[1].tolist() for seed, number in [(0, 0), (0, 1), (1, 0), (0, 0)]]
    assert draws[0] == draws[3]
    assert len({tuple(draw) for draw in draws}) == 3


def test_moons_without_noise_lie_on_their_half_circles() -> None:
    X, y = moons(50, seed=1, noise=0.0)
    upper, lower = X[y == 0], X[y == 1]
    np.testing.assert_allclose(np.linalg.norm(upper, axis=1), 1)
    np.testing.assert_allclose(np.linalg.norm(lower - [1, 0.5], axis=1), 1)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0.5
