"""Where the transpose comes from: once by the indices of one entry, once by shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shoal.explanation.blocks import Block, Formula, Heading, Paragraph, line
from shoal.explanation.derivation import Derivation, before
from shoal.explanation.numerals import shape_name
from shoal.explanation.symbols import ONES, J, letter, mean
from shoal.formulas.nodes import Expression, L, Partial, Product, Symbol, Total, Transposed, equation

if TYPE_CHECKING:
    from shoal.explanation.explained import Explained


def transposes(explanation: Explained, derivation: Derivation) -> Iterator[Block]:
    """Give the blocks on the transposes in the matrix formula of one parameter."""
    if derivation.name == "b":
        yield from _sum_over_samples(explanation, derivation)
        return
    yield Heading(3, line("Where does the transpose of {a} come from?", a=before(derivation.step)))
    yield from _by_index(derivation)
    yield from _by_shapes(explanation, derivation)
    if derivation.step.number < len(explanation.trace.steps):
        yield from _back_through_weights(explanation, derivation)


def _by_index(derivation: Derivation) -> Iterator[Block]:
    W, a, step = derivation.symbol, before(derivation.step), derivation.step
    z, b, delta = letter("z", step), letter("b", step), letter("δ", step)
    entry, each_a, each_delta = W["i", "j"], _of_sample(a, "j"), _of_sample(delta, "i")
    yield Paragraph(
        line(
            "By index: {entry} stands in one place only, in {forward}, where it is multiplied by {a}. So for "
            "sample n its derivative is {delta} times {each_a}, and over the batch",
            entry=entry,
            forward=equation(z["i"], Total("j", entry * a["j"]) + b["i"]),
            a=a["j"],
            delta=each_delta,
            each_a=each_a,
        )
    )
    yield Formula(equation(Partial(J, entry), mean(each_delta * each_a)))
    yield Paragraph(
        line(
            "A matrix product sums over the second index of its left factor and the first index of its "
            "right one. Here the sample n is the second index of both: row i, column n of {delta}, and row "
            "j, column n of {a}. So the right one is turned over: {a} becomes {turned}.",
            delta=delta,
            a=a,
            turned=Transposed(a),
        )
    )


def _of_sample(symbol: Symbol, index: str) -> Symbol:
    return Symbol(symbol.name, symbol.layer, (index,), sample="n")


def _by_shapes(explanation: Explained, derivation: Derivation) -> Iterator[Block]:
    a, delta = before(derivation.step), letter("δ", derivation.step)
    m, n = derivation.step.W.shape
    samples = explanation.trace.y.shape[1]
    yield Paragraph(
        line(
            "By shapes: {delta} is {m_N}, {a} is {n_N}, and the gradient must have the shape of {W}, {m_n}. "
            "Only {product} fits: ({m_N}) ({N_n}) = ({m_n}). The {N} in the middle is what is summed over, "
            "and it is the number of samples.",
            delta=delta,
            a=a,
            W=derivation.symbol,
            product=delta * Transposed(a),
            m_N=shape_name((m, samples)),
            n_N=shape_name((n, samples)),
            N_n=shape_name((samples, n)),
            m_n=shape_name((m, n)),
            N=str(samples),
        )
    )


def _back_through_weights(explanation: Explained, derivation: Derivation) -> Iterator[Block]:
    above = explanation.trace.steps[derivation.step.number]
    W, delta, a = letter("W", above), letter("δ", above), letter("a", derivation.step)
    k, m = above.W.shape
    samples = explanation.trace.y.shape[1]
    sum_over_rows: Expression = Total("i", Product((W["i", "j"], delta["i"])))
    yield Heading(3, line("And the transpose of {W}?", W=W))
    yield Paragraph(
        line(
            "By index: {a} stands in every {z}, each time with the weight {entry}, so its derivative is a "
            "sum over the rows i:",
            a=a["j"],
            z=letter("z", above)["i"],
            entry=W["i", "j"],
        )
    )
    yield Formula(equation(Partial(L, a["j"]), sum_over_rows))
    yield Paragraph(
        line(
            "Forwards the sum runs along a row of {W}, backwards along a column: that is what turning it "
            "does. By shapes: {W} is {k_m} and {delta} is {k_N}, so {product} is ({m_k}) ({k_N}) = ({m_N}), "
            "the shape of {a}. The slopes then multiply element by element, as every unit has its own.",
            W=W,
            delta=delta,
            a=a,
            product=Transposed(W) * delta,
            k_m=shape_name((k, m)),
            m_k=shape_name((m, k)),
            k_N=shape_name((k, samples)),
            m_N=shape_name((m, samples)),
        )
    )


def _sum_over_samples(explanation: Explained, derivation: Derivation) -> Iterator[Block]:
    m, samples = derivation.step.W.shape[0], explanation.trace.y.shape[1]
    delta = letter("δ", derivation.step)
    yield Paragraph(
        line(
            "The bias is added as it is, so its own factor is 1 and the gradient of one sample is {delta}. "
            "All samples share the bias, so the batch sums over them: {product} with a column {ones} of {N} "
            "ones, ({m_N}) ({N_1}) = ({m_1}). There is nothing to transpose.",
            delta=delta,
            product=delta * ONES,
            ones=ONES,
            N=str(samples),
            m_N=shape_name((m, samples)),
            N_1=shape_name((samples, 1)),
            m_1=shape_name((m, 1)),
        )
    )
