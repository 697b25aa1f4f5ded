"""What recurrent layers below others compute, over all steps, and how their gradients go back."""

from __future__ import annotations

from shoal.explanation.cells import CELLS
from shoal.explanation.form import LayerForm, Letters
from shoal.formulas.nodes import (
    Expression,
    L,
    Partial,
    Product,
    Symbol,
    Total,
    Transposed,
    call,
    equation,
    with_symbols,
)
from shoal.layers import Bidirectional, Layer
from shoal.layers.recurrent import Recurrent
from shoal.layers.weighted import Activated
from shoal.shapes import Shape

NORMS = (
    " Every W x and every R h stands for its numbers at mean 0 and variance 1, over the rows of all gates, "
    "times γ_W and γ_R, and δ in the gradients of W, R and x is what has gone back through these norms."
)
"""Of layer normalisation in a cell."""


def recurrent(layer: Layer, shape: Shape, letters: Letters) -> LayerForm:
    """Return the equations of a cell at step t, what it hands to step t − 1, and sums over the steps."""
    assert isinstance(layer, Recurrent)
    cell = CELLS[layer.name]
    named = [_renamed(tree, letters) for tree in (*cell.forward, *_activation(layer))]
    back = [_renamed(tree, letters) for tree in (*cell.backward, *cell.handed)]
    W, R, b, δ = (letters.own(name) for name in "WRbδ")
    x, before = letters.taken["t"], letters.own("a")["t-1"]
    sums = (
        equation(Partial(L, W), Total("t", Product((δ["t"], Transposed(x))))),
        equation(Partial(L, R), Total("t", Product((δ["t"], Transposed(before))))),
        equation(Partial(L, b), Total("t", δ["t"])),
        equation(Partial(L, x), Product((Transposed(W), δ["t"]))),
    )
    return LayerForm(tuple(named), (*back, *sums), _words(layer))


def both_directions(layer: Layer, shape: Shape, letters: Letters) -> LayerForm:
    """Return the equations of the layer that goes forward, and what the one in reverse adds to them."""
    assert isinstance(layer, Bidirectional)
    form = recurrent(layer.layer, shape, letters)
    W, δ = letters.own("W"), letters.own("δ")["t"]
    reverse, other = letters.parameter("W_reverse"), letters.parameter("δ_reverse")["t"]
    whole = Product((Transposed(W), δ)) + Product((Transposed(reverse), other))
    return LayerForm(
        form.forward,
        (*form.backward[:-1], equation(Partial(L, letters.taken["t"]), whole)),
        f"{form.words} There are two such layers, one below the other: the equations hold for either, and "
        "letters with an arrow are those of the one that goes from a sequence's last step to its first: its "
        "t−1 is what comes after t. Each takes its own half of what comes from above, and what both hand "
        "down is added.",
    )


def _words(layer: Recurrent) -> str:
    if layer.return_sequences:
        given = "All states go on; to each comes what the layer above and the next step hand down."
    else:
        given = "The last state alone goes on; what comes to the others is from the next step."
    order = " It begins at the last step, so that t−1 is what comes after t." if layer.reverse else ""
    gates = f" A gate's rows of W, R and b take that gate's δ{CELLS[layer.name].rows}."
    rows = gates if layer.gates > 1 else ""
    norms = NORMS if layer.layer_norm else ""
    if layer.layer_norm and len(layer.states) > 1:
        norms += " So does c before its tanh, with γ_c and β_c."
    return f"{given}{order}{rows}{norms} {CELLS[layer.name].way}"


def _activation(layer: Recurrent) -> tuple[Expression, ...]:
    if not isinstance(layer, Activated):
        return ()
    z = Symbol("z")
    return equation(call("g", z), layer.g.formula), equation(call("g′", z), layer.g.derivative_formula)


def _renamed(tree: Expression, letters: Letters) -> Expression:
    """Return a cell's formula in the letters of a layer: x is what that is given, h what it gives."""

    def change(symbol: Symbol) -> Symbol:
        if symbol.name == "x":
            return letters.taken[symbol.indices]
        if symbol.name == "h":
            return letters.own("a")[symbol.indices]
        return symbol if symbol == L else symbol.replaced(layer=f"{symbol.layer}{letters.number}′")

    return with_symbols(tree, change)
