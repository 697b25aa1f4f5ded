"""The chain rule of one network: every gradient as a product of factors, in the lecture's order::

    ∂L/∂W2 = ∂L/∂a3 · ∂a3/∂z3 · ∂z3/∂a2 · ∂a2/∂z2 · ∂z2/∂W2

A factor knows its symbol, its formula, its numbers, and how it multiplies what stands before it. Source: the
lecture, "Finding dL/dW".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from shoal.explanation.trace import DenseStep, Trace, formula_in
from shoal.formulas.nodes import Expression, L, Number, Partial, Symbol, in_layer, indexed
from shoal.losses import Loss
from shoal.shapes import Array


class FactorKind(Enum):
    """How a factor multiplies the row of numbers, one for each unit, that stands before it."""

    LOSS = "one number for each output: the row that the product begins with"
    ELEMENTWISE = "one number for each unit: multiplies element by element"
    JACOBIAN = "a matrix for each sample: every output depends on every z"
    WEIGHTS = "the matrix of weights: leads from this layer's z back to the a before it"
    INPUT = "one number for each input: gives one product for each weight"
    ONE = "one"


@dataclass(frozen=True)
class Factor:
    """A factor of the chain rule on the whole batch; ``batch`` has the samples last, but for WEIGHTS."""

    symbol: Partial
    formula: Expression
    kind: FactorKind
    batch: Array

    def sample(self, n: int) -> Array:
        """Return the factor's numbers for one sample: a vector, or a matrix."""
        return self.batch if self.kind is FactorKind.WEIGHTS else self.batch[..., n]


@dataclass(frozen=True)
class Derivation:
    """The gradient of one parameter array: its factors, and what they multiply to.

    ``delta`` (m, N) is the part that W and b of a layer share, ∂L/∂z.
    """

    step: DenseStep
    name: str
    factors: tuple[Factor, ...]
    delta: Array

    @property
    def gradient(self) -> Array:
        """The mean of the samples' gradients (m, n): ∂J/∂W, the matrix product that the transpose makes."""
        mean: Array = self.delta @ self.factors[-1].batch.T / self.delta.shape[1]
        return mean

    def sample_gradient(self, n: int) -> Array:
        """Return ∂L/∂W of one sample (m, n): every δ_i times every a_j."""
        return np.outer(self.delta[:, n], self.factors[-1].batch[:, n])

    @property
    def symbol(self) -> Symbol:
        """The parameter: W₃, say."""
        return Symbol(self.name, str(self.step.number))


def derive(trace: Trace, loss: Loss) -> tuple[Derivation, ...]:
    """Return the gradient of every parameter, from the last layer's W and b down to the first layer's.

    Nothing but the factors enters: no engine is asked.
    """
    derivations: list[Derivation] = []
    factors: tuple[Factor, ...] = (_loss_factor(trace, loss),)
    row = trace.loss_slope
    for step in reversed(trace.steps):
        slope = _slope_factor(step)
        factors += (slope,)
        row = multiplied(row, slope)
        if step is trace.steps[-1] and loss.has_link:
            # At the limits of ŷ the two factors are infinite and 0; what they simplify to is neither.
            row = np.where(np.isfinite(row), row, loss.delta(step.z[None], trace.y)[0])
        derivations += [
            Derivation(step, name, (*factors, _parameter_factor(step, name)), row) for name in ("W", "b")
        ]
        weights = _weights_factor(step)
        factors += (weights,)
        row = multiplied(row, weights)
    return tuple(derivations)


def _loss_factor(trace: Trace, loss: Loss) -> Factor:
    number = str(len(trace.steps))
    formula = in_layer(loss.derivative_formula, number)
    if trace.steps[-1].gate.couples:
        formula = indexed(formula, "k")
    return Factor(Partial(L, Symbol("a", number)), formula, FactorKind.LOSS, trace.loss_slope)


def _slope_factor(step: DenseStep) -> Factor:
    number = str(step.number)
    kind = FactorKind.JACOBIAN if step.gate.couples else FactorKind.ELEMENTWISE
    return Factor(Partial(Symbol("a", number), Symbol("z", number)), formula_in(step)[1], kind, step.slope)


def _weights_factor(step: DenseStep) -> Factor:
    z = Symbol("z", str(step.number))
    return Factor(Partial(z, before(step)), Symbol("W", str(step.number)), FactorKind.WEIGHTS, step.W)


def _parameter_factor(step: DenseStep, name: str) -> Factor:
    symbol = Partial(Symbol("z", str(step.number)), Symbol(name, str(step.number)))
    if name == "b":
        return Factor(symbol, Number(1), FactorKind.ONE, np.ones((1, step.z.shape[1])))
    return Factor(symbol, before(step), FactorKind.INPUT, step.a_in)


def before(step: DenseStep) -> Symbol:
    """Return the symbol of what a layer takes in: the a of the layer before, or x."""
    return Symbol("a", str(step.number - 1)) if step.number > 1 else Symbol("x")


def multiplied(row: Array, factor: Factor) -> Array:
    """Return the row of numbers of every sample, as columns (m, N), times the next factor."""
    if factor.kind is FactorKind.WEIGHTS:
        product: Array = factor.batch.T @ row
    elif factor.kind is FactorKind.JACOBIAN:
        product = np.einsum("kn,kjn->jn", row, factor.batch)
    else:
        with np.errstate(invalid="ignore"):  # ∞ · 0, where ŷ has rounded to its limit
            product = row * factor.batch
    return product
