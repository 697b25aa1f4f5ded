"""What an explanation says, in the lecture's order: forward, the last delta, and each parameter in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from shoal.explanation.blocks import Block, Formula, Heading, Line, Paragraph, Table, cell, line
from shoal.explanation.chapters import parameter_chapter
from shoal.explanation.derivation import FactorKind, before
from shoal.explanation.numerals import numeral, numerals, shape_name, shown, vector
from shoal.explanation.symbols import J, batch_partial, letter, mean
from shoal.explanation.trace import Gate, formula_in, is_identity, parameters_of
from shoal.formulas.nodes import (
    Expression,
    L,
    Partial,
    Symbol,
    Total,
    Y,
    call,
    dotted,
    equation,
    in_layer,
    indexed,
)
from shoal.losses import Loss
from shoal.shapes import Array

if TYPE_CHECKING:
    from shoal.explanation.explained import Explained


def tell(explanation: Explained) -> Iterator[Block]:
    """Give the blocks of the page."""
    yield from _opening(explanation)
    yield from _forward(explanation)
    yield from _last_delta(explanation)
    yield from _chain_rule(explanation)
    explained: set[Partial] = set()
    for comparison in explanation.comparisons:
        yield from parameter_chapter(explanation, comparison, explained)
    yield from _summary(explanation)


def _opening(explanation: Explained) -> Iterator[Block]:
    steps = explanation.trace.steps
    sizes = " → ".join(str(n) for n in (explanation.network.n_inputs, *(len(step.z) for step in steps)))
    gates = ", ".join(f"layer {step.number} {step.gate.name}" for step in steps)
    owned = " (the loss brings it)" if explanation.network.criterion.has_link else ""
    N = explanation.trace.y.shape[1]
    yield Heading(1, line("The chain rule of this network"))
    yield Paragraph(
        line(
            "Units: {sizes}. Activations: {gates}{owned}. Loss: {loss}, with {y} for what should come out. "
            "The numbers are those of {sample}{batch}.",
            sizes=sizes,
            gates=gates,
            owned=owned,
            loss=explanation.network.criterion.name,
            y=Y,
            sample=explanation.sample_name,
            batch=f", and of a batch of {N} samples with it" if N > 1 else "",
        )
    )
    yield Paragraph(
        line(
            "Samples are columns, as in the lecture: {x} is {one} for one sample and {whole} for the batch.",
            x=Symbol("x"),
            one=shape_name((explanation.network.n_inputs, 1)),
            whole=shape_name((explanation.network.n_inputs, N)),
        )
    )


def _forward(explanation: Explained) -> Iterator[Block]:
    yield Heading(2, line("The forward pass"))
    n, rows = explanation.sample, []
    for step in explanation.trace.steps:
        z, a, W, b = letter("z", step), letter("a", step), letter("W", step), letter("b", step)
        g = z if is_identity(step.gate) else call("g", z)
        rows.append((cell(equation(z, W * before(step) + b)), *_values(step.z, n)))
        parameters = "".join(f", {letter} = {shown(x)}" for letter, x in step.gate.parameters().items())
        rows.append(((equation(a, g, formula_in(step)[0]), parameters), *_values(step.a, n)))
    yield Table((line("formula"), line("shape, batch"), cell(explanation.sample_name)), tuple(rows))
    yield from _loss(explanation)


def _values(values: Array, n: int) -> tuple[Line, Line]:
    return cell(shape_name(values.shape)), cell(vector(values[:, n]))


def _loss(explanation: Explained) -> Iterator[Block]:
    loss, K = explanation.network.criterion, explanation.network.n_outputs
    last = explanation.trace.steps[-1]
    formula = in_layer(loss.formula, str(last.number))
    if K > 1:
        formula = Total("k", indexed(formula, "k"))
    letters = parameters_of(loss, loss.formula, loss.derivative_formula).items()
    yield Paragraph(
        line(
            "The prediction is {a}. The loss of one sample{settings}:",
            a=letter("a", last),
            settings="".join(f", with {name} = {shown(value)}" for name, value in letters),
        )
    )
    yield Formula(equation(L, formula))
    losses, n = explanation.trace.losses, explanation.sample
    yield Paragraph(
        line(
            "For {sample} {y} and {L}. Over the batch {J}.",
            sample=explanation.sample_name,
            y=equation(Y, numerals(explanation.trace.y[:, n])),
            L=equation(L, numeral(losses[n])),
            J=equation(J, mean(Symbol("L", sample="n")), numeral(losses.mean())),
        )
    )


def _last_delta(explanation: Explained) -> Iterator[Block]:
    loss, last = explanation.network.criterion, explanation.trace.steps[-1]
    first, second = explanation.comparisons[0].derivation.factors[:2]
    delta, n = letter("δ", last), explanation.sample
    yield Heading(2, line("The last layer simplifies: {delta}", delta=delta))
    yield Paragraph(
        line("Every gradient begins with the same two factors. Their product is called {delta}:", delta=delta)
    )
    chain: list[Expression] = [delta, dotted(first.symbol, second.symbol)]
    if last.gate.couples:
        chain += [in_layer(step, str(last.number)) for step in loss.delta_formulas]
    else:
        chain += [dotted(first.formula, second.formula)]
        if loss.has_link or is_identity(last.gate):
            chain += [in_layer(step, str(last.number)) for step in loss.delta_formulas]
    yield Formula(equation(*chain), boxed=True)
    yield Paragraph(cell(_why(loss, last.gate)))
    numbers = {"first": equation(first.symbol, numerals(first.sample(n)))}
    if second.kind is FactorKind.ELEMENTWISE:
        numbers["second"] = equation(second.symbol, numerals(second.sample(n)))
    yield Paragraph(
        line(
            f"For {{sample}}: {', '.join(f'{{{name}}}' for name in numbers)}, together {{product}}.",
            sample=explanation.sample_name,
            product=equation(delta, numerals(explanation.comparisons[0].derivation.delta[:, n])),
            **numbers,
        )
    )


def _why(loss: Loss, gate: Gate) -> str:
    """Return the sentence on what becomes of the two factors."""
    if loss.cancellation:
        return (
            f"Why: {loss.cancellation} It is more than a shortcut: where a rounds to its limit, one factor "
            "is infinite and the other 0, and their product is lost; the simple form is exact, and what the "
            "engine computes."
        )
    if is_identity(gate):
        return "Why: the last layer has no activation, so the second factor is 1."
    return f"Nothing cancels: the slope of {gate.name} stays, and is small where it saturates."


def _chain_rule(explanation: Explained) -> Iterator[Block]:
    yield Heading(2, line("Why a chain"))
    last = explanation.trace.steps[-1]
    yield Paragraph(
        line(
            "No weight stands in the formula of {L}: it depends on {a}, which depends on {z}, which depends "
            "on the weights of that layer and on the a before it, and so on down to {x}. The derivative by "
            "a parameter is the product of the derivatives along that way.",
            L=L,
            a=letter("a", last),
            z=letter("z", last),
            x=Symbol("x"),
        )
    )
    if len(explanation.trace.steps) > 1:
        below = explanation.comparisons[2].derivation.factors
        yield Paragraph(
            line(
                "Each further layer downwards adds two factors, as {first} and {second}; what was multiplied "
                "before is used again. That is backpropagation.",
                first=below[2].symbol,
                second=below[3].symbol,
            )
        )


def _summary(explanation: Explained) -> Iterator[Block]:
    yield Heading(2, line("All of it checked"))
    yield Paragraph(
        line(
            "Relative errors ‖g − ĝ‖ / max(‖g‖, ‖ĝ‖) of the gradient that the engine computes: against the "
            "product of the factors above, which differs by rounding only, and against central differences "
            "with a step of {step}, whose own error is about 1e-9. Differences were taken of {part}.",
            step=numeral(explanation.check.step),
            part=explanation.check.part,
        )
    )
    head = (
        line("gradient"),
        line("shape"),
        line("norm"),
        line("against factors"),
        line("against differences"),
    )
    yield Table(
        head,
        tuple(
            (
                cell(batch_partial(c.derivation)),
                cell(shape_name(c.engine.shape)),
                cell(shown(float(np.linalg.norm(c.engine)))),
                cell(f"{c.engine_error:.1e}"),
                cell(f"{c.numerical_error:.1e}"),
            )
            for c in explanation.comparisons
        ),
    )
