"""One network on one sample: what goes forward and back along every edge, and one edge's chain rule.

J is the loss of this sample alone, without penalties and without dropout. Edges are weights and biases:
those of layer l lead to its units, from the units below or, for a bias, from a 1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from shoal.errors import ConfigurationError
from shoal.explanation.as_json import numbers
from shoal.explanation.derivation import Derivation, derive, multiplied
from shoal.explanation.differences import central_differences
from shoal.explanation.gradient_check import relative_error
from shoal.explanation.point import Point
from shoal.explanation.symbols import lecture_product
from shoal.explanation.trace import trace
from shoal.formulas.text import text
from shoal.lab.commands import Inspect
from shoal.lab.course import Course
from shoal.lab.design import require_between
from shoal.lab.views import member
from shoal.populations.population import Population
from shoal.shapes import Array

MOST_EDGES = 300
"""Of a network that is drawn edge by edge."""
SMALLEST, LARGEST = 1e-12, 1.0
"""Between which the h of differences lies."""


def require_edge(course: Course, network: int, asked: Inspect) -> None:
    """Raise ``ConfigurationError`` for too large a network, and for a row, edge or h that is not there."""
    alone = member(course, network)
    edges, shapes = alone.network.n_parameters, _shapes(alone)
    if edges > MOST_EDGES:
        raise ConfigurationError(
            f"the inspector draws up to {MOST_EDGES} weights and biases, this network has {edges:,}; "
            "pick a smaller one"
        )
    require_between("row", asked.row, 0, len(course.material.train.y) - 1, whole=True)
    require_between("layer", asked.layer, 1, len(shapes), whole=True)
    units, inputs = shapes[asked.layer - 1]
    require_between(f"unit of layer {asked.layer}", asked.unit, 0, units - 1, whole=True)
    if asked.input is not None:
        require_between(f"input of layer {asked.layer}", asked.input, 0, inputs - 1, whole=True)
    require_between("h", asked.h, SMALLEST, LARGEST)


def nearest(course: Course, network: int, asked: Inspect) -> Inspect | None:
    """Return what to go on looking at among other networks or points; None where the network is too large."""
    asked = replace(asked, row=min(asked.row, len(course.material.train.y) - 1))
    for one in (asked, Inspect(row=asked.row, h=asked.h)):
        try:
            require_edge(course, network, one)
        except ConfigurationError:
            continue
        return one
    return None


def inspected(course: Course, network: int, asked: Inspect) -> dict[str, Any]:
    """Return all numbers of a network on a training point, and the chain rule of one edge, as plain values::

        ∂J/∂w = ∂L/∂a · ∂a/∂z · …          beside          (J(w + h) − J(w − h)) / 2h

    Raises as ``require_edge`` does.
    """
    require_edge(course, network, asked)
    alone, samples = member(course, network), course.material.train
    X, y = samples.X[asked.row : asked.row + 1], samples.y[asked.row : asked.row + 1]
    criterion = alone.network.criterion
    with np.errstate(all="ignore"):  # a network that has diverged is shown as it is
        found = trace(alone.network, alone.theta, X.T, y[None])
        derivations = derive(found, criterion)
        by_name = {(one.step.number, one.name): one for one in derivations}
        own = by_name[asked.layer, "b" if asked.input is None else "W"]
        value = float(own.gradient[asked.unit, asked.input or 0])
        numerical = _difference(alone, X, y, asked)
        error = relative_error(np.asarray(value), np.asarray(numerical))
    return {
        "row": asked.row,
        "layer": asked.layer,
        "unit": asked.unit,
        "input": asked.input,
        "h": asked.h,
        "rows": len(samples.y),
        "x": numbers(X[0]),
        "y": float(y[0]),
        "loss": numbers(found.losses[0]),
        "loss_name": criterion.name,
        "layers": [
            {
                "gate": step.gate.name,
                "z": numbers(step.z[:, 0]),
                "a": numbers(step.a[:, 0]),
                "delta": numbers(by_name[step.number, "b"].delta[:, 0]),
                "W": numbers(step.W),
                "b": numbers(step.b[:, 0]),
                "dW": numbers(by_name[step.number, "W"].gradient),
                "db": numbers(by_name[step.number, "b"].gradient[:, 0]),
            }
            for step in found.steps
        ],
        "product": text(lecture_product(own, criterion, found.steps)),
        "factors": _factors(own, derivations, asked),
        "value": numbers(value),
        "numerical": numbers(numerical),
        "error": numbers(error),
    }


def _factors(own: Derivation, derivations: tuple[Derivation, ...], asked: Inspect) -> list[dict[str, Any]]:
    """Return the factors in order, each with its numbers and with what all up to it multiply to.

    Where the way has come down to the edge's layer, the numbers are those of the edge's unit alone.
    """
    rows = [own.factors[0].batch]
    for one in derivations:
        if one.name == "b" and one.step.number >= own.step.number:
            rows.append(one.delta)  # the product, also at the limits of ŷ, where that is no number
            if one.step is not own.step:
                rows.append(multiplied(one.delta, own.factors[len(rows)]))
    last, place = len(rows), asked.input or 0
    rows.append(own.gradient[[asked.unit], place])
    told = []
    for k, (factor, row) in enumerate(zip(own.factors, rows, strict=True)):
        values, so_far = factor.sample(0), row.ravel()
        if k == last:
            values = values[[place]]
        elif k >= last - 2:
            values, so_far = values[..., [asked.unit]], so_far[[asked.unit]]
        told.append(
            {
                "symbol": text(factor.symbol),
                "formula": text(factor.formula),
                "values": numbers(values.ravel()),
                "so_far": numbers(so_far),
            }
        )
    return told


def _difference(alone: Population, X: Array, y: Array, asked: Inspect) -> float:
    point = Point(alone, X, y)
    name = "b" if asked.input is None else "W"
    slot = next(s for s in alone.network.slots if (s.layer, s.name) == (asked.layer - 1, name))
    chosen = slot.start + asked.unit * slot.shape[1] + (asked.input or 0)
    return float(central_differences(point.objective, point.theta, asked.h, np.array([chosen]))[chosen])


def _shapes(alone: Population) -> list[tuple[int, ...]]:
    return [slot.shape for slot in alone.network.slots if slot.name == "W"]
