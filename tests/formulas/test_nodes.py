"""Trees of formulas: how they are built, walked and changed."""

from __future__ import annotations

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
