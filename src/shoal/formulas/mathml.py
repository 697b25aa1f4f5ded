"""Formulas in MathML Core, which browsers draw without scripts or fonts from elsewhere.

Every method returns exactly one element, so that it can be a child of any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from shoal.formulas.nodes import Cases, Expression, Quotient, Sign, Symbol
from shoal.formulas.notation import SUM, FormulaNotation, power_of_ten

_APPLY, _TIMES = "\u2061", "\u2062"  # invisible operators: function application, multiplication
_WORDS = {"ln", "tanh", "max", "min", "sign"}


def _tag(name: str, *inner: str, **attributes: str) -> str:
    given = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(inner)}</{name}>"


def _row(*parts: str) -> str:
    return _tag("mrow", *parts)


def _operator(sign: str, **attributes: str) -> str:
    return _tag("mo", escape(sign), **attributes)


def _letter(name: str) -> str:
    return _tag("mn", name) if name.isdigit() else _tag("mi", escape(name))


class MathML(FormulaNotation):
    """MathML Core."""

    def parentheses(self, inner: str) -> str:
        return _row(_operator("("), inner, _operator(")"))

    def listed(self, entries: Sequence[str]) -> str:
        separated = [piece for entry in entries for piece in (_operator(","), entry)]
        return separated[1] if len(entries) == 1 else _row(*separated[1:])

    def number(self, digits: str, negative: bool) -> str:
        mantissa, e, power = digits.partition("e")
        shown = _tag("mn", mantissa)
        if e:
            exponent = _tag("mn", str(power_of_ten(power)).replace("-", "−"))
            shown = _row(shown, _operator("·"), _tag("msup", _tag("mn", "10"), exponent))
        return self.negative(shown) if negative else shown

    def symbol(self, symbol: Symbol) -> str:
        letter = _tag("mi", escape(symbol.name))
        below = [_letter(part) for part in (symbol.layer, *symbol.indices) if part]
        above = _row(_operator("("), _letter(symbol.sample), _operator(")")) if symbol.sample else ""
        if below and above:
            return _tag("msubsup", letter, self.listed(below), above)
        if below:
            return _tag("msub", letter, self.listed(below))
        return _tag("msup", letter, above) if above else letter

    def negative(self, inner: str) -> str:
        return _row(_operator("−", form="prefix"), inner)

    def plus(self, left: str, right: str, minus: bool) -> str:
        return _row(left, _operator("−" if minus else "+"), right)

    def product(self, factors: Sequence[str], sign: Sign) -> str:
        between = _operator(sign) if sign else _operator(_TIMES) + '<mspace width="0.17em"></mspace>'
        return _row(between.join(factors))

    def quotient(self, tree: Quotient) -> str:
        return _tag("mfrac", self(tree.numerator), self(tree.denominator))

    def power(self, base: str, exponent: str) -> str:
        return _tag("msup", base, exponent)

    def transposed(self, matrix: str) -> str:
        return _tag("msup", matrix, _operator("⊤"))

    def exponential_of(self, exponent: Expression) -> str:
        return _tag("msup", _tag("mi", "e"), self(exponent))

    def call(self, function: str, arguments: Sequence[str], layer: str) -> str:
        inner = self.listed(arguments)
        if function == "abs":
            bar = {"fence": "true", "stretchy": "true"}
            return _row(_operator("|", form="prefix", **bar), inner, _operator("|", form="postfix", **bar))
        if function == "sqrt":
            return _tag("msqrt", inner)
        letter, prime = function.rstrip("′"), function.endswith("′")
        name = _tag("mi", escape(letter), **({"mathvariant": "normal"} if function in _WORDS else {}))
        mark = _operator("′")
        if layer and prime:
            name = _tag("msubsup", name, _letter(layer), mark)
        elif layer or prime:
            name = _tag("msup", name, mark) if prime else _tag("msub", name, _letter(layer))
        return _row(name, _operator(_APPLY), self.parentheses(inner))

    def total(self, index: str, term: str) -> str:
        return _row(_tag("munder", _operator("∑"), _letter(index)), term)

    def same(self, first: str, second: str) -> str:
        return _row(_operator("["), _letter(first), _operator("="), _letter(second), _operator("]"))

    def greater(self, tree: Cases) -> str:
        return _row(self(tree.left, SUM), _operator(">"), self(tree.right, SUM))

    def cases(self, chosen: str, condition: str, other: str) -> str:
        first = _tag("mtr", _tag("mtd", chosen), _tag("mtd", _tag("mtext", "if\u00a0"), condition))
        second = _tag("mtr", _tag("mtd", other), _tag("mtd", _tag("mtext", "otherwise")))
        table = _tag("mtable", first, second, **{"class": "cases"})
        return _row(_operator("{", form="prefix", stretchy="true"), table)

    def partial(self, of: str, by: str) -> str:
        d = _operator("∂", form="prefix")
        return _tag("mfrac", _row(d, of), _row(d, by))

    def equation(self, sides: Sequence[str]) -> str:
        return _row(_operator("=").join(sides))


mathml = MathML()
"""Writes an expression in MathML, as one element to stand in ``<math>``."""
