"""From formulas to numbers: the values of a formula for arrays, straight from its tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from shoal.formulas.nodes import (
    Add,
    Call,
    Cases,
    Expression,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Same,
    Symbol,
    Total,
)
from shoal.shapes import Array

AXES = {"k": 0, "j": 1}
"""The axis that an index runs along, where a formula has indices: arrays (K, N) become (K, K, N)."""


def _logistic(z: Array) -> Array:
    from scipy.special import expit  # longer to import than NumPy: only where it is needed

    return np.asarray(expit(z))


def _normal(z: Array) -> Array:
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "exp": np.exp,
    "ln": np.log,
    "tanh": np.tanh,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "max": np.maximum,
    "min": np.minimum,
    "σ": _logistic,
    "Φ": _normal,
}


def evaluate(tree: Expression, values: Mapping[str, Array], owner: object = None) -> Array:
    """Return a formula's value, elementwise over the arrays that ``values`` gives its letters.

    ``owner`` has the attributes that hyper-parameters stand for. A formula without indices gives the arrays'
    shape (K, N). In one with indices, k runs along the first and j along the second of the axes (K, K, N);
    an axis that it does not run along has length 1.

    >>> from shoal.formulas.nodes import A
    >>> evaluate(A * (1 - A), {"a": np.array([0.5, 0.9])}).round(2)
    array([0.25, 0.09])
    """
    match tree:
        case Number():
            return np.asarray(tree.value, dtype=np.float64)
        case Symbol():
            return _symbol(tree, values, owner)
        case Negative():
            return -evaluate(tree.term, values, owner)
        case Add():
            return _reduced(np.add, tree.terms, values, owner)
        case Product():
            return _reduced(np.multiply, tree.factors, values, owner)
        case Quotient():
            return evaluate(tree.numerator, values, owner) / evaluate(tree.denominator, values, owner)
        case Power():
            return evaluate(tree.base, values, owner) ** evaluate(tree.exponent, values, owner)
        case Call():
            return _FUNCTIONS[tree.function](*(evaluate(x, values, owner) for x in tree.arguments))
        case Total():
            return np.add.reduce(evaluate(tree.term, values, owner), axis=AXES[tree.index], keepdims=True)
        case Cases():
            holds = evaluate(tree.left, values, owner) > evaluate(tree.right, values, owner)
            chosen, other = (evaluate(part, values, owner) for part in (tree.chosen, tree.other))
            return np.where(holds, chosen, other)
        case Same():
            n = next(iter(values.values())).shape[0]
            return np.eye(n)[:, :, None]
    raise TypeError(f"no value for {tree!r}")


def _symbol(symbol: Symbol, values: Mapping[str, Array], owner: object) -> Array:
    if symbol.parameter:
        return np.asarray(getattr(owner, symbol.parameter))
    value = np.asarray(values[symbol.name])
    if symbol.indices:
        (index,) = symbol.indices
        return np.expand_dims(value, 1 - AXES[index])
    return value


def _reduced(
    operation: np.ufunc, parts: tuple[Expression, ...], values: Mapping[str, Array], owner: object
) -> Array:
    result = evaluate(parts[0], values, owner)
    for part in parts[1:]:
        result = operation(result, evaluate(part, values, owner))
    return result
