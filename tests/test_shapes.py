from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from shoal.errors import ConfigurationError, DataError
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.selection.samples.attributes import Attributes
from shoal.sequences import Sequences
from shoal.shapes import (
    Array,
    all_finite,
    finite_rows,
    in_dtype,
    is_number,
    per_member,
    require_finite,
    require_unmasked,
    unmasked,
    whole_number,
)

NOT_NUMBERS = r"X must be numbers, not text or dates \(.+\); encode them first"
SHAPE = r"X must have shape \(N, n\), one row for each sample, got {}; reshape it"


@pytest.mark.parametrize("value", [1, np.uint8(7), 2**63 - 1])
def test_whole_numbers_are_those_that_engines_count_to(value: int) -> None:
    assert whole_number(value, "epochs") == int(value)
    with pytest.raises(ConfigurationError, match=r"epochs must be at most 2\*\*63 - 1, got 922337203685"):
        whole_number(2**63, "epochs")


def matrices() -> st.SearchStrategy[Array]:
    """Return finite float arrays (N, n)."""
    return arrays(np.float64, array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1e6, 1e6))


@given(matrices())
def test_rows_are_taken_as_they_are(X: Array) -> None:
    assert finite_rows(X, "X", X.shape[1]) is X
    assert np.array_equal(finite_rows(X, "X"), X)
    assert np.array_equal(finite_rows(X.tolist(), "X"), X)
    assert np.array_equal(finite_rows(np.asfortranarray(X), "X"), X)
    assert np.array_equal(finite_rows(X[:, 0], "X", 1), X[:, :1])


@pytest.mark.parametrize("row", [0, 1, 2])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_of_a_large_array_every_part_is_looked_at(
    row: int, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shoal.shapes.AT_A_TIME", 4)
    X = np.ones((3, 5), np.float32)
    assert all_finite(X)
    assert all_finite(X[:0])
    X[row, 4] = value
    assert not all_finite(X)
    assert not all_finite(X[:, 4])


@pytest.mark.parametrize(
    ("given_dtype", "dtype"),
    [
        ("float32", "float32"),
        ("float64", "float64"),
        ("float16", "float64"),
        ("int64", "float64"),
        ("bool", "float64"),
    ],
)
def test_float32_stays_and_the_rest_becomes_float64(given_dtype: str, dtype: str) -> None:
    assert finite_rows(np.ones((2, 2), given_dtype), "X").dtype == dtype


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([["a", "b"]], NOT_NUMBERS),
        ([[1, 2], [3]], NOT_NUMBERS),
        ({"a": 1}, NOT_NUMBERS),
        (np.ones((2, 2)) * 1j, NOT_NUMBERS),
        (np.array([["2020-01-01"]], "datetime64[D]"), NOT_NUMBERS),
        (None, SHAPE.format(r"\(\)")),
        (3.0, SHAPE.format(r"\(\)")),
        (np.zeros((2, 3, 4)), SHAPE.format(r"\(2, 3, 4\)")),
        (np.zeros((0, 3)), "X has no rows; at least one sample is needed"),
        ([], "X has no rows; at least one sample is needed"),
        (np.zeros((2, 3)), "X has 3 columns, the network takes 2; give it the columns that it was built for"),
        ([1, 2], "X has 1 columns, the network takes 2; give it the columns that it was built for"),
        (
            [[0, 1], [np.nan, -np.inf]],
            r"X has 2 NaN or infinite values, the first at \(1, 0\); fill or drop them before training",
        ),
    ],
    ids=str,
)
def test_rows_that_are_refused(X: object, message: str) -> None:
    with pytest.raises(DataError) as error:
        finite_rows(X, "X", 2)  # type: ignore[arg-type]
    assert re.fullmatch(message, str(error.value))


def test_the_first_of_what_is_not_finite_is_named() -> None:
    require_finite(np.ones((2, 3)), "y")
    with pytest.raises(DataError, match=r"y has 1 NaN or infinite values, the first at \(1, 2\)"):
        require_finite(np.array([[1, 2, 3], [4, 5, np.inf]]), "y")


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_change_their_dtype_and_become_contiguous(order: str) -> None:
    X = np.asarray([[1.5, -2], [0, 3e38]], order=order)
    converted = in_dtype(X, "float32", "X")
    assert converted.dtype == np.float32
    assert converted.flags.c_contiguous
    np.testing.assert_allclose(converted, X, rtol=1e-7)


