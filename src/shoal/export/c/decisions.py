"""The class that probabilities are called, in C."""

from __future__ import annotations

from shoal.calibration.decision import Decision
from shoal.export.c.text import number


def class_of(decision: Decision, K: int) -> list[str]:
    """Return the statements that find the class of probabilities ``out`` (K): the first of equal ones."""
    return _cheapest(decision) if decision.costs else _preferred(decision.factors or (1.0,) * K)


def _preferred(factors: tuple[float, ...]) -> list[str]:
    plain = all(factor == 1 for factor in factors)
    numbers = ", ".join(map(number, factors))
    own, times = ("", "") if plain else (" * factor[k]", " * factor[called]")
    return [
        *([] if plain else [f"static const double factor[{len(factors)}] = {{{numbers}}};"]),
        "int called = 0;",
        f"for (int k = 1; k < {len(factors)}; k++)",
        f"    if (out[k]{own} > out[called]{times})",
        "        called = k;",
        "return called;",
    ]


def _cheapest(decision: Decision) -> list[str]:
    K = len(decision.costs)
    rows = ", ".join(f"{{{', '.join(map(number, row))}}}" for row in decision.costs)
    return [
        f"static const double cost[{K}][{K}] = {{{rows}}};",
        "int called = 0;",
        "double least = 0.0;",
        f"for (int k = 0; k < {K}; k++) {{",
        "    double own = 0.0;",
        f"    for (int j = 0; j < {K}; j++)",
        "        own += out[j] * cost[j][k];",
        "    if (k == 0 || own < least) {",
        "        called = k;",
        "        least = own;",
        "    }",
        "}",
        "return called;",
    ]
