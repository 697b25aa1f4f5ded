r"""Formulas in LaTeX's mathematics: ``\frac{\partial L}{\partial W_{3}}``."""

from __future__ import annotations

from collections.abc import Sequence

from shoal.formulas.nodes import Cases, Expression, Quotient, Sign, Symbol
from shoal.formulas.notation import SUM, FormulaNotation, power_of_ten

_LETTERS = {
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "δ": r"\delta",
    "ε": r"\epsilon",
    "λ": r"\lambda",
    "μ": r"\mu",
    "π": r"\pi",
    "σ": r"\sigma",
    "σ²": r"\sigma^{2}",
    "â": r"\hat{a}",
    "Φ": r"\Phi",
    "𝟏": r"\mathbf{1}",
}
_FUNCTIONS = {"ln": r"\ln", "tanh": r"\tanh", "max": r"\max", "min": r"\min", "sign": r"\operatorname{sign}"}
_SIGNS: dict[Sign, str] = {"": r" \, ", "·": r" \cdot ", "⊙": r" \odot "}


class Latex(FormulaNotation):
    """LaTeX, without packages beyond amsmath's ``cases``."""

    def parentheses(self, inner: str) -> str:
        return rf"\left( {inner} \right)"

    def listed(self, entries: Sequence[str]) -> str:
        return ", ".join(entries)

    def number(self, digits: str, negative: bool) -> str:
        mantissa, e, power = digits.partition("e")
        mantissa = _LETTERS.get(mantissa, mantissa.replace("⋯", r"\cdots"))
        shown = rf"{mantissa} \cdot 10^{{{power_of_ten(power)}}}" if e else mantissa
        return f"-{shown}" if negative else shown

    def symbol(self, symbol: Symbol) -> str:
        below = ",".join(part for part in (symbol.layer, " ".join(symbol.indices)) if part)
        written = _LETTERS.get(symbol.name, symbol.name)
        above = rf"^{{({symbol.sample})}}" if symbol.sample else ""
        return written + (f"_{{{below}}}" if below else "") + above

    def negative(self, inner: str) -> str:
        return f"-{inner}"

    def plus(self, left: str, right: str, minus: bool) -> str:
        return f"{left} {'-' if minus else '+'} {right}"

    def product(self, factors: Sequence[str], sign: Sign) -> str:
        return _SIGNS[sign].join(factors)

    def quotient(self, tree: Quotient) -> str:
        return rf"\frac{{{self(tree.numerator)}}}{{{self(tree.denominator)}}}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def transposed(self, matrix: str) -> str:
        return rf"{matrix}^{{\top}}"

    def exponential_of(self, exponent: Expression) -> str:
        return f"e^{{{self(exponent)}}}"

    def call(self, function: str, arguments: Sequence[str], layer: str) -> str:
        inner = self.listed(arguments)
        if function == "abs":
            return rf"\left\lvert {inner} \right\rvert"  # a bare bar would end the cell of a table
        if function == "sqrt":
            return rf"\sqrt{{{inner}}}"
        name = _FUNCTIONS.get(function) or _LETTERS.get(function) or function.replace("′", "'")
        return rf"{name}{f'_{{{layer}}}' if layer else ''}\left( {inner} \right)"

    def total(self, index: str, term: str) -> str:
        return rf"\sum_{{{index}}} {term}"

    def same(self, first: str, second: str) -> str:
        return f"[{first} = {second}]"

    def greater(self, tree: Cases) -> str:
        return f"{self(tree.left, SUM)} > {self(tree.right, SUM)}"

    def cases(self, chosen: str, condition: str, other: str) -> str:
        # \cr ends a row as two backslashes do, of which Markdown would swallow one.
        rows = rf"{chosen} & \text{{if }} {condition} \cr {other} & \text{{otherwise}}"
        return rf"\begin{{cases}} {rows} \end{{cases}}"

    def partial(self, of: str, by: str) -> str:
        return rf"\frac{{\partial {of}}}{{\partial {by}}}"

    def equation(self, sides: Sequence[str]) -> str:
        return " = ".join(sides)


latex = Latex()
"""Writes an expression in LaTeX."""
