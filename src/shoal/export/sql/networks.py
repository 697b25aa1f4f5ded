"""Networks as SQL: a table for each layer's z, and one for what its activation makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from shoal.activations import Identity
from shoal.errors import ConfigurationError
from shoal.export.sql.text import QueryTables, number, total
from shoal.populations.population import Population
from shoal.shapes import Array

FURTHEST = 700.0
"""e to a larger power is no number in double precision."""


def write_member(
    tables: QueryTables, population: Population, p: int, source: str, columns: list[str]
) -> list[str]:
    """Write the tables of member ``p`` over ``columns`` of ``source``; return the columns of its last.

    Raises ``ConfigurationError`` for layers and activations that have no form in SQL.
    """
    network = population.network
    layers = list(zip(network.layers, network.views(population.theta), strict=True))
    computed: list[tuple[Any, dict[str, Array]]] = [
        (layer, views) for layer, views in layers if layer.name != "dropout"
    ]
    for index, (layer, views) in enumerate(computed):
        _require_form(layer)
        own = {key: values[p].astype(np.float64) for key, values in views.items()}
        last = index == len(computed) - 1
        table = f"z{p}" if last else f"z{p}_{index}"
        source, columns = FORMS[layer.name](tables, layer, own, table, source, columns)
        if not isinstance(layer.g, Identity):
            formulas = [(z, ACTIVATIONS[layer.g.name](layer.g, z)) for z in columns]
            source = tables.add(f"{table}_g" if last else f"a{p}_{index}", source, formulas)
    if source != f"z{p}":
        tables.add(f"z{p}", source, [(z, z) for z in columns])
    return columns


def exp(x: str) -> str:
    """Return e to the power of a column or short expression, of which nothing becomes infinite."""
    most, least = number(FURTHEST), number(-FURTHEST)
    return f"exp(CASE WHEN {x} > {most} THEN {most} WHEN {x} < {least} THEN {least} ELSE {x} END)"


def sigmoid(z: str) -> str:
    """Return 1 / (1 + e^−z)."""
    return f"1e+00 / (1e+00 + {exp(f'(-{z})')})"


def _require_form(layer: Any) -> None:
    if layer.name not in FORMS:
        raise ConfigurationError(
            f"the layer {layer.name!r} has no form in SQL, which has {', '.join(FORMS)} and dropout; export "
            "to ONNX or C instead"
        )
    if not isinstance(layer.g, Identity) and layer.g.name not in ACTIVATIONS:
        raise ConfigurationError(
            f"the activation {layer.g.name!r} has no form in SQL, which has {', '.join(ACTIVATIONS)}; export "
            "to ONNX or C instead"
        )


def _dense(
    tables: QueryTables, layer: Any, own: dict[str, Array], table: str, source: str, columns: list[str]
) -> tuple[str, list[str]]:
    W, b = own["W"], own["b"].ravel()
    formulas = []
    for j in range(len(W)):
        terms = [_times(w, a) for w, a in zip(W[j], columns, strict=True) if w != 0]
        formulas.append((f"z{j}", total([number(b[j]), *terms])))
    return tables.add(table, source, formulas), [column for column, _ in formulas]


def _times(w: float, a: str) -> str:
    """Return a weight times a column, the weight as what a case chooses.

    Before it begins, SQLite compares every constant of a query with those before it, but for constants that
    a case chooses: without one the time goes by the square of the number of weights.
    """
    return f"CASE WHEN {a} IS NOT NULL THEN {number(w)} END * {a}"


def _batch_norm(
    tables: QueryTables, layer: Any, own: dict[str, Array], table: str, source: str, columns: list[str]
) -> tuple[str, list[str]]:
    scale = own["gamma"] / np.sqrt(own["variance"] + layer.epsilon)
    shift = (own["beta"] - own["mean"] * scale).ravel()
    formulas = [
        (f"z{j}", f"{number(s)} * {a} + {number(t)}")
        for j, (s, t, a) in enumerate(zip(scale.ravel(), shift, columns, strict=True))
    ]
    return tables.add(table, source, formulas), [column for column, _ in formulas]


def _layer_norm(
    tables: QueryTables, layer: Any, own: dict[str, Array], table: str, source: str, columns: list[str]
) -> tuple[str, list[str]]:
    m, kept = number(len(columns)), [(a, a) for a in columns]
    centred = tables.add(f"{table}_mean", source, [*kept, ("mean", f"{total(columns)} / {m}")])
    squares = total([f"({a} - mean) * ({a} - mean)" for a in columns])
    deviation = ("deviation", f"sqrt({squares} / {m} + {number(layer.epsilon)})")
    spread = tables.add(f"{table}_deviation", centred, [*kept, ("mean", "mean"), deviation])
    parts = zip(own["gamma"].ravel(), own["beta"].ravel(), columns, strict=True)
    formulas = [
        (f"z{j}", f"{number(gamma)} * ({a} - mean) / deviation + {number(beta)}")
        for j, (gamma, beta, a) in enumerate(parts)
    ]
    return tables.add(table, spread, formulas), [column for column, _ in formulas]


def _above(z: str, above: str, below: str) -> str:
    return f"CASE WHEN {z} > 0e+00 THEN {above} ELSE {below} END"


def _tanh(g: Any, z: str) -> str:
    return f"1e+00 - 2e+00 / (1e+00 + {exp(f'(2e+00 * {z})')})"


def _mish(g: Any, z: str) -> str:
    """Return ``z q / (q + 2)`` with ``q = w (w + 2)`` and ``w = e^z``, as ``shoal.activations.Mish`` does."""
    w = f"exp(CASE WHEN {z} > {number(g.linear_from)} THEN {number(g.linear_from)} ELSE {z} END)"
    q = f"({w} * ({w} + 2e+00))"
    return f"{z} * {q} / ({q} + 2e+00)"


Form: TypeAlias = Callable[[QueryTables, Any, dict[str, Array], str, str, list[str]], tuple[str, list[str]]]
FORMS: dict[str, Form] = {"dense": _dense, "batch_norm": _batch_norm, "layer_norm": _layer_norm}
ACTIVATIONS: dict[str, Callable[[Any, str], str]] = {
    "sigmoid": lambda g, z: sigmoid(z),
    "tanh": _tanh,
    "relu": lambda g, z: _above(z, z, "0e+00"),
    "leaky_relu": lambda g, z: _above(z, z, f"{number(g.slope)} * {z}"),
    "elu": lambda g, z: _above(z, z, f"{number(g.alpha)} * ({exp(z)} - 1e+00)"),
    "selu": lambda g, z: _above(
        z, f"{number(g.scale)} * {z}", f"{number(g.scale * g.alpha)} * ({exp(z)} - 1e+00)"
    ),
    "silu": lambda g, z: f"{z} * ({sigmoid(z)})",
    "mish": _mish,
    "softplus": lambda g, z: f"{_above(z, z, '0e+00')} + ln(1e+00 + {exp(f'(-ABS({z}))')})",
}
"""Of the identity nothing is written. The error function, which GELU is made of, databases do not have."""
