"""Whatever a tree is, people who read it in any notation read what it computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from shoal.formulas.evaluation import evaluate
from shoal.formulas.latex import latex
from shoal.formulas.mathml import mathml
from shoal.formulas.nodes import (
    A,
    Add,
    Call,
    Cases,
    Expression,
    L,
    Negative,
    Number,
    Partial,
    Power,
    Product,
    Quotient,
    Sign,
    Symbol,
    Total,
    Transposed,
    Y,
    Z,
    dotted,
    elementwise,
    exp,
)
from shoal.formulas.notation import FormulaNotation
from shoal.formulas.text import text

NOTATIONS: dict[str, FormulaNotation] = {"text": text, "latex": latex, "mathml": mathml}
VALUES = {"z": 0.7, "a": -1.3, "y": 2.1}
SIGNS: tuple[Sign, ...] = ("", "·", "⊙")


def deeper(part: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Negative, part),
        st.builds(Add, st.lists(part, min_size=2, max_size=3).map(tuple)),
        st.builds(Product, st.lists(part, min_size=2, max_size=3).map(tuple), st.sampled_from(SIGNS)),
        st.builds(Quotient, part, part),
        st.builds(Power, part, st.sampled_from([Number(2), Number(3), Negative(Number(2)), Add((Z, Y))])),
        st.builds(lambda f, x: Call(f, (x,)), st.sampled_from(["exp", "tanh", "sqrt", "ln"]), part),
        st.builds(lambda f, x, y: Call(f, (x, y)), st.sampled_from(["max", "min"]), part, part),
        st.builds(Cases, part, part, part, part),
    )


trees = st.recursive(
    st.sampled_from([Z, A, Y, Number(2), Number(0.5), Number(-1.5), Number(1e-7)]), deeper, max_leaves=8
)


@pytest.mark.parametrize("name", NOTATIONS)
@given(tree=trees)
@example(tree=Number(1e-7) ** 2)
@example(tree=Z - (A - Y))
@example(tree=Z / (A / Y))
@example(tree=Z / A / Y)
@example(tree=Z * (A / Y))
@example(tree=Negative(Z) ** 2)
@example(tree=(Z / A) ** 2)
@example(tree=exp(Z) ** 2)
@example(tree=Z * Number(-2))
@example(tree=Z - Number(-2))
@example(tree=Cases(Cases(Z, A, Y, Z), Z, Y, A) * 2)
def test_what_is_written_is_read_as_what_it_computes(
    name: str, tree: Expression, read: Callable[[str, str, Mapping[str, float]], float]
) -> None:
    with np.errstate(all="ignore"):
        value = float(evaluate(tree, {letter: np.array(x) for letter, x in VALUES.items()}))
    assume(np.isfinite(value) and abs(value) < 1e12)
    try:
        found = read(name, NOTATIONS[name](tree), VALUES)
    except (OverflowError, ZeroDivisionError, ValueError):  # a part that does not matter is not finite
        assume(False)
    assume(isinstance(found, float))
    np.testing.assert_allclose(found, value, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", NOTATIONS)
def test_a_distance_is_between_bars(
    name: str, read: Callable[[str, str, Mapping[str, float]], float]
) -> None:
    assert read(name, NOTATIONS[name](2 * Call("abs", (A - Y,))), VALUES) == pytest.approx(6.8)


def test_a_node_without_notation_is_an_error_of_the_programmer() -> None:
    class Strange(Expression):
        pass

    with pytest.raises(TypeError, match="no notation for"):
        text(Strange())
    with pytest.raises(TypeError, match="no value for"):
        evaluate(Strange(), {})


def test_the_signs_of_the_lecture() -> None:
    W, a, delta = Symbol("W", "3"), Symbol("a", "2"), Symbol("δ", "3")
    tree = dotted(Partial(L, W), elementwise(Transposed(W) * delta, Total("n", a["j"])))
    assert text(tree) == "∂L/∂W3 · W3ᵀ δ3 ⊙ Σ_n a2[j]"
    assert r"\frac{\partial L}{\partial W_{3}}" in latex(tree)
    assert r"W_{3}^{\top} \, \delta_{3} \odot \sum_{n} a_{2,j}" in latex(tree)
    assert "<msup><msub><mi>W</mi><mn>3</mn></msub><mo>⊤</mo></msup>" in mathml(tree)
