"""Numbers on a page: four digits, and an end to long ones."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.explanation.numerals import grid, numeral, numerals, shown, vector
from shoal.formulas.nodes import Number, Vector


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (12345.0, "1.234e4"),
        (1e100, "1e100"),
        (-1e-10, "−1e-10"),
        (float("nan"), "undefined"),
        (float("-inf"), "−∞"),
        (99999.9, "1e5"),
    ],
)
def test_a_number_is_short_and_has_a_real_minus_sign(value: float, text: str) -> None:
    assert shown(value) == text


def test_a_number_in_a_formula_keeps_its_sign_apart_from_its_digits() -> None:
    assert numeral(-0.25) == Number(-0.25, "0.25")


def test_five_entries_are_shown_and_the_rest_is_dots() -> None:
    assert numerals(np.array([2.0])) == Number(2.0, "2")
    assert numerals(np.arange(5.0)) == Vector(tuple(Number(float(i), str(i)) for i in range(5)))
    six = numerals(np.arange(6.0))
    assert isinstance(six, Vector)
    assert six.entries[-1] == Number(0, "⋯")
    assert len(six.entries) == 6
    assert (vector(np.arange(5.0)), vector(np.array([[7.0]]))) == ("(0, 1, 2, 3, 4)", "7")


def test_a_matrix_is_cut_where_there_is_too_much_to_read() -> None:
    head, body = grid(np.zeros((10, 8)), [f"r{i}" for i in range(10)], list("abcdefgh"))
    assert head == ["", *"abcdefgh"]
    assert [len(row) for row in body] == [9] * 10
    head, body = grid(np.ones((12, 9)), [f"r{i}" for i in range(12)], list("abcdefghi"))
    assert head == ["", *"abcdefgh", "⋯"]
    assert body[9] == ["r9", *["1"] * 8, "⋯"]
    assert body[10] == ["⋯ 2 more", *["⋯"] * 9]
    assert len(body) == 11
