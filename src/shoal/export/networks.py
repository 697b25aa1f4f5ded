"""Networks as ONNX: layers, activations and links, for one network or for a population side by side."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from shoal.activations import exponent_limit
from shoal.export.activations import add_activation, add_sigmoid
from shoal.export.graph import FLOAT_TYPES, ML, Graph, TensorProto, no_form, onnx
from shoal.export.inputs import add_inputs, add_samples
from shoal.export.layers import FORMS
from shoal.export.network_graph import NetworkGraph
from shoal.export.weights import stored
from shoal.layers import Dense
from shoal.layers.base import Parameters
from shoal.losses import StepCrossEntropy
from shoal.networks.chain import Chain
from shoal.populations.population import Population
from shoal.shapes import Array, IntArray

DType: TypeAlias = "np.dtype[Any]"
DOUBLE = np.dtype(np.float64)


def population_model(population: Population, temperature: float | None = None) -> onnx.ModelProto:
    """Return the ONNX model of a population; of classifiers with their temperature where it has one.

    Input ``X`` (N, n) in the population's dtype, or (N, T, C) of sequences, with ``lengths`` (N,) beside it:
    ``add_inputs``; outputs ``predictions`` (P, N, K), as ``population.predict`` gives them, and ``mean`` (N,
    K), the prediction of the members as an ensemble. With a temperature also ``probabilities`` (N, C) of all
    C classes.
    """
    network, kind = population.network, FLOAT_TYPES[population.theta.dtype.name]
    names = ["predictions", "mean", *(["probabilities"] if temperature is not None else [])]
    graph = Graph(["X", "lengths"], names)
    X, lengths = add_inputs(graph, network, population.theta.dtype)
    members, picks = stored(population)
    z = add_population(graph, members, X, lengths)
    predictions = add_link(graph, network, z, population.theta.dtype)
    every = predictions
    if members.size == 1:
        every = graph.add("Unsqueeze", predictions, np.array([0]))
    if members.size < population.size:
        every = graph.add("Gather", every, picks, axis=0)
    graph.output(every, kind, (population.size, "rows", network.n_outputs))
    counts = np.bincount(picks)
    mean = add_mean(graph, counts, predictions, population.theta.dtype)
    graph.output(mean, kind, ("rows", network.n_outputs))
    if temperature is not None:
        probabilities = add_cooled(graph, add_class_means(graph, network, counts, z), temperature)
        graph.output(probabilities, TensorProto.DOUBLE, ("rows", max(network.n_outputs, 2)))
    return graph.model(f"{population.size} x {network!r}", {"loss": network.criterion.name})


def add_population(graph: Graph, population: Population, X: str, lengths: str | None = None) -> str:
    """Add the population's forward pass over ``X`` of its dtype; return the name of its last z.

    They are (P, N, K), and (N, K) from one network, whose matrices lose the leading axis so that any
    tool recognises them. Dense networks stand side by side in one product, others one after the other.
    """
    network = population.network
    if lengths is None and all(layer.name in ("dense", "dropout") for layer in network.walk()):
        return _add_dense(graph, population, X)
    net = NetworkGraph(graph, population.theta.dtype, FORMS)
    a = add_samples(net, network, X, lengths)
    beginning, members = net.lengths, []
    for p in range(population.size):
        net.lengths = beginning
        members.append(_add_layers(net, population, p, a))
    if len(members) == 1:
        return members[0]
    return graph.add("Concat", *(graph.add("Unsqueeze", z, np.array([0])) for z in members), axis=0)


def _add_layers(net: NetworkGraph, population: Population, p: int, a: str) -> str:
    """Add the layers of member p over samples ``a``, and return the name of its last z (N, K)."""
    network = population.network
    views = network.views(population.theta[p : p + 1])
    for layer, parameters, shape in zip(network.layers, views, network.shapes, strict=False):
        a = net.layer(layer, {name: array[0] for name, array in parameters.items()}, a, shape)
    return a


def add_link(graph: Graph, network: Chain, z: str, dtype: DType) -> str:
    """Add the predictions that the network's loss makes of ``z``, of its shape and dtype."""
    loss = network.criterion
    if isinstance(loss, StepCrossEntropy):
        by_step = graph.add("Reshape", z, np.array([-1, network.n_outputs // loss.steps, loss.steps]))
        return graph.add("Reshape", graph.add("Softmax", by_step, axis=1), graph.add("Shape", z))
    if loss.name in LINKS:
        return LINKS[loss.name](graph, z, dtype)
    if loss.has_link:
        raise no_form(f"the link of {loss.name!r}")
    return z


def add_class_probabilities(graph: Graph, network: Chain, z: str, dtype: DType) -> str:
    """Add the probabilities (P, N, C) of all classes, (N, C) of one network, as ``Loss.probabilities`` does.

    Those of no and yes are ``softmax([0, z])``, neither of them 1 less the other: each keeps its digits.
    """
    if network.n_outputs > 1 or network.criterion.name != "log_loss":
        return add_link(graph, network, z, dtype)
    most = dtype.type(pair_limit(dtype))
    bounded = graph.add("Clip", z, -most, most)
    pair = graph.add("Concat", graph.add("Mul", bounded, dtype.type(0)), bounded, axis=-1)
    return graph.add("Softmax", pair, axis=-1)


def pair_limit(dtype: DType) -> float:
    """Return a z whose e^−z is still a normal number of ``dtype``: what is smaller is 0 in some runtimes."""
    return min(exponent_limit(dtype), -0.999 * math.log(np.finfo(dtype).tiny))


def add_class_means(graph: Graph, network: Chain, counts: IntArray, z: str) -> str:
    """Add the mean over the members of the probabilities of all classes: (N, C), double before the link."""
    members = add_class_probabilities(graph, network, graph.add("Cast", z, to=TensorProto.DOUBLE), DOUBLE)
    return add_mean(graph, counts, members, DOUBLE)


def _add_dense(graph: Graph, population: Population, X: str) -> str:
    """Add the population's last z (P, N, K), or (N, K) of one network."""
    network, a = population.network, X
    for layer, parameters in zip(network.layers, network.views(population.theta), strict=True):
        if isinstance(layer, Dense):  # the others are dropout, which passes on what it gets
            z = _add_affine(graph, parameters, a)
            a = add_activation(graph, layer.g, z, population.theta.dtype)
    return a


def add_mean(graph: Graph, counts: IntArray, predictions: str, dtype: DType) -> str:
    """Add the mean of predictions (P, N, K), (N, K) of one network, of that dtype: (N, K).

    The predictions of each network count as often as ``counts`` (P,) says.
    """
    if counts.size == 1:
        return predictions
    if (counts > 1).any():
        predictions = graph.add("Mul", predictions, counts.astype(dtype)[:, None, None])
    total = graph.add("ReduceSum", predictions, np.array([0]), keepdims=0)
    return graph.add("Div", total, dtype.type(counts.sum()))


def add_cooled(graph: Graph, probabilities: str, temperature: float) -> str:
    """Add what ``shoal.calibration.temperature.cooled`` makes of probabilities (N, C)."""
    if temperature == 1:
        return probabilities
    largest = graph.add("ReduceMax", probabilities, axes=[1], keepdims=1)
    powers = graph.add("Pow", graph.add("Div", probabilities, largest), np.float64(1 / temperature))
    return graph.add("Div", powers, graph.add("ReduceSum", powers, np.array([1]), keepdims=1))


def add_label(graph: Graph, code: str, classes: Array) -> str:
    """Add the class (N,) that each of the numbers ``code`` (N,) stands for."""
    kind = label_kind(classes)
    if kind == TensorProto.STRING:
        texts = [str(label) for label in classes]
        numbers = list(range(len(texts)))
        return graph.add("LabelEncoder", code, domain=ML, keys_int64s=numbers, values_strings=texts)
    return graph.add("Gather", classes.astype(np.int64 if kind == TensorProto.INT64 else np.float64), code)


def label_kind(classes: Array) -> int:
    """Return what classes are in ONNX: whole numbers, truth values among them; numbers; or texts.

    Texts are also dates, and whole numbers beyond those of 64 bits with a sign.
    """
    if classes.dtype.kind == "f":
        return int(TensorProto.DOUBLE)
    whole = classes.dtype.kind in "biu" and int(classes.max()) <= np.iinfo(np.int64).max
    return int(TensorProto.INT64 if whole else TensorProto.STRING)


def _add_affine(graph: Graph, parameters: Parameters, a: str) -> str:
    """Add ``z = a Wᵀ + b``, rows instead of columns: W (P, m, n) becomes (P, n, m), b becomes (P, 1, m)."""
    W, b = (np.ascontiguousarray(parameters[name].swapaxes(1, 2)) for name in ("W", "b"))
    if len(W) == 1:
        W, b = W[0], b[0, 0]
    return graph.add("Add", graph.add("MatMul", a, W), b)


def _exponential(graph: Graph, z: str, dtype: DType) -> str:
    return graph.add("Exp", graph.add("Min", z, dtype.type(exponent_limit(dtype))))


LINKS: dict[str, Callable[[Graph, str, DType], str]] = {
    "log_loss": add_sigmoid,
    "cross_entropy": lambda graph, z, dtype: graph.add("Softmax", z, axis=-1),
    "poisson": _exponential,
}
