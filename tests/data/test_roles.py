from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.data.roles import Roles
from shoal.errors import DataError


def groups(*values: Any) -> list[str]:
    found = Roles(group="g").groups(pl.DataFrame({"g": values}, strict=False))
    assert found is not None
    return found.to_list()


@pytest.mark.parametrize(
    ("written", "group"),
    [
        *((text, "1") for text in ("1", "1.0", "01", "+1", "1e0", " 1 ", "10e-1")),
        *((text, "120") for text in ("120", "12e1", "120.00")),
        *((text, "-0.5") for text in ("-0.5", "-.50", "-5e-1")),
        ("0.0", "0"),
        ("12345678901234567890123456789012345", "12345678901234567890123456789012345"),
        *((text, "1E+99") for text in ("1e99", "10e98")),
        *((text, text) for text in ("P1", "1_0", "1,5", "a.0", "١", "1e999999999", "1e99999999999999999999")),
    ],
)
def test_equal_numbers_are_one_group_however_they_are_written(written: str, group: str) -> None:
    assert groups(written, "x") == [group, "x"]


def test_numbers_of_any_type_and_texts_of_them_are_one_group() -> None:
    assert groups(7, 8) == groups(7.0, 8.0) == groups("7", "8.0") == ["7", "8"]


def test_two_long_numbers_are_two_groups() -> None:
    near = ("9007199254740992", "9007199254740993")
    assert groups(*near) == list(near)


@pytest.mark.parametrize("nothing", ["-", "--", None])
def test_a_row_without_a_group_is_named(nothing: str | None) -> None:
    with pytest.raises(DataError, match=r"'g' .* is missing in 1 of 3 rows, the first of them data row 2"):
        groups("P", nothing, "Q")


def test_a_weight_that_is_no_number_cannot_be_left_empty() -> None:
    roles = Roles(weight="w")
    for wrong in ("heavy", "1e400"):
        with pytest.raises(DataError, match="correct them, or leave their rows out with 0"):
            roles.weights(pl.DataFrame({"w": ["1", wrong, "2"]}))
    with pytest.raises(DataError, match="fill it or leave those rows out"):
        roles.weights(pl.DataFrame({"w": ["1", None, "2"]}))
    found = roles.weights(pl.DataFrame({"w": ["1", "0", "2.5"]}))
    assert found is not None
    assert np.array_equal(found, [1, 0, 2.5])


def test_zeros_are_one_group() -> None:
    assert groups("0", "-0", "0.0", "-0.0", "0e7") == ["0"] * 5
