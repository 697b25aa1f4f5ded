"""What an explanation says of a recurrent layer: its steps, the way back through them, and their sums."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shoal.activations import Activation
from shoal.explanation.blocks import Block, Formula, Heading, Line, Matrix, Paragraph, Table, cell, line
from shoal.explanation.cells import CELLS, SUMS
from shoal.explanation.numerals import shape_name, shown
from shoal.explanation.through_time import TimeStep, Walk
from shoal.formulas.nodes import L, Partial, Symbol, call, equation
from shoal.layers.weighted import Activated
from shoal.words import plural

MOST_STEPS = 12
"""Of a sequence in a table: the first and the last ones."""


def tell_through_time(walk: Walk, sample_name: str) -> Iterator[Block]:
    """Give the chapters that follow those of the dense layers."""
    yield from _forward(walk, sample_name)
    yield from _back(walk, sample_name)
    yield from _sums(walk)


def _forward(walk: Walk, sample_name: str) -> Iterator[Block]:
    layer = walk.layer
    yield Heading(2, line("Through time: what {x} was", x=Symbol("x")))
    order = (
        "the last step to the first, so that t−1 is what comes after t," if layer.reverse else "first to last"
    )
    yield Paragraph(
        line(
            "The {x} of the chapters above is the last state of the layer {name}, which takes a sequence "
            "from {order} and hands its state on. Each step uses the same {W}, {R} and {b}:",
            x=Symbol("x"),
            name=layer.name,
            order=order,
            W=Symbol("W"),
            R=Symbol("R"),
            b=Symbol("b"),
        )
    )
    for tree in CELLS[layer.name].forward:
        yield Formula(tree)
    if isinstance(layer, Activated):
        yield from _activation(layer.g)
    yield Paragraph(
        line(
            "The state begins as {start}, and {sample} has {steps}.",
            start="a parameter" if layer.initial_state == "learnt" else "zeros",
            sample=sample_name,
            steps=plural(len(walk.steps), "step"),
        )
    )


def _activation(g: Activation) -> Iterator[Block]:
    z = Symbol("z")
    yield Formula(equation(Symbol("a"), call("g", z), g.formula))
    yield Formula(equation(call("g′", z), g.derivative_formula))


def _back(walk: Walk, sample_name: str) -> Iterator[Block]:
    name = walk.layer.name
    yield Heading(2, line("Back through time"))
    yield Paragraph(
        line(
            "The layer above hands down {top}. What comes to a step becomes a δ for each of its gates, and "
            "these go on to the step before:",
            top=Partial(L, Symbol("h")["T"]),
        )
    )
    for tree in CELLS[name].backward:
        yield Formula(tree)
    for tree in CELLS[name].handed:
        yield Formula(tree, boxed=True)
    yield Paragraph(cell(CELLS[name].way))
    yield Paragraph(
        line(
            "For {sample}: how long the gradient by the state {s} after each step is, beside that of the "
            "last one, and by how much the factor of that step, {factor}, makes a gradient longer at most "
            "(its largest singular value). The state is {what}.",
            s=Symbol("s")["t"],
            what="h and c together" if len(walk.layer.states) > 1 else "h",
            sample=sample_name,
            factor=Partial(Symbol("s")["t"], Symbol("s")["t-1"]),
        )
    )
    yield _step_table(walk.steps)
    last = walk.steps[-1]
    names = [f"{state} {k + 1}" for state in walk.layer.states for k in range(walk.layer.units)]
    number = str(last.number)
    caption = line("the factor of step {number}, by which ∂L/∂s of that step is multiplied", number=number)
    yield Matrix(caption, last.factor, names, [f"before, {each}" for each in names])


def _step_table(steps: tuple[TimeStep, ...]) -> Table:
    head: tuple[Line, ...] = (
        line("step"),
        line("‖h‖"),
        cell("‖∂L/∂s‖"),
        line("beside the last"),
        line("largest factor"),
    )
    end = float(np.linalg.norm(steps[-1].grad))
    half = MOST_STEPS // 2
    chosen = steps if len(steps) <= MOST_STEPS else (*steps[:half], *steps[-half:])
    rows = []
    for step in chosen:
        size = float(np.linalg.norm(step.grad))
        rows.append(
            (
                cell(str(step.number)),
                cell(shown(float(np.linalg.norm(step.state[0])))),
                cell(shown(size)),
                cell(shown(size / end if end else 0.0)),
                cell(shown(step.growth)),
            )
        )
    return Table(head, tuple(rows))


def _sums(walk: Walk) -> Iterator[Block]:
    yield Heading(2, line("The same weights at every step: sums"))
    yield Paragraph(
        line(
            "A parameter that every step uses gets a part of its gradient from each, as from each sample; a "
            "gate's rows of {W}, {R} and {b} take that gate's δ{rows}:",
            rows=CELLS[walk.layer.name].rows,
            W=Symbol("W"),
            R=Symbol("R"),
            b=Symbol("b"),
        )
    )
    for tree in SUMS:
        yield Formula(tree, boxed=True)
    yield Table(
        (
            line("gradient"),
            line("shape"),
            line("norm"),
            line("against factors"),
            line("against differences"),
        ),
        tuple(
            (
                cell(Partial(Symbol("J"), Symbol(g.name))),
                cell(shape_name(g.engine.shape)),
                cell(shown(float(np.linalg.norm(g.engine)))),
                cell(f"{g.engine_error:.1e}"),
                cell(f"{g.block.relative_error:.1e}"),
            )
            for g in walk.gradients
        ),
    )
