from __future__ import annotations

import pytest

from shoal.formulas.nodes import (
    A,
    Cases,
    Expression,
    L,
    Partial,
    Power,
    Symbol,
    Total,
    Transposed,
    Y,
    Z,
    call,
)
from shoal.formulas.text import text


@pytest.mark.parametrize(
    ("tree", "written"),
    [
        (Symbol("W", "3", ("i", "j"), "n"), "W3[i,j,n]"),
        (Partial(L, Symbol("W", "3")), "∂L/∂W3"),
        (Transposed(Symbol("a", "2")), "a2ᵀ"),
        (Power(Z, call("abs", A)), "z^|a|"),
        ((A - Y) ** 2 / 2, "(a − y)²/2"),
        (Total("k", call("sqrt", A)), "Σ_k √(a)"),
        (Cases(A, A, Y, Z), "a if a > y else z"),
        (call("g′", Z, layer="2"), "g′2(z)"),
    ],
)
def test_formulas_stand_on_one_line(tree: Expression, written: str) -> None:
    assert text(tree) == written
