"""Sentences with formulas in them: in the order of their places, with braces that are meant as such."""

from __future__ import annotations

import pytest

from shoal.explanation.blocks import cell, line
from shoal.formulas.nodes import A, Z


def test_values_stand_where_the_sentence_names_them_as_often_as_it_does() -> None:
    assert line("{a}, then {z} and {a}", a=A, z=Z) == (A, ", then ", Z, " and ", A)
    assert line("{z}", z=Z) == (Z,)
    assert line("nothing to fill in") == ("nothing to fill in",)
    assert line("") == ()


def test_doubled_braces_are_braces_and_those_of_a_value_stay() -> None:
    assert "".join(line("the set {{1, 2}} of {what}", what="{x}")) == "the set {1, 2} of {x}"


def test_a_value_that_the_sentence_does_not_name_is_not_shown_and_one_that_is_missing_is_an_error() -> None:
    assert line("where {z} is", z=Z, a=A) == ("where ", Z, " is")
    with pytest.raises(KeyError, match="'a'"):
        line("where {a} is")


def test_a_cell_takes_braces_as_they_are() -> None:
    assert cell("{z}") == ("{z}",)
    assert cell(Z) == (Z,)
