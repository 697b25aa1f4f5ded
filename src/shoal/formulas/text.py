"""Formulas on one line of plain text, for terminals: ``∂L/∂W3 = (a3 − y) a2ᵀ``."""

from __future__ import annotations

from collections.abc import Sequence

from shoal.formulas.nodes import Cases, Expression, Quotient, Sign, Symbol
from shoal.formulas.notation import ATOM, POWER, PRODUCT, SUM, FormulaNotation


class Text(FormulaNotation):
    """Plain text. Layers follow their letter, indices stand in brackets: ``W3[i,j]``, ``a2[j,n]``."""

    fraction = PRODUCT
    exponential = ATOM
    scientific = ATOM
    grouped_exponent = ATOM

    def parentheses(self, inner: str) -> str:
        return f"({inner})"

    def listed(self, entries: Sequence[str]) -> str:
        return ", ".join(entries)

    def number(self, digits: str, negative: bool) -> str:
        return f"−{digits}" if negative else digits

    def symbol(self, symbol: Symbol) -> str:
        indices = [*symbol.indices, symbol.sample] if symbol.sample else symbol.indices
        return symbol.name.replace("𝟏", "1") + symbol.layer + (f"[{','.join(indices)}]" if indices else "")

    def negative(self, inner: str) -> str:
        return f"−{inner}"

    def plus(self, left: str, right: str, minus: bool) -> str:
        return f"{left} {'−' if minus else '+'} {right}"

    def product(self, factors: Sequence[str], sign: Sign) -> str:
        return (f" {sign} " if sign else " ").join(factors)

    def quotient(self, tree: Quotient) -> str:
        return f"{self(tree.numerator, PRODUCT)}/{self(tree.denominator, POWER)}"

    def power(self, base: str, exponent: str) -> str:
        return base + ("²" if exponent == "2" else f"^{exponent}")

    def transposed(self, matrix: str) -> str:
        return f"{matrix}ᵀ"

    def exponential_of(self, exponent: Expression) -> str:
        return f"exp({self(exponent)})"

    def call(self, function: str, arguments: Sequence[str], layer: str) -> str:
        inner = self.listed(arguments)
        if function == "abs":
            return f"|{inner}|"
        return f"√({inner})" if function == "sqrt" else f"{function}{layer}({inner})"

    def total(self, index: str, term: str) -> str:
        return f"Σ_{index} {term}"

    def same(self, first: str, second: str) -> str:
        return f"[{first} = {second}]"

    def greater(self, tree: Cases) -> str:
        return f"{self(tree.left, SUM)} > {self(tree.right, SUM)}"

    def cases(self, chosen: str, condition: str, other: str) -> str:
        return f"{chosen} if {condition} else {other}"

    def partial(self, of: str, by: str) -> str:
        return f"∂{of}/∂{by}"

    def equation(self, sides: Sequence[str]) -> str:
        return " = ".join(sides)


text = Text()
"""Writes an expression as plain text."""
