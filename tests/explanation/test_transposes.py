"""The transposes of the lecture's network, whose layers have 2, 3, 2 and 1 units, on four samples."""

from __future__ import annotations

import pytest

from shoal.explanation.blocks import Formula, Heading, Paragraph
from shoal.explanation.derivation import Derivation
from shoal.explanation.explanation import Explanation
from shoal.explanation.transposes import transposes
from shoal.formulas.text import text


def derivation(lecture: Explanation, name: str) -> Derivation:
    (found,) = [
        each.derivation
        for each in lecture.comparisons
        if f"{each.derivation.name}{each.derivation.step.number}" == name
    ]
    return found


def told(lecture: Explanation, name: str) -> list[str]:
    """Return what is said of a parameter's transposes, a line for each block."""
    lines: list[str] = []
    for block in transposes(lecture, derivation(lecture, name)):
        if isinstance(block, Formula):
            lines.append(text(block.tree))
        else:
            assert isinstance(block, Heading | Paragraph)
            lines.append("".join(part if isinstance(part, str) else text(part) for part in block.line))
    return lines


def test_the_bias_has_nothing_to_turn(lecture: Explanation) -> None:
    (line,) = told(lecture, "b2")
    assert "(2 × 4) (4 × 1) = (2 × 1). There is nothing to transpose." in line


@pytest.mark.parametrize(
    ("name", "index", "shapes"),
    [
        ("W1", "∂J/∂W1[i,j] = 1/N Σ_n δ1[i,n] x[j,n]", "δ1 xᵀ fits: (3 × 4) (4 × 2) = (3 × 2). The 4 in"),
        ("W2", "∂J/∂W2[i,j] = 1/N Σ_n δ2[i,n] a1[j,n]", "δ2 a1ᵀ fits: (2 × 4) (4 × 3) = (2 × 3). The 4 in"),
        ("W3", "∂J/∂W3[i,j] = 1/N Σ_n δ3[i,n] a2[j,n]", "δ3 a2ᵀ fits: (1 × 4) (4 × 2) = (1 × 2). The 4 in"),
    ],
)
def test_one_product_alone_has_the_shape_of_the_weights(
    lecture: Explanation, name: str, index: str, shapes: str
) -> None:
    lines = told(lecture, name)
    assert index in lines
    assert any(shapes in line for line in lines)


def test_going_back_sums_along_the_columns_of_the_layer_above(lecture: Explanation) -> None:
    lines = told(lecture, "W1")
    assert "∂L/∂a1[j] = Σ_i W2[i,j] δ2[i]" in lines
    assert "W2ᵀ δ2 is (3 × 2) (2 × 4) = (3 × 4), the shape of a1" in lines[-1]


def test_above_the_last_layer_there_is_nothing_to_go_back_through(lecture: Explanation) -> None:
    assert any(line.startswith("And the transpose of W3?") for line in told(lecture, "W2"))
    assert not any(line.startswith("And the transpose") for line in told(lecture, "W3"))
