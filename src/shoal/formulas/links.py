"""Links: from a network's last pre-activations z to its prediction, the last a, where a loss has one."""

from __future__ import annotations

from dataclasses import dataclass

from shoal.formulas.nodes import A, Expression, Number, Same, Total, Z, exp


@dataclass(frozen=True)
class Link:
    """The output function of a loss, as formulas.

    Where each output depends on every z (``couples``), the formula is that of a_k and the derivative that
    of ∂a_k/∂z_j, a matrix for each sample. Elsewhere both are elementwise.
    """

    name: str
    formula: Expression
    derivative_formula: Expression
    couples: bool = False


IDENTITY = Link("identity", Z, Number(1))
SIGMOID = Link("sigmoid", 1 / (1 + exp(-Z)), A * (1 - A))
SOFTMAX = Link(
    "softmax",
    exp(Z["k"]) / Total("j", exp(Z["j"])),
    A["k"] * (Same("k", "j") - A["j"]),
    couples=True,
)
EXPONENTIAL = Link("exponential", exp(Z), A)
