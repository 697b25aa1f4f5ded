"""Trees of formulas: how they are built, walked and changed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from shoal.formulas.nodes import (
    A,
    Add,
    Call,
    Equation,
    Number,
    Product,
    Symbol,
    Y,
    Z,
    call,
    children,
    dotted,
    elementwise,
    equation,
    in_layer,
    indexed,
    parameter,
    symbols,
)


def test_one_factor_is_no_product() -> None:
    assert dotted(Z) is Z
    assert elementwise(Z) is Z
    assert dotted(Z, A) == Product((Z, A), "·")
    assert elementwise(Z, A) == Product((Z, A), "⊙")


def test_an_equation_says_nothing_twice_in_a_row() -> None:
    assert equation(Z, Z, A, A, Z) == Equation((Z, A, Z))


def test_symbols_come_from_left_to_right_as_often_as_they_stand() -> None:
    assert list(symbols(A * (Z + A) / Y)) == [A, Z, A, Y]
    assert list(symbols(Number(1))) == []
    assert list(children(call("max", Z, 0))) == [Z, Number(0)]


def test_only_z_and_a_belong_to_a_layer() -> None:
    slope = parameter("α", "slope")
    found = in_layer(Call("max", (Z * slope, A - Y)), "2")
    assert list(symbols(found)) == [Symbol("z", "2"), slope, Symbol("a", "2"), Y]


def test_indices_come_and_go() -> None:
    entry = indexed(Add((A, Y, parameter("α", "slope"))), "k")
    assert [symbol.indices for symbol in symbols(entry)] == [("k",), ("k",), ()]
    assert indexed(entry) == Add((A, Y, parameter("α", "slope")))


def test_a_formula_is_a_value() -> None:
    tree = Product((Z, A))
    assert tree == Product(factors=(Z, A), sign="") == copy.deepcopy(tree)
    assert tree != Add((Z, A))
    assert len({tree, Product((Z, A)), Product((A, Z))}) == 2
    assert repr(Number(2.0)) == "Number(value=2.0, text='')"
    with pytest.raises(AttributeError, match="whose sign stays"):
        tree.sign = "·"  # type: ignore[misc]


def test_another_value_is_made_by_replacing_parts() -> None:
    assert Z.replaced(layer="2", sample="n") == Symbol("z", "2", (), "n")
    assert Symbol("z") == Z


@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), ((1.0, "", 3), {}), ((1.0,), {"value": 2.0}), ((1.0,), {"colour": "red"})],
    ids=["missing", "too many", "twice", "unknown"],
)
def test_other_parts_than_a_formula_has_are_refused(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"^Number has the parts \('value', 'text'\), got"):
        Number(*values, **named)
