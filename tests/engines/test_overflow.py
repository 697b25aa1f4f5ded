"""What becomes of outputs that overflow: each by itself, from single to double precision, and else NaN."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.engines.overflow import within_double
from shoal.shapes import Array, IntArray

INF, NAN = np.inf, np.nan


class Twice:
    """Outputs (P, 1, N) that are θ + x in double, and a record of what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Array, Array, IntArray | None]] = []

    def __call__(self, theta: Array, X: Array, lengths: IntArray | None) -> Array:
        self.asked.append((theta, X, lengths))
        return np.asarray(theta[:, :, None] + X[:, 0][None, None, :])


def never(theta: Array, X: Array, lengths: IntArray | None) -> Array:
    raise AssertionError("nothing overflowed in single precision, and it was computed again")


THETA = np.array([[10], [20], [30]], np.float32)
X = np.array([[1], [2], [3], [4]], np.float32)


def test_finite_outputs_are_handed_on_as_they_are() -> None:
    z = np.ones((3, 1, 4), np.float32)
    assert within_double(z, never, THETA, X, None) is z


@pytest.mark.parametrize("value", [INF, -INF, NAN])
def test_members_and_rows_that_overflowed_alone_are_computed_again(value: float) -> None:
    z = np.full((3, 1, 4), 7, np.float32)
    z[0, 0, 1], z[2, 0, 3] = value, -value
    outputs = Twice()
    found = within_double(z, outputs, THETA, X, None)
    expected = np.full((3, 1, 4), 7.0)
    expected[0, 0, 1], expected[2, 0, 3] = 12, 34  # θ + x; those at (0, 3) and (2, 1) keep their 7
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)
    ((theta, rows, lengths),) = outputs.asked
    assert (theta.dtype, rows.dtype, lengths) == (np.float64, np.float64, None)
    assert (theta.tolist(), rows.tolist()) == ([[10], [30]], [[2], [4]])
    assert not np.isfinite(z[0, 0, 1])  # what was given is left alone


def test_sequences_take_their_lengths_along() -> None:
    z = np.zeros((3, 1, 4), np.float32)
    z[1, 0, 2] = INF
    outputs = Twice()
    within_double(z, outputs, THETA, X, np.array([5, 6, 7, 8]))
    lengths = outputs.asked[0][2]
    assert lengths is not None
    assert lengths.tolist() == [7]


def test_in_double_there_is_nothing_wider_and_what_overflowed_is_no_number() -> None:
    z = np.array([[[1.0, INF, -INF, NAN]]])
    found = within_double(z, never, THETA[:1].astype(np.float64), X.astype(np.float64), None)
    np.testing.assert_array_equal(found, [[[1, NAN, NAN, NAN]]])


def test_what_overflows_in_double_too_is_no_number() -> None:
    def overflowing(theta: Array, X: Array, lengths: IntArray | None) -> Array:
        return np.full((1, 1, 1), -INF)

    z = np.array([[[INF, 2]]], np.float32)
    found = within_double(z, overflowing, THETA[:1], X[:2], None)
    np.testing.assert_array_equal(found, [[[NAN, 2]]])


def test_a_number_of_double_beyond_single_precision_is_its_limit_without_a_warning() -> None:
    def huge(theta: Array, X: Array, lengths: IntArray | None) -> Array:
        return np.full((1, 1, 1), -1e300)

    z = np.full((1, 1, 1), NAN, np.float32)
    np.testing.assert_array_equal(within_double(z, huge, THETA[:1], X[:1], None), [[[-INF]]])


def test_only_the_output_that_overflowed_is_replaced() -> None:
    def both(theta: Array, X: Array, lengths: IntArray | None) -> Array:
        return np.array([[[5.0], [6.0]]])

    z = np.array([[[INF], [1.5]]], np.float32)  # of K = 2 outputs the first
    np.testing.assert_array_equal(within_double(z, both, THETA[:1], X[:1], None), [[[5], [1.5]]])
