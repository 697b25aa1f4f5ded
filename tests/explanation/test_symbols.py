from __future__ import annotations

import pytest

from shoal.explanation.derivation import derive
from shoal.explanation.explanation import Explanation
from shoal.explanation.symbols import delta_rule, lecture_product, matrix_product
from shoal.formulas.text import text


@pytest.mark.parametrize(
    ("number", "product", "matrices"),
    [
        (0, "(a3 − y) · a2", "1/N δ3 a2ᵀ"),
        (1, "a3 − y", "1/N δ3 1"),
        (4, "(a3 − y) · W3 · g′(z2) · W2 · g′(z1) · x", "1/N δ1 xᵀ"),
    ],
)
def test_a_gradient_is_a_product_and_the_same_in_matrices(
    lecture: Explanation, number: int, product: str, matrices: str
) -> None:
    loss, steps = lecture.network.criterion, lecture.trace.steps
    derivation = derive(lecture.trace, loss)[number]
    assert text(lecture_product(derivation, loss, steps)) == product
    assert text(matrix_product(derivation)) == matrices


def test_delta_comes_from_the_loss_and_then_from_the_layer_above(lecture: Explanation) -> None:
    loss, steps = lecture.network.criterion, lecture.trace.steps
    assert text(delta_rule(steps[2], steps, loss)) == "a3 − y"
    assert text(delta_rule(steps[0], steps, loss)) == "W2ᵀ δ2 ⊙ g′(z1)"
