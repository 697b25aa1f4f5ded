"""Sequences of unequal lengths on their way in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal import Dense, Flatten, Network, Sequences
from shoal.errors import DataError
from shoal.sequences import filled, joined, lengths_of


def test_what_lies_beyond_the_end_is_zero_whatever_it_was() -> None:
    X = np.full((3, 2, 4), np.nan, np.float32)
    X[0], X[1, :, :1], X[2, :, :3] = 1, 2, 3
    samples = Sequences(X, np.array([4, 1, 3], np.uint8))
    assert samples.X.dtype == np.float32
    assert samples.X[:, 1].tolist() == [[1, 1, 1, 1], [2, 0, 0, 0], [3, 3, 3, 0]]
    assert np.isnan(X[1, 0, 1])  # the caller's array stays as it was
    assert np.asarray(samples).shape == (len(samples), 2, 4)
    assert samples.lengths.tolist() == [4, 1, 3]


def test_missing_values_inside_a_sequence_are_refused_and_those_beyond_its_end_are_not() -> None:
    network = Network((1, 3), [Flatten(), Dense(1)])
    population = network.population(2)
    beyond = Sequences([[[1.0, 2.0, np.nan]]], [2])
    assert np.isfinite(population.outputs(beyond)).all()
    with pytest.raises(DataError, match="X has 1 NaN or infinite values"):
        population.outputs(Sequences([[[1.0, np.nan, 3.0]]], [3]))


def test_arrays_of_unequal_lengths_are_padded() -> None:
    samples = Sequences.of([np.ones((2, 3)), np.full((2, 1), 5)], steps=4)
    assert samples.X.shape == (2, 2, 4)
    assert samples.X.sum(axis=(1, 2)).tolist() == [6, 10]
    assert lengths_of(samples) is samples.lengths
    assert lengths_of(Sequences.of([[1, 2], [3, 4]])) is None


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Sequences(np.ones((2, 1, 3)), [3]), r"lengths must be 2 whole numbers.*shape \(1,\)"),
        (lambda: Sequences(np.ones((2, 1, 3)), [3.0, 1.0]), "lengths must be 2 whole numbers.*float64"),
        (lambda: Sequences(np.ones((2, 1, 3)), [3, 4]), "from 1 to the 3 steps of X, got 4 for sample 1"),
        (lambda: Sequences(np.ones((2, 1, 3)), [0, 3]), "from 1 to the 3 steps of X, got 0 for sample 0"),
        (lambda: Sequences(np.ones(3), [1, 1, 1]), r"X must have shape \(N, C, T\).*got \(3,\)"),
        (lambda: Sequences([[[1.0]], [[1.0, 2.0]]], [1, 2]), "padded to one T"),
        (lambda: Sequences([[["a"]]], [1]), "X must be numbers"),
        (lambda: Sequences.of([]), "there is no sequence"),
        (lambda: Sequences.of(["text"]), r"a sequence is an array \(C, T\) of numbers"),
        (lambda: Sequences.of([np.ones((1, 3)), np.ones((2, 3))]), r"sequence 1 has shape \(2, 3\)"),
        (lambda: Sequences.of([[1.0], []]), "got 0 for sample 1"),
        (lambda: Sequences.of([[1.0], [1.0, 2.0]], steps=1), "sequence 1 has 2 steps, more than steps=1"),
    ],
)
def test_what_is_no_sequence_is_refused(build: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        build()


def test_parts_are_joined_at_the_longest() -> None:
    X = Sequences.of([[1, 2, 3], [4], [5, 6]])
    both = joined([X[:2], X[1:].padded(5)])
    assert isinstance(both, Sequences)
    assert both.shape == (4, 1, 5)
    np.testing.assert_array_equal(both.X[:, 0, :3], [[1, 2, 3], [4, 0, 0], [4, 0, 0], [5, 6, 0]])
    np.testing.assert_array_equal(both.lengths, [3, 1, 1, 2])
    with pytest.raises(DataError, match="cannot be padded to 2"):
        X.padded(2)


def test_gaps_are_bridged_by_lines_and_the_nearest_value() -> None:
    gaps = np.array([[np.nan, 2, np.nan, np.nan, 8, np.nan], [1, 2, 3, 4, 5, 6], [np.nan] * 6])
    bridged = filled(gaps)
    np.testing.assert_array_equal(bridged[:2], [[2, 2, 4, 6, 8, 8], [1, 2, 3, 4, 5, 6]])
    assert np.isnan(bridged[2]).all()
    assert np.isnan(gaps[0, 0])  # what was given stays as it is
