"""The letters of a layer below the dense ones: primed, numbered, Greek where they are, with an arrow back."""

from __future__ import annotations

import pytest

from shoal.explanation.form import Letters
from shoal.formulas.text import text


def test_the_first_layer_is_given_x_and_others_what_the_one_before_gives() -> None:
    assert [text(Letters(number).taken) for number in (1, 2, 3)] == ["x′", "a1′", "a2′"]


def test_own_letters_have_the_number_of_the_layer() -> None:
    assert [text(Letters(2).own(name)) for name in ("z", "δ", "a")] == ["z2′", "δ2′", "a2′"]
    assert text(Letters(2).own("a")["t-1"]) == "a2′[t-1]"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("W", "W3′"),
        ("gamma", "γ3′"),
        ("beta", "β3′"),
        ("gamma_W", "γW3′"),
        ("beta_c", "βc3′"),
        ("W_reverse", "W←3′"),
        ("gamma_R_reverse", "γ←R3′"),
        ("h0", "h03′"),
    ],
)
def test_a_parameter_has_its_letter_and_part_and_an_arrow_in_reverse(name: str, told: str) -> None:
    assert text(Letters(3).parameter(name)) == told
