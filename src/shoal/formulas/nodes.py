"""Formulas as trees, which a class says once: to be read as text, LaTeX or MathML, and to be computed.

Trees are written with Python's operators::

    1 / (1 + exp(-Z))          the sigmoid
    A * (1 - A)                its derivative

``shoal.formulas.notation`` turns a tree into characters, ``shoal.formulas.evaluation`` into numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Literal, Self, TypeAlias, dataclass_transform

Term: TypeAlias = "Expression | float"
Sign: TypeAlias = Literal["", "·", "⊙"]
"""What stands between factors: nothing, the lecture's dot, or the sign of the elementwise product."""


@dataclass_transform(frozen_default=True, eq_default=True)
class Expression:
    """A formula, or a part of one: a value, made of the parts that its class annotates.

    Classes are what ``dataclass(frozen=True)`` would make of each, by functions that all of them share: every
    training loads them, with its activations and losses, and has no use for so many compilations.

    >>> Quotient(Z, denominator=A) == Z / A, hash(Z) == hash(Symbol("z"))
    (True, True)
    """

    parts: ClassVar[tuple[str, ...]] = ()
    """The names of its parts, in order."""

    def __init_subclass__(cls) -> None:
        cls.parts = tuple(cls.__annotations__)

    def __init__(self, *values: Any, **named: Any) -> None:
        given = dict(zip(self.parts, values, strict=False)) | named
        missing = [name for name in self.parts if name not in given and not hasattr(type(self), name)]
        if missing or len(given) < len(values) + len(named) or not given.keys() <= set(self.parts):
            raise TypeError(f"{type(self).__name__} has the parts {self.parts}, got {values} and {named}")
        vars(self).update(given)  # the others have their defaults of the class

    def replaced(self, **changes: Any) -> Self:
        """Return the same expression with other parts."""
        return type(self)(**{**dict(zip(self.parts, self._values, strict=True)), **changes})

    @property
    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.parts)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a formula is a value, whose {name} stays what it is; use replaced({name}=…)")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values == other._values

    def __hash__(self) -> int:
        return hash((type(self), self._values))

    def __repr__(self) -> str:
        shown = zip(self.parts, self._values, strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown)})"

    def __add__(self, other: Term) -> Expression:
        return Add((self, expression(other)))

    def __radd__(self, other: Term) -> Expression:
        return Add((expression(other), self))

    def __sub__(self, other: Term) -> Expression:
        return Add((self, Negative(expression(other))))

    def __rsub__(self, other: Term) -> Expression:
        return Add((expression(other), Negative(self)))

    def __mul__(self, other: Term) -> Expression:
        return Product((self, expression(other)))

    def __rmul__(self, other: Term) -> Expression:
        return Product((expression(other), self))

    def __truediv__(self, other: Term) -> Expression:
        return Quotient(self, expression(other))

    def __rtruediv__(self, other: Term) -> Expression:
        return Quotient(expression(other), self)

    def __pow__(self, other: Term) -> Expression:
        return Power(self, expression(other))

    def __neg__(self) -> Expression:
        return Negative(self)


class Number(Expression):
    """A number; ``text`` says how it is written where not all of its digits are."""

    value: float
    text: str = ""


class Symbol(Expression):
    """A letter such as W, its layer, the indices of one entry and the sample it belongs to.

    ``parameter`` is the attribute of an activation or loss that the letter stands for, such as a slope.
    """

    name: str
    layer: str = ""
    indices: tuple[str, ...] = ()
    sample: str = ""
    parameter: str = ""

    def __getitem__(self, indices: str | tuple[str, ...]) -> Symbol:
        return self.replaced(indices=(indices,) if isinstance(indices, str) else indices)


class Negative(Expression):
    """−x."""

    term: Expression


class Add(Expression):
    """A sum of terms; one that is ``Negative`` is shown with a minus sign."""

    terms: tuple[Expression, ...]


class Product(Expression):
    """A product, of matrices where the factors are matrices."""

    factors: tuple[Expression, ...]
    sign: Sign = ""


class Quotient(Expression):
    """One expression over another."""

    numerator: Expression
    denominator: Expression


