"""One entry of a gradient, written out as the sum that the matrix formula stands for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from shoal.explanation.blocks import Block, Formula, Heading, Paragraph, line
from shoal.explanation.derivation import Derivation, before
from shoal.explanation.gradient_check import relative_error
from shoal.explanation.numerals import ELLIPSIS, numeral
from shoal.explanation.symbols import J, letter, mean, slope
from shoal.explanation.trace import is_identity
from shoal.formulas.nodes import (
    Add,
    Expression,
    Number,
    Partial,
    Product,
    Symbol,
    Total,
    dotted,
    equation,
    indexed,
)
from shoal.shapes import Array

if TYPE_CHECKING:
    from shoal.explanation.explained import Comparison, Explained

MOST_TERMS = 4


def one_entry(explanation: Explained, comparison: Comparison) -> Iterator[Block]:
    """Give the blocks that expand the entry of largest size: its mean over samples, and one sample's δ."""
    derivation = comparison.derivation
    i, j = np.unravel_index(np.abs(derivation.gradient).argmax(), derivation.gradient.shape)
    row, column = str(i + 1), str(j + 1)
    indices = (row, column) if derivation.name == "W" else (row,)
    entry = derivation.symbol.replaced(indices=indices)
    yield Heading(3, line("One entry as a sum: {entry}", entry=Partial(J, entry)))
    delta = Symbol("δ", str(derivation.step.number), (row,), sample="n")
    deltas, inputs = derivation.delta[i], derivation.factors[-1].batch[j]
    value, samples = derivation.gradient[i, j], deltas.size
    if derivation.name == "W":
        a = before(derivation.step)
        term: Expression = Product((delta, Symbol(a.name, a.layer, (column,), sample="n")))
        terms = [dotted(numeral(d), numeral(x)) for d, x in zip(deltas, inputs, strict=True)]
    else:
        term, terms = delta, [numeral(d) for d in deltas]
    written = Product((Number(1) / Number(samples), _added(terms)))
    yield Formula(equation(Partial(J, entry), mean(term), written, numeral(value)))
    if derivation.name == "W" and derivation.step.number < len(explanation.trace.steps):
        yield from _one_delta(explanation, derivation, int(i))
    yield Paragraph(
        line(
            "By central differences this entry is {value}: relative error {error}.",
            value=numeral(comparison.numerical[i, j]),
            error=f"{relative_error(comparison.engine[i, j], comparison.numerical[i, j]):.1e}",
        )
    )


def _one_delta(explanation: Explained, derivation: Derivation, i: int) -> Iterator[Block]:
    """Expand δ_i of a hidden layer for the sample shown: a sum over the units above, times the slope."""
    n, step = explanation.sample, derivation.step
    above = explanation.trace.steps[step.number]
    row = str(i + 1)
    deltas = _delta_above(explanation, step.number)[:, n]
    weights = above.W[:, i]
    back = Total("k", Product((letter("W", above)["k", row], letter("δ", above)["k"])))
    terms = [dotted(numeral(w), numeral(d)) for w, d in zip(weights, deltas, strict=True)]
    yield Paragraph(line("with, for {sample},", sample=explanation.sample_name))
    symbolic: list[Expression] = [back]
    written: list[Expression] = [_added(terms)]
    if not is_identity(step.gate):
        symbolic = [*symbolic, indexed(slope(step), row)]
        written = [*written, numeral(step.slope[i, n])]
    yield Formula(
        equation(letter("δ", step)[row], dotted(*symbolic), dotted(*written), numeral(derivation.delta[i, n]))
    )


def _delta_above(explanation: Explained, number: int) -> Array:
    return next(c.derivation.delta for c in explanation.comparisons if c.derivation.step.number == number + 1)


def _added(terms: list[Expression]) -> Expression:
    """Return the sum of terms, the first few of them where they are many."""
    kept = terms[:MOST_TERMS]
    if len(terms) > MOST_TERMS:
        kept = [*kept, Number(0, ELLIPSIS)]
    return Add(tuple(kept)) if len(kept) > 1 else kept[0]
