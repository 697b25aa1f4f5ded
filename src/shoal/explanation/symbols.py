"""The letters of an explanation, and the formulas made of them."""

from __future__ import annotations

from shoal.explanation.derivation import Derivation, before
from shoal.explanation.trace import DenseStep, is_identity
from shoal.formulas.nodes import (
    Expression,
    N,
    Number,
    Partial,
    Product,
    Symbol,
    Total,
    Transposed,
    call,
    dotted,
    elementwise,
    in_layer,
    indexed,
)
from shoal.losses import Loss

J = Symbol("J")
ONES = Symbol("𝟏")
"""The column of N ones, which sums over the samples."""


def letter(name: str, step: DenseStep) -> Symbol:
    """Return z₂ for z and layer 2."""
    return Symbol(name, str(step.number))


def batch_partial(derivation: Derivation) -> Partial:
    """Return ∂J/∂W₂."""
    return Partial(J, derivation.symbol)


def mean(term: Expression) -> Expression:
    """Return ``(1/N) Σ_n term``."""
    return Product((Number(1) / N, Total("n", term)))


def slope(step: DenseStep) -> Expression:
    """Return g′(z₂), or 1 where there is no activation."""
    return Number(1) if is_identity(step.gate) else call("g′", letter("z", step))


def last_delta(loss: Loss, last: DenseStep) -> Expression:
    """Return the shortest formula for δ of the last layer: (a₃ − y), say."""
    number = str(last.number)
    if loss.has_link or is_identity(last.gate):
        return indexed(in_layer(loss.delta_formulas[-1], number))
    return elementwise(in_layer(loss.derivative_formula, number), slope(last))


def lecture_product(derivation: Derivation, loss: Loss, steps: tuple[DenseStep, ...]) -> Expression:
    """Return the factors multiplied, in the order of the chain rule: ``(a₃ − y) · W₃ · g′(z₂) · a₁``."""
    factors: list[Expression] = [last_delta(loss, steps[-1])]
    for step in reversed(steps[derivation.step.number :]):
        factors.append(letter("W", step))
        below = steps[step.number - 2]
        if not is_identity(below.gate):
            factors.append(slope(below))
    if derivation.name == "W":
        factors.append(before(derivation.step))
    return dotted(*factors)


def delta_rule(step: DenseStep, steps: tuple[DenseStep, ...], loss: Loss) -> Expression:
    """Return δ of a layer for the batch: from the loss for the last one, else from the layer above."""
    if step.number == len(steps):
        return last_delta(loss, step)
    above = steps[step.number]
    back = Product((Transposed(letter("W", above)), letter("δ", above)))
    return back if is_identity(step.gate) else elementwise(back, slope(step))


def matrix_product(derivation: Derivation) -> Expression:
    """Return ``(1/N) δ₂ a₁ᵀ``, or for a bias ``(1/N) δ₂ 1``."""
    right = Transposed(before(derivation.step)) if derivation.name == "W" else ONES
    return Product((Number(1) / N, letter("δ", derivation.step), right))
