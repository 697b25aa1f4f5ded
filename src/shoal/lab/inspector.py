"""One network on one sample: what goes forward and back along every edge, and one edge's chain rule.

J is the loss of this sample alone, without penalties and without dropout. Edges are weights and biases:
those of layer l lead to its units, from the units below or, for a bias, from a 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal.errors import ConfigurationError
from shoal.explanation.as_json import numbers
from shoal.explanation.derivation import Derivation, derive, multiplied
from shoal.explanation.differences import central_differences
from shoal.explanation.gradient_check import relative_error
from shoal.explanation.point import GradientPoint
from shoal.explanation.symbols import lecture_product
from shoal.explanation.trace import trace
from shoal.formulas.text import text
from shoal.lab.commands import Inspect
from shoal.lab.course import Course
from shoal.lab.design import require_between
from shoal.lab.material import Rows
from shoal.lab.views import member
from shoal.layers import Dense
from shoal.populations.population import Population
from shoal.populations.trainer import sample_losses
from shoal.shapes import Array

MOST_EDGES = 300
"""Of a network that is drawn edge by edge."""
SMALLEST, LARGEST = 1e-12, 1.0
"""Between which the h of differences lies."""


USUAL_RATE = 0.1
"""Of the update by hand, where the solver takes no learning rate."""


@dataclass(frozen=True)
class InspectedNetwork:
    """The network ``alone`` (a population of one, without dropout), and the samples that it may be seen on.

    ``rate`` is the learning rate of its training, None where its solver finds its own steps, and ``decay``
    the weight decay.
    """

    alone: Population
    samples: Rows
    rate: float | None = None
    decay: float = 0.0

    @classmethod
    def of_course(cls, course: Course, network: int) -> InspectedNetwork:
        """Return a network of a course with the points that it trains on."""
        rate = course.knobs.strengths(course.design.solver).get("learning_rate")
        return cls(member(course, network), course.material.train, rate, course.knobs.weight_decay)


def require_edge(subject: InspectedNetwork, asked: Inspect) -> None:
    """Raise ``ConfigurationError`` for what is not drawn edge by edge, and for what is asked out of range."""
    alone = subject.alone
    if not all(type(layer) is Dense for layer in alone.network.layers):
        raise ConfigurationError(
            "the inspector draws networks of dense layers, and this one has others; pick another one"
        )
    edges, shapes = alone.network.n_parameters, _shapes(alone)
    if edges > MOST_EDGES:
        raise ConfigurationError(
            f"the inspector draws up to {MOST_EDGES} weights and biases, this network has {edges:,}; "
            "pick a smaller one"
        )
    require_between("row", asked.row, 0, len(subject.samples.y) - 1, whole=True)
    require_between("layer", asked.layer, 1, len(shapes), whole=True)
    units, inputs = shapes[asked.layer - 1]
    require_between(f"unit of layer {asked.layer}", asked.unit, 0, units - 1, whole=True)
    if asked.input is not None:
        require_between(f"input of layer {asked.layer}", asked.input, 0, inputs - 1, whole=True)
    require_between("h", asked.h, SMALLEST, LARGEST)
    if asked.rate is not None:
        require_between("rate", asked.rate, 1e-6, 10)


def nearest(subject: InspectedNetwork, asked: Inspect) -> Inspect | None:
    """Return what to go on looking at among other networks or points; None where the network is too large."""
    asked = replace(asked, row=min(asked.row, len(subject.samples.y) - 1))
    for one in (asked, Inspect(row=asked.row, h=asked.h, rate=asked.rate)):
        try:
            require_edge(subject, one)
        except ConfigurationError:
            continue
        return one
    return None


def inspected(subject: InspectedNetwork, asked: Inspect) -> dict[str, Any]:
    """Return all numbers of a network on a sample, the chain rule of one edge and its update, plainly::

        ∂J/∂w = ∂L/∂a · ∂a/∂z · …          beside          (J(w + h) − J(w − h)) / 2h

    Raises as ``require_edge`` does.
    """
    require_edge(subject, asked)
    alone, samples = subject.alone, subject.samples
    X, y = samples.X[asked.row : asked.row + 1], samples.y[asked.row : asked.row + 1]
    criterion = alone.network.criterion
    with np.errstate(all="ignore"):  # a network that has diverged is shown as it is
        encoded = criterion.encode(y, alone.network.n_outputs)
        found = trace(alone.network, alone.theta, X.T, encoded)
        derivations = derive(found, criterion)
        by_name = {(one.step.number, one.name): one for one in derivations}
        own = by_name[asked.layer, "b" if asked.input is None else "W"]
        value = float(own.gradient[asked.unit, asked.input or 0])
        numerical = _difference(alone, X, y, asked)
        error = relative_error(np.asarray(value), np.asarray(numerical))
        update = _update(subject, asked, by_name)
    return {
        "row": asked.row,
        "layer": asked.layer,
        "unit": asked.unit,
        "input": asked.input,
        "h": asked.h,
        "rate": asked.rate,
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
        "update": update,
    }


def _update(
    subject: InspectedNetwork, asked: Inspect, by_name: dict[tuple[int, str], Derivation]
) -> dict[str, Any]:
    """Return one step of gradient descent on this sample alone, at this edge, and what J is after it::

    w ← w − α ∂J/∂w − λ w          b ← b − α ∂J/∂b
    """
    rate = asked.rate or subject.rate or USUAL_RATE
    alone, theta = subject.alone, subject.alone.theta.copy()
    for slot in alone.network.slots:
        kept = 1 - subject.decay if slot.name == "W" else 1.0
        part = theta[:, slot.start : slot.stop]
        part *= kept
        part -= rate * by_name[slot.layer + 1, slot.name].gradient.ravel()
    row = slice(asked.row, asked.row + 1)
    stepped = Population(alone.network, theta, alone.keys)
    loss = sample_losses(stepped, subject.samples.X[row], subject.samples.y[row], n_jobs=1)
    place = _slot_of(alone, asked)
    return {
        "rate": rate,
        "decay": subject.decay if asked.input is not None else 0.0,
        "before": numbers(alone.theta[0, place]),
        "after": numbers(theta[0, place]),
        "loss": numbers(loss[0, 0]),
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
    told, mixes = [], own.factors[last - 1].sample(0).ndim > 1  # softmax, all of whose outputs have a say
    for k, (factor, row) in enumerate(zip(own.factors, rows, strict=True)):
        values, so_far = factor.sample(0), row.ravel()
        if k == last:
            values = values[[place]]
        elif k == last - 1 or (k == last - 2 and not mixes):
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
    point = GradientPoint(alone, X, y)
    chosen = _slot_of(alone, asked)
    return float(central_differences(point.objective, point.theta, asked.h, np.array([chosen]))[chosen])


def _slot_of(alone: Population, asked: Inspect) -> int:
    """Return the place of the asked edge among the parameters."""
    name = "b" if asked.input is None else "W"
    slot = next(s for s in alone.network.slots if (s.layer, s.name) == (asked.layer - 1, name))
    return int(slot.start + asked.unit * slot.shape[1] + (asked.input or 0))


def _shapes(alone: Population) -> list[tuple[int, ...]]:
    return [slot.shape for slot in alone.network.slots if slot.name == "W"]
