"""The formulas of recurrent cells, worked with numbers: a layer's own steps, gradients by differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from shoal.explanation.cells import BEFORE, C_BEFORE, CELLS, SUMS, C, Cell, D, E, H, delta
from shoal.formulas.nodes import (
    Add,
    Call,
    Equation,
    Expression,
    L,
    Negative,
    Number,
    Partial,
    Power,
    Product,
    Symbol,
    Transposed,
)
from shoal.formulas.text import text
from shoal.layers import GRU, LSTM, RNN
from shoal.layers.base import Context
from shoal.shapes import Array

UNITS, INPUTS = 3, 2
Values = dict[Expression, Array]
FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "σ": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "g": np.tanh,
    "g′": lambda z: 1 - np.tanh(z) ** 2,
}
LAYERS = {"rnn": RNN(UNITS, "tanh"), "gru": GRU(UNITS), "lstm": LSTM(UNITS)}
GATES = {"rnn": [""], "gru": ["r", "z", "n"], "lstm": ["i", "f", "g", "o"]}
"""In the order in which their rows lie in a layer's W, R and b."""
every_cell = pytest.mark.parametrize("name", CELLS)


def worked(tree: Expression, values: Values) -> Array:
    """Return a formula's value, in which products of matrices and of entries differ by their sign."""
    if tree in values:
        return values[tree]
    match tree:
        case Number():
            return np.array(tree.value)
        case Negative():
            return -worked(tree.term, values)
        case Add():
            return np.asarray(sum(worked(term, values) for term in tree.terms))
        case Power():
            return worked(tree.base, values) ** worked(tree.exponent, values)
        case Transposed():
            return worked(tree.matrix, values).T
        case Call():
            return FUNCTIONS[tree.function](worked(tree.arguments[0], values))
        case Product():
            result = worked(tree.factors[0], values)
            for factor in tree.factors[1:]:
                other = worked(factor, values)
                result = result @ other if result.ndim == 2 and not tree.sign else result * other
            return result
    raise AssertionError(f"{text(tree)} has no value")


def solved(trees: tuple[Expression, ...], values: Values) -> Values:
    """Return the values with what equations say, one after the other."""
    values = dict(values)
    for tree in trees:
        assert isinstance(tree, Equation)
        left, right = tree.sides
        values[left] = worked(right, values)
    return values


def given(name: str) -> Values:
    """Return weights and states, and what comes to a step from above and from the step after it."""
    rng = np.random.default_rng(7)
    known: Values = {}
    for gate in GATES[name]:
        known[Symbol("W", gate)] = rng.normal(size=(UNITS, INPUTS))
        known[Symbol("R", gate)] = rng.normal(size=(UNITS, UNITS))
        known[Symbol("b", gate)] = rng.normal(size=UNITS)
    if name == "gru":
        known[Symbol("c")] = rng.normal(size=UNITS)
    states = {Symbol("x")["t"]: INPUTS, BEFORE: UNITS, C_BEFORE: UNITS, D: UNITS}
    known |= {symbol: rng.normal(size=size) for symbol, size in states.items()}
    known[Symbol("f")["t+1"]] = rng.uniform(size=UNITS)
    known[Partial(L, Symbol("c")["t+1"])] = rng.normal(size=UNITS)
    return known


def loss(name: str, values: Values) -> float:
    """Return a loss of the step's states of which what comes from above and from after is the gradient."""
    found = solved(CELLS[name].forward, values)
    total = values[D] @ found[H]
    if name == "lstm":
        total += (values[Symbol("f")["t+1"]] * values[Partial(L, Symbol("c")["t+1"])]) @ found[C]
    return float(total)


def difference(name: str, values: Values, by: Expression) -> Array:
    """Return ∂(loss)/∂(a vector) by central differences."""
    found = []
    for k in range(len(values[by])):
        ends = []
        for step in (1e-5, -1e-5):
            moved = values[by].copy()
            moved[k] += step
            ends.append(loss(name, values | {by: moved}))
        found.append((ends[0] - ends[1]) / 2e-5)
    return np.array(found)


@every_cell
def test_a_step_is_that_of_the_layer(name: str) -> None:
    layer, values = LAYERS[name], given(name)
    own: dict[str, Array] = {
        matrix: np.concatenate([values[Symbol(matrix, gate)] for gate in GATES[name]])[None]
        for matrix in "WR"
    }
    own["b"] = np.concatenate([values[Symbol("b", gate)] for gate in GATES[name]])[None, :, None]
    if name == "gru":
        own["c"] = values[Symbol("c")][None, :, None]
    x = np.random.default_rng(1).normal(size=(INPUTS, 2))
    a, _ = layer.forward(own, x[None, :, :, None], Context())
    zero = np.zeros(UNITS)
    step = values | {BEFORE: zero, C_BEFORE: zero, Symbol("x")["t"]: x[:, 0]}
    first = solved(CELLS[name].forward, step)
    carried = {BEFORE: first[H], Symbol("x")["t"]: x[:, 1]} | ({C_BEFORE: first[C]} if C in first else {})
    second = solved(CELLS[name].forward, step | carried)
    np.testing.assert_allclose(a[0, :, 0], second[H], rtol=1e-12)


def back(name: str) -> tuple[Values, Values]:
    """Return what is given, and what the equations of forward and of back say."""
    values = given(name)
    cell: Cell = CELLS[name]
    return values, solved((*cell.forward, *cell.backward, *cell.handed), values)


@every_cell
def test_what_is_handed_to_the_step_before_is_its_gradient(name: str) -> None:
    values, found = back(name)
    np.testing.assert_allclose(found[Partial(L, BEFORE)], difference(name, values, BEFORE), rtol=1e-7)


@every_cell
def test_deltas_are_the_gradients_of_the_sums_before_gates(name: str) -> None:
    """As b is added there, ∂L/∂b is δ; c of a GRU is added where r multiplies, so that it is ε."""
    values, found = back(name)
    for gate in GATES[name]:
        own = found[delta(gate) if gate else Symbol("δ")["t"]]
        np.testing.assert_allclose(own, difference(name, values, Symbol("b", gate)), rtol=1e-7)
    if name == "gru":
        np.testing.assert_allclose(found[Symbol("ε")], difference(name, values, Symbol("c")), rtol=1e-7)


def test_the_gradient_of_the_long_memory_meets_the_forget_gate_alone() -> None:
    values, found = back("lstm")
    np.testing.assert_allclose(
        found[E] * found[Partial(C, C_BEFORE)], difference("lstm", values, C_BEFORE), rtol=1e-7
    )


def test_sums_are_over_samples_and_steps_of_delta_and_what_was_multiplied() -> None:
    told = [text(tree) for tree in SUMS]
    assert told == [
        "∂J/∂W = 1/N Σ_n Σ_t δ[t] x[t]ᵀ",
        "∂J/∂R = 1/N Σ_n Σ_t δ[t] h[t-1]ᵀ",
        "∂J/∂b = 1/N Σ_n Σ_t δ[t]",
    ]


def test_every_letter_of_a_cell_is_given_or_was_worked_out() -> None:
    """No equation takes a letter that stands further down: they can be read from the top."""
    for name in CELLS:
        _, found = back(name)  # raises for a letter without a value
        assert all(np.isfinite(value).all() for value in found.values())
