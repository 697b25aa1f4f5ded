"""Activations as C99: one expression in z for each, in single or in double precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.activations import Activation, exponent_limit
from shoal.errors import ConfigurationError
from shoal.export.c.text import number


class Precision:
    """The names that C has for a type of numbers, its functions and its constants.

    >>> single = Precision(np.dtype(np.float32))
    >>> single.name, single.call("exp", "z"), single.constant(0.5)
    ('float', 'expf(z)', '5e-01f')
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.name = {"float32": "float", "float64": "double"}[dtype.name]

    def call(self, function: str, *arguments: str) -> str:
        suffix = "f" if self.name == "float" else ""
        return f"{function}{suffix}({', '.join(arguments)})"

    def constant(self, value: float) -> str:
        return number(self.dtype.type(value))


def expression(g: Activation, precision: Precision) -> str:
    """Return ``g(z)`` as an expression of C in ``z``; raises ``ConfigurationError`` where it has none.

    >>> from shoal.activations import LeakyRelu
    >>> expression(LeakyRelu(0.25), Precision(np.dtype(np.float64)))
    'fmax(z, 2.5e-01 * z)'
    """
    if g.name not in FORMS:
        raise ConfigurationError(
            f"the activation {g.name!r} has no form in C; use one of {', '.join(FORMS)}, or write its form "
            "in shoal.export.c"
        )
    return FORMS[g.name](g, precision)


def _sigmoid(g: Any, c: Precision) -> str:
    power = c.call("fmin", "-z", c.constant(exponent_limit(c.dtype)))
    return f"{c.constant(1)} / ({c.constant(1)} + {c.call('exp', power)})"


def _saturating(c: Precision, slope: float, alpha: float) -> str:
    above = f"{c.constant(slope)} * z"
    return f"z > 0 ? {above} : {c.constant(alpha)} * {c.call('expm1', 'z')}"


def _gelu(g: Any, c: Precision) -> str:
    """Return ``z Φ(z)``, with ``Φ(z) = ½ erfc(−z/√2)``, which keeps its digits in the lower tail."""
    tail = c.call("erfc", f"{c.constant(-(0.5**0.5))} * z")
    return f"{c.constant(0.5)} * z * {tail}"


def _mish(g: Any, c: Precision) -> str:
    """Return ``z q / (q + 2)`` with ``q = w (w + 2)`` and ``w = e^z``, as ``shoal.activations.Mish`` does."""
    w = c.call("exp", c.call("fmin", "z", c.constant(g.linear_from)))
    q = f"{w} * ({w} + {c.constant(2)})"
    return f"z * ({q}) / ({q} + {c.constant(2)})"


def _softplus(g: Any, c: Precision) -> str:
    rest = c.call("log1p", c.call("exp", f"-{c.call('fabs', 'z')}"))
    return f"{c.call('fmax', 'z', c.constant(0))} + {rest}"


FORMS: dict[str, Callable[[Any, Precision], str]] = {
    "sigmoid": _sigmoid,
    "tanh": lambda g, c: c.call("tanh", "z"),
    "relu": lambda g, c: c.call("fmax", "z", c.constant(0)),
    "leaky_relu": lambda g, c: c.call("fmax", "z", f"{c.constant(g.slope)} * z"),
    "elu": lambda g, c: _saturating(c, 1.0, g.alpha),
    "selu": lambda g, c: _saturating(c, g.scale, g.scale * g.alpha),
    "gelu": _gelu,
    "silu": lambda g, c: f"z * ({_sigmoid(g, c)})",
    "mish": _mish,
    "softplus": _softplus,
}
"""Of the identity nothing is written at all."""
