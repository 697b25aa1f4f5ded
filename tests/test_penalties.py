from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.penalties import PENALTIES
from shoal.shapes import Array

every_penalty = pytest.mark.parametrize("name", sorted(PENALTIES))
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])

# Two members: λ = 2 and m = 10, then λ = 3 and m = 4.
W = np.array([[3.0, -1.0, 0.0], [1.0, 2.0, -2.0]])
STRENGTH, M = np.array([2.0, 3.0]), np.array([10.0, 4.0])

# name: value (P,), gradient (P, D), by hand.
KNOWN = {
    "l2": ([2 / 20 * 10, 3 / 8 * 9], [[0.6, -0.2, 0.0], [0.75, 1.5, -1.5]]),
    "l1": ([2 / 10 * 4, 3 / 4 * 5], [[0.2, -0.2, 0.0], [0.75, 0.75, -0.75]]),
}


def some_weights(P: int, D: int, dtype: type = np.float64) -> Array:
    return np.random.default_rng(0).standard_normal((P, D)).astype(dtype)


@every_penalty
def test_known_values(name: str) -> None:
    penalty = PENALTIES[name]()
    value, gradient = KNOWN[name]
    np.testing.assert_allclose(penalty.value(W, STRENGTH, M), value, rtol=1e-15)
    np.testing.assert_allclose(penalty.gradient(W, STRENGTH, M), gradient, rtol=1e-15)


@every_penalty
def test_gradient_equals_central_differences(name: str) -> None:
    penalty, h = PENALTIES[name](), 1e-5
    theta = some_weights(2, 6)
    assert np.abs(theta).min() > 2 * h  # clear of the kink of l1
    for d in range(6):
        step = np.zeros(6)
        step[d] = h
        up, down = (penalty.value(theta + sign * step, STRENGTH, M) for sign in (1, -1))
        numerical = (up - down) / (2 * h)
        np.testing.assert_allclose(penalty.gradient(theta, STRENGTH, M)[:, d], numerical, rtol=1e-6, atol=0)


@every_penalty
@both_dtypes
def test_keeps_the_dtype_of_the_weights(name: str, dtype: type) -> None:
    penalty = PENALTIES[name]()
    assert penalty.value(W.astype(dtype), STRENGTH, M).dtype == dtype
    assert penalty.gradient(W.astype(dtype), STRENGTH, M).dtype == dtype


@every_penalty
@both_dtypes
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_member_does_not_depend_on_its_companions(name: str, dtype: type, order: str) -> None:
    penalty = PENALTIES[name]()
    theta = np.asarray(some_weights(5, 1001, dtype), order=order)  # type: ignore[call-overload]
    strength, m = np.arange(1.0, 6.0), np.full(5, 7.0)
    value, gradient = penalty.value(theta, strength, m), penalty.gradient(theta, strength, m)
    for p in range(5):
        alone = theta[p : p + 1].copy(), strength[p : p + 1], m[p : p + 1]
        assert penalty.value(*alone).tobytes() == value[p].tobytes()
        assert penalty.gradient(*alone).tobytes() == gradient[p].tobytes()


@every_penalty
def test_no_strength_is_no_penalty(name: str) -> None:
    penalty = PENALTIES[name]()
    assert penalty.value(W, np.array([0.0, 3.0]), M)[0] == 0
    assert not penalty.gradient(W, np.array([0.0, 3.0]), M)[0].any()


@pytest.mark.parametrize(("name", "degree"), [("l1", 1), ("l2", 2)])
@given(sign=st.sampled_from([-1, 1]), power=st.integers(-100, 100))
def test_grows_with_the_degree_of_its_norm(name: str, degree: int, sign: int, power: int) -> None:
    penalty, scale = PENALTIES[name](), 2.0**power  # a power of two scales without rounding
    np.testing.assert_array_equal(
        penalty.value(sign * scale * W, STRENGTH, M), scale**degree * penalty.value(W, STRENGTH, M)
    )


@every_penalty
def test_the_curvature_is_that_of_the_gradient(name: str) -> None:
    penalty, h = PENALTIES[name](), 1e-5
    weights = some_weights(2, 5)
    above, below = (penalty.gradient(weights + step, STRENGTH, M) for step in (h, -h))
    np.testing.assert_allclose(
        penalty.curvature(weights, STRENGTH, M), (above - below) / (2 * h), rtol=1e-8, atol=1e-12
    )
    assert penalty.curvature(weights.astype(np.float32), STRENGTH, M).dtype == np.float32
