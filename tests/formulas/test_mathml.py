from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from shoal.formulas.mathml import mathml
from shoal.formulas.nodes import A, Cases, Expression, Number, Partial, Symbol, Total, Y, Z, call


@pytest.mark.parametrize(
    ("tree", "outer"),
    [
        (Symbol("W", "3", ("i", "j"), "n"), "msubsup"),
        (Symbol("W", "3"), "msub"),
        (Symbol("a", sample="n"), "msup"),
        (Partial(A, Z), "mfrac"),
        (Total("k", A), "mrow"),
        (Cases(A, A, Y, Z), "mrow"),
        (call("sqrt", Z), "msqrt"),
    ],
)
def test_a_formula_is_one_element(tree: Expression, outer: str) -> None:
    assert ET.fromstring(mathml(tree)).tag == outer  # noqa: S314 - our own formula


def test_letters_are_no_markup() -> None:
    assert mathml(Symbol("<b>")) == "<mi>&lt;b&gt;</mi>"
    assert mathml(Symbol("z", "<")) == "<msub><mi>z</mi><mi>&lt;</mi></msub>"


def test_powers_of_ten_have_no_figures_to_spare() -> None:
    assert mathml(Number(2e-7)) == ("<mrow><mn>2</mn><mo>·</mo><msup><mn>10</mn><mn>−7</mn></msup></mrow>")


def test_numbers_below_a_letter_are_numbers() -> None:
    assert mathml(Symbol("W", "3", ("i",))) == (
        "<msub><mi>W</mi><mrow><mn>3</mn><mo>,</mo><mi>i</mi></mrow></msub>"
    )