class Power(Expression):
    """A base with an exponent."""

    base: Expression
    exponent: Expression


class Transposed(Expression):
    """A matrix, transposed."""

    matrix: Expression


class Call(Expression):
    """A function of its arguments: exp, ln, tanh, max, min, sign, abs, sqrt, σ, Φ, or some g."""

    function: str
    arguments: tuple[Expression, ...]
    layer: str = ""


class Total(Expression):
    """Σ over an index."""

    index: str
    term: Expression


class Same(Expression):
    """[k = j]: 1 where two indices are the same, else 0 (Iverson's bracket)."""

    first: str
    second: str


class Cases(Expression):
    """``chosen`` where ``left > right``, else ``other``."""

    chosen: Expression
    left: Expression
    right: Expression
    other: Expression


class Vector(Expression):
    """Numbers in parentheses."""

    entries: tuple[Expression, ...]


class Partial(Expression):
    """∂ of one symbol by another."""

    of: Expression
    by: Expression


class Equation(Expression):
    """Expressions that are equal, one after the other."""

    sides: tuple[Expression, ...]


def expression(term: Term) -> Expression:
    """Return a number as an expression, and an expression as it is."""
    return term if isinstance(term, Expression) else Number(term)


def exp(x: Expression) -> Expression:
    """Return e^x."""
    return Call("exp", (x,))


def ln(x: Expression) -> Expression:
    """Return the natural logarithm of x."""
    return Call("ln", (x,))


def call(function: str, *arguments: Term, layer: str = "") -> Expression:
    """Return a function of some arguments."""
    return Call(function, tuple(expression(argument) for argument in arguments), layer)


def dotted(*factors: Expression) -> Expression:
    """Return a product as the lecture's chain rule writes it, with dots; one factor as it is."""
    return Product(factors, "·") if len(factors) > 1 else factors[0]


def elementwise(*factors: Expression) -> Expression:
    """Return a product taken element by element; one factor as it is."""
    return Product(factors, "⊙") if len(factors) > 1 else factors[0]


def equation(*sides: Expression) -> Expression:
    """Return the statement that all sides are equal, each repetition of the side before left out."""
    distinct = [side for i, side in enumerate(sides) if not i or side != sides[i - 1]]
    return Equation(tuple(distinct))


def parameter(letter: str, attribute: str) -> Symbol:
    """Return the letter for a hyper-parameter, the named attribute of whoever has this formula."""
    return Symbol(letter, parameter=attribute)


def children(tree: Expression) -> Iterator[Expression]:
    """Give the parts that an expression is made of directly."""
    for name in tree.parts:
        value = getattr(tree, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Expression):
                yield part


def symbols(tree: Expression) -> Iterator[Symbol]:
    """Give every symbol in an expression, from left to right."""
    if isinstance(tree, Symbol):
        yield tree
    for child in children(tree):
        yield from symbols(child)


def in_layer(tree: Expression, layer: str) -> Expression:
    """Return the formula with its z and a belonging to a layer: z becomes z₂.

    >>> in_layer(Z, "2")
    Symbol(name='z', layer='2', indices=(), sample='', parameter='')
    """
    return with_symbols(tree, lambda s: s.replaced(layer=layer) if s.name in "za" else s)


def indexed(tree: Expression, *indices: str) -> Expression:
    """Return a formula with the indices of one entry at every a, y and z in it; without any: at none.

    >>> indexed(A - Y, "k") == A["k"] - Y["k"]
    True
    """
    return with_symbols(tree, lambda s: s.replaced(indices=indices) if s.name in "ayz" else s)


def with_symbols(tree: Expression, change: Callable[[Symbol], Symbol]) -> Expression:
    """Return a formula whose symbols have been changed."""
    if isinstance(tree, Symbol):
        return change(tree)
    changes: dict[str, object] = {}
    for name in tree.parts:
        value = getattr(tree, name)
        if isinstance(value, Expression):
            changes[name] = with_symbols(value, change)
        elif isinstance(value, tuple):
            changes[name] = tuple(with_symbols(part, change) for part in value)
    return tree.replaced(**changes)


A, L, N, Y, Z = (Symbol(name) for name in "aLNyz")