def test_numbers_too_large_for_the_dtype_are_refused() -> None:
    expected = "X reaches 4e+38, too large for float32; rescale it, or use dtype='float64'"
    with pytest.raises(DataError) as error:
        in_dtype(np.array([1.0, -4e38]), "float32", "X")
    assert str(error.value) == expected
    assert in_dtype(np.array([1.0, -4e38]), "float64", "X")[1] == -4e38


def test_one_number_is_given_to_every_member() -> None:
    assert per_member(2, "l2", 3, "float64").tolist() == [2, 2, 2]
    assert per_member([1, 0, 2.5], "l2", 3, "float32").tolist() == [1, 0, 2.5]
    assert per_member([1, 0, 2.5], "l2", 3, "float32").dtype == np.float32


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, 2], "l2 must be one number or one for each of the 3 members, got shape (2,)"),
        ([[1, 2, 3]], "l2 must be one number or one for each of the 3 members, got shape (1, 3)"),
        (-1, "l2 must be finite and not negative, got -1"),
        ([1, -2, -3], "l2 must be finite and not negative, got -2"),
        (np.inf, "l2 must be finite and not negative, got inf"),
        ([0, np.nan, 1], "l2 must be finite and not negative, got nan"),
        (
            "x",
            "l2 must be one number or one for each of the 3 members: could not convert string to float: 'x'",
        ),
    ],
)
def test_member_numbers_that_are_refused(value: object, message: str) -> None:
    with pytest.raises(DataError) as error:
        per_member(value, "l2", 3, "float64")  # type: ignore[arg-type]
    assert str(error.value) == message


@pytest.mark.parametrize("value", [0, 1.5, np.float32(2), np.int8(3), float("inf")])
def test_numbers(value: object) -> None:
    assert is_number(value)


@pytest.mark.parametrize("value", [True, np.True_, "1", None, [1], np.array([1.0]), 1j])
def test_what_is_no_number(value: object) -> None:
    assert not is_number(value)


def test_whole_numbers() -> None:
    assert whole_number(np.int64(3), "epochs") == 3
    assert type(whole_number(np.int64(3), "epochs")) is int
    assert whole_number(0, "start", least=0) == 0


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", True, None, float("nan")])
def test_what_is_no_whole_number(value: object) -> None:
    with pytest.raises(ConfigurationError) as error:
        whole_number(value, "epochs")
    assert str(error.value) == f"epochs must be a whole number ≥ 1, got {value!r}"


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_, object, "U3", "datetime64[D]"])
def test_what_is_masked_is_missing_and_nothing_else(dtype: Any) -> None:
    values = np.array([1, 0, 1]).astype(dtype)
    assert unmasked(values) is values
    masked = np.ma.masked_array(values, mask=[False, True, False])
    found = unmasked(masked)
    assert type(found) is np.ndarray
    assert [found[0], found[2]] == [values[0], values[2]]
    assert found[1] is None or found[1] != found[1]
    assert unmasked(np.ma.masked_array(values)).dtype == values.dtype
    with pytest.raises(DataError, match=r"X is masked at 1 of 3 places, the first \(1,\)"):
        require_unmasked(masked, "X")
    require_unmasked(np.ma.masked_array(values), "X")


def test_networks_are_not_given_what_a_mask_hides() -> None:
    X, y = np.ones((4, 2)), np.array([0.0, 1.0, 0.0, 1.0])
    network = Network(2, [Dense(1)], loss="squared_error")
    hidden = {name: np.ma.masked_array(values, mask=values == 1) for name, values in (("X", X), ("y", y))}
    for name, values in hidden.items():
        with pytest.raises(DataError, match=f"{name} is masked at"):
            train(network, **({"X": X, "y": y} | {name: values}), epochs=1)
    with pytest.raises(DataError, match="sample_weight is masked at 2 of 4 places"):
        train(network, X, y, sample_weight=hidden["y"], epochs=1)
    with pytest.raises(DataError, match="X is masked at 4 of 4 places"):
        Sequences(hidden["X"][:2, None], [2, 2])
    for name in ("groups", "times", "sample_weight"):
        with pytest.raises(DataError, match=f"{name} is masked at"):
            Attributes.of(4, **{name: hidden["y"]})
