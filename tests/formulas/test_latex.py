from __future__ import annotations

import pytest

from shoal.formulas.latex import latex
from shoal.formulas.nodes import (
    A,
    Expression,
    L,
    Number,
    Partial,
    Symbol,
    Transposed,
    Y,
    Z,
    call,
    elementwise,
)


@pytest.mark.parametrize(
    ("tree", "written"),
    [
        (Symbol("δ", "3", ("i", "j"), "n"), r"\delta_{3,i j}^{(n)}"),
        (Partial(L, Symbol("W", "3")), r"\frac{\partial L}{\partial W_{3}}"),
        (Transposed(Symbol("a", "2")), r"a_{2}^{\top}"),
        (elementwise(A, Y), r"a \odot y"),
        (call("abs", Z), r"\left\lvert z \right\rvert"),  # no bare bar, which would end the cell of a table
        (call("g′", Z, layer="2"), r"g'_{2}\left( z \right)"),
        (call("sign", Z), r"\operatorname{sign}\left( z \right)"),
        (Number(-1.5e-7), r"-1.5 \cdot 10^{-7}"),
    ],
)
def test_formulas_are_written_for_tex(tree: Expression, written: str) -> None:
    assert latex(tree) == written
