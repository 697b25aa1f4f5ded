"""The chapter of one parameter: its factors, their product, the transposes, one entry, and the check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shoal.explanation.blocks import Block, Formula, Heading, Line, Matrix, Paragraph, Table, cell, line
from shoal.explanation.derivation import Derivation, Factor, FactorKind
from shoal.explanation.entries import one_entry
from shoal.explanation.numerals import shape_name, vector
from shoal.explanation.symbols import J, batch_partial, delta_rule, lecture_product, letter, matrix_product
from shoal.explanation.transposes import transposes
from shoal.formulas.nodes import L, Partial, dotted, equation
from shoal.shapes import Array

if TYPE_CHECKING:
    from shoal.explanation.explained import Comparison, Explained


def parameter_chapter(explanation: Explained, comparison: Comparison, seen: set[Partial]) -> Iterator[Block]:
    """Give the blocks for one parameter; ``seen`` are the factors whose matrices the page has shown."""
    derivation = comparison.derivation
    symbol = Partial(L, derivation.symbol)
    steps, loss = explanation.trace.steps, explanation.network.criterion
    yield Heading(2, line("Finding {symbol}", symbol=symbol))
    yield Formula(equation(symbol, dotted(*(factor.symbol for factor in derivation.factors))), boxed=True)
    yield _factor_table(explanation, derivation)
    yield from _factor_matrices(explanation, derivation, seen)
    yield Paragraph(line("Multiplied for one sample, in the order of the chain rule:"))
    yield Formula(equation(symbol, lecture_product(derivation, loss, steps)))
    yield Paragraph(
        line(
            "Rearranged for matrices, all samples at once, {J} being the mean over the {N} of them:",
            J=J,
            N=str(explanation.trace.y.shape[1]),
        )
    )
    delta = letter("δ", derivation.step)
    if derivation.name == "W":
        yield Formula(equation(delta, delta_rule(derivation.step, steps, loss)), boxed=True)
    yield Formula(equation(batch_partial(derivation), matrix_product(derivation)), boxed=True)
    yield from transposes(explanation, derivation)
    yield from one_entry(explanation, comparison)
    yield from _numbers(explanation, comparison)


def _factor_table(explanation: Explained, derivation: Derivation) -> Table:
    n, N = explanation.sample, explanation.trace.y.shape[1]
    head: tuple[Line, ...] = (
        line("factor"),
        line("formula"),
        line("shape, one sample"),
        cell(f"shape, {N} samples"),
        cell(explanation.sample_name),
    )
    return Table(head, tuple(_factor_row(factor, n) for factor in derivation.factors))


def _factor_row(factor: Factor, n: int) -> tuple[Line, ...]:
    one, whole = factor.sample(n).shape, factor.batch.shape
    if factor.kind in (FactorKind.WEIGHTS, FactorKind.JACOBIAN):
        numbers = f"{vector(factor.sample(n))}, row by row"
    else:
        numbers, one = vector(factor.sample(n)), (*one, 1)
    return (
        cell(factor.symbol),
        cell(factor.formula),
        cell(shape_name(one)),
        cell(shape_name(whole)),
        cell(numbers),
    )


def _factor_matrices(explanation: Explained, derivation: Derivation, seen: set[Partial]) -> Iterator[Block]:
    """Show the numbers of each factor where it first appears."""
    number = derivation.step.number
    for factor in derivation.factors:
        if factor.symbol in seen or factor.kind is FactorKind.ONE:
            continue
        seen.add(factor.symbol)
        if factor.kind is FactorKind.WEIGHTS:
            above = number + 1
            rows, columns = explanation.unit_names(above), explanation.unit_names(number)
            yield Matrix(cell(equation(factor.symbol, factor.formula)), factor.batch, rows, columns)
        elif factor.kind is FactorKind.JACOBIAN:
            names = explanation.unit_names(number)
            caption = line(
                "{factor}, for {sample}: row k, column j",
                factor=factor.symbol,
                sample=explanation.sample_name,
            )
            yield Matrix(caption, factor.sample(explanation.sample), names, names)
        else:
            names = explanation.unit_names(number - 1 if factor.kind is FactorKind.INPUT else number)
            yield samples_matrix(explanation, cell(factor.symbol), factor.batch, names)


def samples_matrix(explanation: Explained, caption: Line, values: Array, names: tuple[str, ...]) -> Matrix:
    """Return numbers (m, N) as a matrix with a column for each sample."""
    N = values.shape[1]
    columns = [f"n = {n + 1}" for n in range(N)]
    columns[explanation.sample] += " ●"
    return Matrix(caption, values, names, columns)


def _numbers(explanation: Explained, comparison: Comparison) -> Iterator[Block]:
    derivation = comparison.derivation
    rows = explanation.unit_names(derivation.step.number)
    columns = explanation.unit_names(derivation.step.number - 1) if derivation.name == "W" else ("",)
    one, whole = Partial(L, derivation.symbol), batch_partial(derivation)
    sample, name = derivation.sample_gradient(explanation.sample), explanation.sample_name
    yield Matrix(line("{symbol} of {name}", symbol=one, name=name), sample, rows, columns)
    yield Matrix(
        line("{symbol} of the batch, by the factors", symbol=whole), derivation.gradient, rows, columns
    )
    yield Matrix(line("{symbol} by central differences", symbol=whole), comparison.numerical, rows, columns)
    yield Paragraph(
        line(
            "Relative error of the engine's gradient: {factors} against the product of the factors, "
            "{numerical} against central differences.",
            factors=f"{comparison.engine_error:.1e}",
            numerical=f"{comparison.numerical_error:.1e}",
        )
    )
