"""Formulas as numbers, node by node."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm

from shoal.formulas.evaluation import evaluate
from shoal.formulas.nodes import (
    A,
    Cases,
    Expression,
    L,
    Number,
    Partial,
    Power,
    Quotient,
    Same,
    Total,
    Y,
    Z,
    call,
    parameter,
)

VALUES = {"a": np.array([[1.0, 2.0], [3.0, 4.0]]), "y": np.array([[0.5, 2.0], [3.0, -1.0]])}


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (A - Y, [[0.5, 0], [0, 5]]),
        (-A * Number(2), [[-2, -4], [-6, -8]]),
        (Quotient(Number(1), A), [[1, 1 / 2], [1 / 3, 1 / 4]]),
        (Power(A, Number(3)), [[1, 8], [27, 64]]),
        (call("max", Y, 1), [[1, 2], [3, 1]]),
        (call("sign", Y), [[1, 1], [1, -1]]),
        (Cases(A, A, Y, Number(0)), [[1, 0], [0, 4]]),  # greater, not as great
        (call("Φ", Y), norm.cdf(VALUES["y"])),
        (call("σ", Y), 1 / (1 + np.exp(-VALUES["y"]))),
    ],
)
def test_values(tree: Expression, expected: object) -> None:
    np.testing.assert_allclose(evaluate(tree, VALUES), expected)


def test_letters_of_hyper_parameters_are_their_owners() -> None:
    owner = SimpleNamespace(slope=0.25)
    np.testing.assert_allclose(evaluate(A * parameter("α", "slope"), VALUES, owner)[0], [0.25, 0.5])


def test_indices_are_axes() -> None:
    outer = evaluate(A["k"] * Y["j"], VALUES)
    np.testing.assert_allclose(outer, VALUES["a"][:, None] * VALUES["y"][None])
    np.testing.assert_array_equal(evaluate(Same("k", "j"), VALUES)[..., 0], np.eye(2))
    total = evaluate(Total("j", A["j"]), VALUES)
    np.testing.assert_array_equal(total, VALUES["a"].sum(axis=0)[None, None])


def test_a_letter_without_a_value_and_a_node_without_one_are_errors_of_the_programmer() -> None:
    with pytest.raises(KeyError):
        evaluate(Z, VALUES)
    with pytest.raises(TypeError, match="no value for"):
        evaluate(Partial(L, Z), VALUES)
