"""A target in a graph: what networks say of it, and the class that is called, or the value."""

from __future__ import annotations

import numpy as np

from shoal.calibration.decision import Decision
from shoal.data.targets.task import REGRESSION, TargetEncoder
from shoal.export.graph import FLOAT_TYPES, Graph, TensorProto
from shoal.export.names import identifier
from shoal.export.networks import (
    DOUBLE,
    add_class_means,
    add_cooled,
    add_label,
    add_link,
    add_mean,
    add_population,
    label_kind,
)
from shoal.export.weights import stored
from shoal.jobs.model import LARGEST_Z, Model
from shoal.populations.population import Population
from shoal.shapes import Array


def output_names(target: TargetEncoder) -> list[str]:
    """Return what the outputs of a model with that target are called."""
    name = identifier(target.name)
    return [name] if target.task == REGRESSION else [name, "probabilities"]


def add_prediction(
    graph: Graph, population: Population, X: str, lengths: str | None = None, *, classes: bool
) -> str:
    """Add what the networks of a model say of ``X`` in the mean: (N, C) of ``classes``, else values (N, 1).

    In double precision before the link, as ``Model.of_networks`` has it.
    """
    members, picks = stored(population)
    network, counts = members.network, np.bincount(picks)
    codes = network.layers[0].takes_data
    given = X if codes else graph.add("Cast", X, to=FLOAT_TYPES[members.theta.dtype.name])
    z = add_population(graph, members, given, lengths)
    if classes:
        return add_class_means(graph, network, counts, z)
    z = graph.add("Cast", z, to=TensorProto.DOUBLE)
    if network.criterion.has_link:
        z = graph.add("Min", z, np.float64(LARGEST_Z))
    return add_mean(graph, counts, add_link(graph, network, z, DOUBLE), DOUBLE)


def add_target(graph: Graph, model: Model, mean: str) -> None:
    """Declare the outputs of a model, as ``output_names`` calls them, by what it says in the mean (N, K)."""
    target = model.target
    if target.labels:
        probabilities = add_cooled(graph, mean, model.temperature)
        add_classes(graph, probabilities, np.array(target.labels), model.decision)
    else:
        add_values(graph, mean, target.mean, target.sd)


def add_classes(graph: Graph, probabilities: str, classes: Array, decision: Decision) -> None:
    """Declare two outputs, the class (N,) of probabilities (N, K), and these themselves."""
    code = graph.add("ArgMax", _preferences(graph, decision, probabilities), axis=1, keepdims=0)
    graph.output(add_label(graph, code, classes), label_kind(classes), ("rows",))
    graph.output(probabilities, TensorProto.DOUBLE, ("rows", len(classes)))


def add_values(graph: Graph, scaled: str, mean: float, sd: float) -> None:
    """Declare an output, the values (N, 1) that scaled ones stand for."""
    values = graph.add("Add", graph.add("Mul", scaled, np.float64(sd)), np.float64(mean))
    graph.output(values, TensorProto.DOUBLE, ("rows", 1))


def _preferences(graph: Graph, decision: Decision, probabilities: str) -> str:
    """Add what classes are called by, (N, K): the largest is, as ``Decision.preferences`` has it."""
    if decision.costs:
        return graph.add("MatMul", probabilities, -np.array(decision.costs))
    return (
        graph.add("Mul", probabilities, np.array([decision.factors])) if decision.factors else probabilities
    )
