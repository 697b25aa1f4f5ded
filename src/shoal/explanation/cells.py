"""What recurrent cells compute and how their gradients go back, as formulas; steps are the index t."""

from __future__ import annotations

from dataclasses import dataclass

from shoal.formulas.nodes import (
    Add,
    Expression,
    L,
    N,
    Number,
    Partial,
    Product,
    Symbol,
    Total,
    Transposed,
    call,
    elementwise,
    equation,
)

X, H, BEFORE, C = (Symbol(name)[t] for name, t in (("x", "t"), ("h", "t"), ("h", "t-1"), ("c", "t")))
C_BEFORE, C_AFTER = Symbol("c")["t-1"], Symbol("c")["t+1"]
D, E = Partial(L, H), Partial(L, C)
"""What comes to a step's states: from the step after it and, at the last one, from the layer above."""
ONE, EPSILON = Number(1), Symbol("ε")


@dataclass(frozen=True)
class Cell:
    """The equations of a step, those of its gradient, and what is handed to the step before."""

    forward: tuple[Expression, ...]
    backward: tuple[Expression, ...]
    handed: tuple[Expression, ...]
    way: str
    """The sentence on what the gradient meets on its way through the steps."""
    rows: str = ""
    """What there is to add to: a gate's rows of W, R and b take that gate's δ."""


def gate(name: str, function: str) -> Expression:
    """Return the equation of a gate: i = σ(W_i x_t + b_i + R_i h_(t−1))."""
    W, b, R = (Symbol(letter, name) for letter in "WbR")
    return equation(Symbol(name), call(function, Add((Product((W, X)), b, Product((R, BEFORE))))))


def delta(name: str = "") -> Symbol:
    """Return δ of a gate."""
    return Symbol("δ", name)


def back(name: str = "") -> Expression:
    """Return Rᵀ δ of a gate."""
    return Product((Transposed(Symbol("R", name)), delta(name)))


def gated(name: str) -> Expression:
    """Return the slope of a logistic gate, i (1 − i)."""
    return Product((Symbol(name), ONE - Symbol(name)))


def _gru() -> Cell:
    r, z, n = (Symbol(name) for name in "rzn")
    inner = Product((Symbol("R", "n"), BEFORE)) + Symbol("c")
    W, b = Symbol("W", "n"), Symbol("b", "n")
    return Cell(
        (
            gate("r", "σ"),
            gate("z", "σ"),
            equation(n, call("tanh", Add((Product((W, X)), b, elementwise(r, inner))))),
            equation(H, elementwise(ONE - z, n) + elementwise(z, BEFORE)),
        ),
        (
            equation(delta("n"), elementwise(D, ONE - z, ONE - n**2)),
            equation(EPSILON, elementwise(r, delta("n"))),
            equation(delta("r"), elementwise(delta("n"), inner, gated("r"))),
            equation(delta("z"), elementwise(D, BEFORE - n, gated("z"))),
        ),
        (
            equation(
                Partial(L, BEFORE),
                Add(
                    (
                        elementwise(z, D),
                        back("r"),
                        back("z"),
                        Product((Transposed(Symbol("R", "n")), EPSILON)),
                    )
                ),
            ),
        ),
        "Where z is near 1 a state is kept, and the gradient passes by R with hardly a factor.",
        "; but R_n and c, which r multiplies, take ε",
    )


def _lstm() -> Cell:
    i, f, g, o = (Symbol(name) for name in "ifgo")
    read = call("tanh", C)
    return Cell(
        (
            *(gate(name, "σ") for name in "ifo"),
            gate("g", "tanh"),
            equation(C, elementwise(f, C_BEFORE) + elementwise(i, g)),
            equation(H, elementwise(o, read)),
        ),
        (
            equation(
                E,
                elementwise(Symbol("f")["t+1"], Partial(L, C_AFTER)) + elementwise(D, o, ONE - read**2),
            ),
            equation(delta("i"), elementwise(E, g, gated("i"))),
            equation(delta("f"), elementwise(E, C_BEFORE, gated("f"))),
            equation(delta("g"), elementwise(E, i, ONE - g**2)),
            equation(delta("o"), elementwise(D, read, gated("o"))),
        ),
        (
            equation(Partial(L, BEFORE), Add(tuple(map(back, "ifgo")))),
            equation(Partial(C, C_BEFORE), f),
        ),
        "From c to c the gradient meets f alone, no matrix: where f is near 1 it neither vanishes nor grows.",
    )


def _rnn() -> Cell:
    z = Symbol("z")["t"]
    W, b, R = (Symbol(letter) for letter in "WbR")
    return Cell(
        (equation(z, Add((Product((W, X)), b, Product((R, BEFORE))))), equation(H, call("g", z))),
        (equation(Symbol("δ")["t"], elementwise(D, call("g′", z))),),
        (equation(Partial(L, BEFORE), Product((Transposed(R), Symbol("δ")["t"]))),),
        "Every step multiplies by Rᵀ and by a slope: the product of many such factors vanishes or grows.",
    )


CELLS = {"rnn": _rnn(), "gru": _gru(), "lstm": _lstm()}
"""By the names of the layers."""

SUMS: tuple[Expression, ...] = tuple(
    equation(
        Partial(Symbol("J"), Symbol(name)),
        Product((ONE / N, Total("n", Total("t", term)))),
    )
    for name, term in (
        ("W", Product((Symbol("δ")["t"], Transposed(X)))),
        ("R", Product((Symbol("δ")["t"], Transposed(BEFORE)))),
        ("b", Symbol("δ")["t"]),
    )
)
"""The gradients of matrices that every step uses: sums over steps, as over samples."""
