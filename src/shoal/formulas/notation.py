"""From formulas to characters: what needs parentheses is decided here once, for every notation.

A node has a *strength* with which it holds its parts together; where its place asks for more, it gets
parentheses. Notations differ in few strengths: a fraction with a bar needs none where ``a/b`` does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from shoal.formulas.nodes import (
    Add,
    Call,
    Cases,
    Equation,
    Expression,
    Negative,
    Number,
    Partial,
    Power,
    Product,
    Quotient,
    Same,
    Sign,
    Symbol,
    Total,
    Transposed,
    Vector,
)

EQUATION, CASES, SUM, MINUS, TOTAL, PRODUCT, FRACTION, POWER, ATOM = range(9)


class FormulaNotation(ABC):
    """A way to write formulas; calling it with an expression gives the characters."""

    fraction = FRACTION
    """The strength of a quotient."""
    exponential = POWER
    """The strength of e^x."""
    scientific = PRODUCT
    """The strength of a number with a power of ten."""
    grouped_exponent = EQUATION
    """The strength that an exponent needs."""

    def __call__(self, tree: Expression, least: int = EQUATION) -> str:
        """Return the expression, in parentheses if its strength is less than its place needs."""
        written = self._written(tree)
        return written if self.strength(tree) >= least else self.parentheses(written)

    def strength(self, tree: Expression) -> int:
        """Return how strongly the outermost operation of an expression binds."""
        if isinstance(tree, Number):
            size = self.scientific if "e" in _digits(tree) else ATOM
            return MINUS if tree.value < 0 else size
        if isinstance(tree, Quotient):
            return self.fraction
        if isinstance(tree, Call) and tree.function == "exp":
            return self.exponential
        for kind, strength in (
            (Equation, EQUATION),
            (Cases, CASES),
            (Add, SUM),
            (Negative, MINUS),
            (Total, TOTAL),
            (Product, PRODUCT),
            (Partial, FRACTION),
            (Power | Transposed, POWER),
        ):
            if isinstance(tree, kind):
                return strength
        return ATOM

    def _written(self, tree: Expression) -> str:
        match tree:
            case Number():
                return self.number(_digits(tree), tree.value < 0)
            case Symbol():
                return self.symbol(tree)
            case Negative():
                return self.negative(self(tree.term, TOTAL))
            case Add():
                return self._sum(tree.terms)
            case Product():
                return self._product(tree)
            case Quotient():
                return self.quotient(tree)
            case Power():
                return self.power(self(tree.base, ATOM), self(tree.exponent, self.grouped_exponent))
            case Transposed():
                return self.transposed(self(tree.matrix, ATOM))
            case Call(function="exp"):
                return self.exponential_of(tree.arguments[0])
            case Call():
                return self.call(tree.function, [self(x, CASES) for x in tree.arguments], tree.layer)
            case Total():
                return self.total(tree.index, self(tree.term, TOTAL))
            case Same():
                return self.same(tree.first, tree.second)
            case Cases():
                return self.cases(self(tree.chosen, SUM), self.greater(tree), self(tree.other, SUM))
            case Vector():
                return self.parentheses(self.listed([self(entry, CASES) for entry in tree.entries]))
            case Partial():
                return self.partial(self(tree.of), self(tree.by))
            case Equation():
                return self.equation([self(side, CASES) for side in tree.sides])
        raise TypeError(f"no notation for {tree!r}")

    def _sum(self, terms: Sequence[Expression]) -> str:
        written = self(terms[0], MINUS)
        for term in terms[1:]:
            if isinstance(term, Negative):
                written = self.plus(written, self(term.term, TOTAL), minus=True)
            elif isinstance(term, Number) and term.value < 0:
                written = self.plus(written, self.number(_digits(term), False), minus=True)
            else:
                written = self.plus(written, self(term, TOTAL), minus=False)
        return written

    def _product(self, product: Product) -> str:
        # A sum over an index reaches to the end of its product, so it may stand there and only there.
        last = len(product.factors) - 1
        parts = [self(factor, TOTAL if i == last else PRODUCT) for i, factor in enumerate(product.factors)]
        return self.product(parts, product.sign)

    @abstractmethod
    def parentheses(self, inner: str) -> str: ...

    @abstractmethod
    def listed(self, entries: Sequence[str]) -> str: ...

    @abstractmethod
    def number(self, digits: str, negative: bool) -> str: ...

    @abstractmethod
    def symbol(self, symbol: Symbol) -> str: ...

    @abstractmethod
    def negative(self, inner: str) -> str: ...

    @abstractmethod
    def plus(self, left: str, right: str, minus: bool) -> str: ...

    @abstractmethod
    def product(self, factors: Sequence[str], sign: Sign) -> str: ...

    @abstractmethod
    def quotient(self, tree: Quotient) -> str: ...

    @abstractmethod
    def power(self, base: str, exponent: str) -> str: ...

    @abstractmethod
    def transposed(self, matrix: str) -> str: ...

    @abstractmethod
    def exponential_of(self, exponent: Expression) -> str: ...

    @abstractmethod
    def call(self, function: str, arguments: Sequence[str], layer: str) -> str: ...

    @abstractmethod
    def total(self, index: str, term: str) -> str: ...

    @abstractmethod
    def same(self, first: str, second: str) -> str: ...

    @abstractmethod
    def greater(self, tree: Cases) -> str: ...

    @abstractmethod
    def cases(self, chosen: str, condition: str, other: str) -> str: ...

    @abstractmethod
    def partial(self, of: str, by: str) -> str: ...

    @abstractmethod
    def equation(self, sides: Sequence[str]) -> str: ...


def power_of_ten(written: str) -> int:
    """Return the exponent of a number's digits, which Python writes with two figures at least.

    >>> power_of_ten("−07"), power_of_ten("+12")
    (-7, 12)
    """
    return int(written.replace("−", "-"))


def _digits(number: Number) -> str:
    """Return what is written of a number, its sign left out."""
    return number.text or f"{abs(number.value):g}"
