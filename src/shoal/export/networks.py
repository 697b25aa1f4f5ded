"""Networks as ONNX: layers, activations and links, for one network or for a population side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from shoal.activations import exponent_limit
from shoal.export.activations import add_activation
from shoal.export.graph import FLOAT_TYPES, ML, Graph, TensorProto, no_form, onnx
from shoal.export.images import ImageGraph
from shoal.layers import Dense
from shoal.layers.base import Parameters
from shoal.population import Population
from shoal.shapes import Array

DType: TypeAlias = "np.dtype[Any]"


def population_model(population: Population, temperature: float | None = None) -> onnx.ModelProto:
    """Return the ONNX model of a population; of classifiers with their temperature where it has one.

    Input ``X`` (N, n) in the population's dtype; outputs ``predictions`` (P, N, K), as
    ``population.predict`` gives them, and ``mean`` (N, K), the prediction of the members as an ensemble. With
    a temperature also ``probabilities`` (N, C) of all C classes.
    """
    network, kind = population.network, FLOAT_TYPES[population.theta.dtype.name]
    graph = Graph(taken=["X"])
    X = graph.input("X", kind, network.n_inputs, "one sample to a row")
    predictions = add_population(graph, population, X)
    every = predictions
    if population.size == 1:
        every = graph.add("Unsqueeze", predictions, np.array([0]))
    graph.output("predictions", every, kind, (population.size, "rows", network.n_outputs))
    mean = add_mean(graph, population, predictions, population.theta.dtype)
    graph.output("mean", mean, kind, ("rows", network.n_outputs))
    if temperature is not None:
        every = add_probabilities(graph, graph.add("Cast", mean, to=TensorProto.DOUBLE), network.n_outputs)
        probabilities = add_cooled(graph, every, temperature)
        graph.output("probabilities", probabilities, TensorProto.DOUBLE, ("rows", max(network.n_outputs, 2)))
    return graph.model(f"{population.size} x {network!r}", {"loss": network.criterion.name})


def add_population(graph: Graph, population: Population, X: str) -> str:
    """Add the population's forward pass over ``X`` (N, n), of its dtype; return the name of its predictions.

    They are (P, N, K), and (N, K) from one network, whose matrices lose the leading axis so that any
    tool recognises them. Dense networks stand side by side in one product, others one after the other.
    """
    network, dtype = population.network, population.theta.dtype
    if all(layer.name in ("dense", "dropout") for layer in network.walk()):
        a = _add_dense(graph, population, X)
    else:
        images = ImageGraph(graph, dtype)
        members = [images.network(network, theta, X) for theta in population.theta]
        a = members[0]
        if len(members) > 1:
            a = graph.add("Concat", *(graph.add("Unsqueeze", z, np.array([0])) for z in members), axis=0)
    loss = network.criterion
    if loss.name in LINKS:
        return LINKS[loss.name](graph, a, dtype)
    if loss.has_link:
        raise no_form(f"the link of {loss.name!r}")
    return a


def _add_dense(graph: Graph, population: Population, X: str) -> str:
    """Add the population's last z (P, N, K), or (N, K) of one network."""
    network, a = population.network, X
    for layer, parameters in zip(network.layers, network.views(population.theta), strict=True):
        if isinstance(layer, Dense):  # the others are dropout, which passes on what it gets
            z = _add_affine(graph, parameters, a)
            a = add_activation(graph, layer.g, z, population.theta.dtype)
    return a


def add_mean(graph: Graph, population: Population, predictions: str, dtype: DType) -> str:
    """Add the mean over the members of what ``add_population`` returned: (N, K), of that dtype."""
    if population.size == 1:
        return predictions
    total = graph.add("ReduceSum", predictions, np.array([0]), keepdims=0)
    return graph.add("Div", total, dtype.type(population.size))


def add_probabilities(graph: Graph, mean: str, n_outputs: int) -> str:
    """Add the probabilities (N, C) of C classes; of two, ``mean`` (N, 1) has only the second's."""
    return mean if n_outputs > 1 else graph.add("Concat", graph.add("Sub", np.float64(1), mean), mean, axis=1)


def add_cooled(graph: Graph, probabilities: str, temperature: float) -> str:
    """Add what ``shoal.calibration.temperature.cooled`` makes of probabilities (N, C)."""
    if temperature == 1:
        return probabilities
    largest = graph.add("ReduceMax", probabilities, axes=[1], keepdims=1)
    powers = graph.add("Pow", graph.add("Div", probabilities, largest), np.float64(1 / temperature))
    return graph.add("Div", powers, graph.add("ReduceSum", powers, np.array([1]), keepdims=1))


def add_label(graph: Graph, code: str, classes: Array) -> str:
    """Add the class (N,) that each of the numbers ``code`` (N,) stands for."""
    if classes.dtype.kind in "OU":
        texts = [str(label) for label in classes]
        numbers = list(range(len(texts)))
        return graph.add("LabelEncoder", code, domain=ML, keys_int64s=numbers, values_strings=texts)
    return graph.add("Gather", classes.astype(np.int64 if classes.dtype.kind in "biu" else np.float64), code)


def _add_affine(graph: Graph, parameters: Parameters, a: str) -> str:
    """Add ``z = a Wᵀ + b``, rows instead of columns: W (P, m, n) becomes (P, n, m), b becomes (P, 1, m)."""
    W, b = (np.ascontiguousarray(parameters[name].swapaxes(1, 2)) for name in ("W", "b"))
    if len(W) == 1:
        W, b = W[0], b[0, 0]
    return graph.add("Add", graph.add("MatMul", a, W), b)


def _exponential(graph: Graph, z: str, dtype: DType) -> str:
    return graph.add("Exp", graph.add("Min", z, dtype.type(exponent_limit(dtype))))


LINKS: dict[str, Callable[[Graph, str, DType], str]] = {
    "log_loss": lambda graph, z, dtype: graph.add("Sigmoid", z),
    "cross_entropy": lambda graph, z, dtype: graph.add("Softmax", z, axis=-1),
    "poisson": _exponential,
}
