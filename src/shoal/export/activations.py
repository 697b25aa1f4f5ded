"""Activations as ONNX, in operators that runtimes have in single and in double precision.

Each is right to a few roundings of its own value, however small that is: an error of one rounding of 1 would
be all that a last layer with large weights sees of a unit far in its tail.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from shoal.activations import Activation, Elu, LeakyRelu, Selu, exponent_limit
from shoal.export.graph import Graph, no_form
from shoal.shapes import Array

ERFC_DEGREE = {"float32": 10, "float64": 24}
"""Of the polynomial in GELU: more of them does not make it more exact."""

DType: TypeAlias = "np.dtype[Any]"


def add_activation(graph: Graph, g: Activation, z: str, dtype: DType) -> str:
    """Add ``g(z)`` of a tensor ``z`` of that dtype; return its name."""
    if g.name not in ACTIVATION_FORMS:
        raise no_form(f"the activation {g.name!r}")
    return ACTIVATION_FORMS[g.name](graph, z, g, dtype)


def add_sigmoid(graph: Graph, z: str, dtype: DType) -> str:
    """Add ``1 / (1 + e^−z)`` as ``shoal.activations.sigmoid`` computes it, never 0.

    The operator Sigmoid is right to one rounding of 1 in some runtimes, and 0 far below it.
    """
    power = graph.add("Min", graph.add("Neg", z), dtype.type(exponent_limit(dtype)))
    return graph.add("Reciprocal", graph.add("Add", graph.add("Exp", power), dtype.type(1)))


def _sigmoid(graph: Graph, z: str, g: Any, dtype: DType) -> str:
    return add_sigmoid(graph, z, dtype)


def _standard(op: str) -> Callable[[Graph, str, Any, DType], str]:
    return lambda graph, z, g, dtype: graph.add(op, z)


# LeakyRelu, Elu and Selu are ONNX operators too, but keep their hyper-parameters in single precision, and
# runtimes compute e^z − 1 by a difference that leaves little of it near 0.


def _leaky_relu(graph: Graph, z: str, g: LeakyRelu, dtype: DType) -> str:
    return graph.add("Max", z, graph.add("Mul", z, dtype.type(g.slope)))


def _elu(graph: Graph, z: str, g: Elu, dtype: DType) -> str:
    return _add_saturating(graph, z, g.alpha, dtype)


def _selu(graph: Graph, z: str, g: Selu, dtype: DType) -> str:
    return graph.add("Mul", _add_saturating(graph, z, g.alpha, dtype), dtype.type(g.scale))


def _add_saturating(graph: Graph, z: str, alpha: float, dtype: DType) -> str:
    """Add ``max(z, 0) + α (e^n − 1)`` with ``n = min(z, 0)`` and ``e^n − 1 = (e^n + 1) tanh(n/2)``."""
    n = graph.add("Min", z, dtype.type(0))
    sum_ = graph.add("Add", graph.add("Exp", n), dtype.type(1))
    ratio = graph.add("Tanh", graph.add("Mul", n, dtype.type(0.5)))
    below = graph.add("Mul", graph.add("Mul", sum_, ratio), dtype.type(alpha))
    return graph.add("Add", graph.add("Relu", z), below)


def _gelu(graph: Graph, z: str, g: Any, dtype: DType) -> str:
    """Add ``z Φ(z)`` with ``Φ(−|z|) = ½ e^(−z²/2) t Q(t)``, ``t = 2 / (2 + |z|/√2)``, Q a polynomial.

    The operator Erf is there in single precision only, and ``1 + erf`` cancels where z is negative.
    """
    x = graph.add("Mul", graph.add("Abs", z), dtype.type(1 / math.sqrt(2)))
    t = graph.add("Div", dtype.type(2), graph.add("Add", x, dtype.type(2)))
    s = graph.add("Sub", graph.add("Mul", t, dtype.type(2)), dtype.type(1))
    *rest, last = _scaled_erfc(ERFC_DEGREE[dtype.name])
    q: str | np.generic = dtype.type(last)
    for coefficient in reversed(rest):
        q = graph.add("Add", graph.add("Mul", s, q), dtype.type(coefficient))
    bell = graph.add("Exp", graph.add("Mul", graph.add("Mul", z, z), dtype.type(-0.5)))
    tail = graph.add("Mul", graph.add("Mul", graph.add("Mul", bell, t), dtype.type(0.5)), q)
    above = graph.add("Sub", dtype.type(1), tail)
    cdf = graph.add("Where", graph.add("Greater", z, dtype.type(0)), above, tail)
    return graph.add("Mul", z, cdf)


def _scaled_erfc(degree: int) -> list[float]:
    """Return the coefficients of powers of ``s = 2t − 1`` in ``e^(x²) erfc(x) / t``, where t is 2 / (2 + x).

    It is smooth from x = 0 (t = 1) to infinity (t = 0), where it is 1 / (2 √π).
    """
    from scipy.special import erfcx

    def ratio(s: Array) -> Array:
        t = (s + 1) / 2
        return np.asarray(erfcx(2 / t - 2) / t)

    chebyshev = np.polynomial.Chebyshev.interpolate(ratio, degree)
    return [float(each) for each in chebyshev.convert(kind=np.polynomial.Polynomial).coef]


def _silu(graph: Graph, z: str, g: Any, dtype: DType) -> str:
    return graph.add("Mul", z, add_sigmoid(graph, z, dtype))


def _mish(graph: Graph, z: str, g: Any, dtype: DType) -> str:
    """Add ``z q / (q + 2)`` with ``q = w (w + 2)`` and ``w = e^z``, as ``shoal.activations.Mish`` does."""
    w = graph.add("Exp", graph.add("Min", z, dtype.type(g.linear_from)))
    q = graph.add("Mul", w, graph.add("Add", w, dtype.type(2)))
    return graph.add("Mul", z, graph.add("Div", q, graph.add("Add", q, dtype.type(2))))


def _softplus(graph: Graph, z: str, g: Any, dtype: DType) -> str:
    """Add ``max(z, 0) + ln(1 + w)`` with ``w = e^−|z|``; the operator Softplus is there in single only.

    Of a small w the sum ``u = 1 + w`` keeps few digits; ``ln u + (w − (u − 1)) / u`` gives those back.
    """
    w = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    u = graph.add("Add", w, dtype.type(1))
    lost = graph.add("Sub", w, graph.add("Sub", u, dtype.type(1)))
    logarithm = graph.add("Add", graph.add("Log", u), graph.add("Div", lost, u))
    return graph.add("Add", graph.add("Relu", z), logarithm)


ACTIVATION_FORMS: dict[str, Callable[[Graph, str, Any, DType], str]] = {
    "sigmoid": _sigmoid,
    "tanh": _standard("Tanh"),
    "relu": _standard("Relu"),
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "selu": _selu,
    "gelu": _gelu,
    "silu": _silu,
    "mish": _mish,
    "softplus": _softplus,
    "identity": lambda graph, z, g, dtype: z,
}
