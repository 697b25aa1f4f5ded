"""Networks as ONNX: layers, activations and links, for one network or for a population side by side."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from shoal.activations import Activation, Elu, LeakyRelu, Selu, exponent_limit
from shoal.export.graph import FLOAT_TYPES, ML, Graph, TensorProto, no_form, onnx
from shoal.layers import Dense
from shoal.layers.base import Parameters
from shoal.population import Population
from shoal.shapes import Array

DType: TypeAlias = "np.dtype[Any]"


def population_model(population: Population) -> onnx.ModelProto:
    """Return the ONNX model of a population.

    Input ``X`` (N, n) in the population's dtype; outputs ``predictions`` (P, N, K), as
    ``population.predict`` gives them, and ``mean`` (N, K), the prediction of the members as an ensemble.
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
    return graph.model(f"{population.size} x {network!r}", {"loss": network.criterion.name})


def add_population(graph: Graph, population: Population, X: str) -> str:
    """Add the population's forward pass over ``X`` (N, n), of its dtype; return the name of its predictions.

    They are (P, N, K), and (N, K) from one network, whose matrices lose the leading axis so that any
    tool recognises them.
    """
    network, dtype = population.network, population.theta.dtype
    a = X
    for layer, parameters in zip(network.layers, network.views(population.theta), strict=True):
        if isinstance(layer, Dense):
            a = _add_activation(graph, layer.g, _add_affine(graph, parameters, a), dtype)
        elif layer.name != "dropout":  # which passes on what it gets, outside training
            raise no_form(f"the layer {layer.name!r}")
    loss = network.criterion
    if loss.name in LINKS:
        return LINKS[loss.name](graph, a, dtype)
    if loss.has_link:
        raise no_form(f"the link of {loss.name!r}")
    return a


def add_mean(graph: Graph, population: Population, predictions: str, dtype: DType) -> str:
    """Add the mean over the members of what ``add_population`` returned: (N, K), of that dtype."""
    if population.size == 1:
        return predictions
    total = graph.add("ReduceSum", predictions, np.array([0]), keepdims=0)
    return graph.add("Div", total, dtype.type(population.size))


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


def _add_activation(graph: Graph, g: Activation, z: str, dtype: DType) -> str:
    if g.name not in ACTIVATION_FORMS:
        raise no_form(f"the activation {g.name!r}")
    return ACTIVATION_FORMS[g.name](graph, z, g, dtype)


def _standard(op: str) -> Callable[[Graph, str, Any, DType], str]:
    return lambda graph, z, g, dtype: graph.add(op, z)


# LeakyRelu, Elu and Selu are ONNX operators too, but keep their hyper-parameters in single precision.


def _leaky_relu(graph: Graph, z: str, g: LeakyRelu, dtype: DType) -> str:
    return graph.add("Max", z, graph.add("Mul", z, dtype.type(g.slope)))


def _elu(graph: Graph, z: str, g: Elu, dtype: DType) -> str:
    return _add_saturating(graph, z, g.alpha, dtype)


def _selu(graph: Graph, z: str, g: Selu, dtype: DType) -> str:
    return graph.add("Mul", _add_saturating(graph, z, g.alpha, dtype), dtype.type(g.scale))


def _add_saturating(graph: Graph, z: str, alpha: float, dtype: DType) -> str:
    """Add ``max(z, 0) + α (e^min(z, 0) − 1)``."""
    exponential = graph.add("Exp", graph.add("Min", z, dtype.type(0)))
    below = graph.add("Mul", graph.add("Sub", exponential, dtype.type(1)), dtype.type(alpha))
    return graph.add("Add", graph.add("Relu", z), below)


def _gelu(graph: Graph, z: str, g: Any, dtype: DType) -> str:
    """Add ``z Φ(z)`` by ``Erf``, which runtimes have for single precision only."""
    kind = FLOAT_TYPES[dtype.name]
    single = graph.add("Cast", graph.add("Mul", z, dtype.type(1 / math.sqrt(2))), to=TensorProto.FLOAT)
    erf = graph.add("Cast", graph.add("Erf", single), to=kind)
    twice = graph.add("Add", erf, dtype.type(1))
    return graph.add("Mul", graph.add("Mul", twice, dtype.type(0.5)), z)


def _silu(graph: Graph, z: str, g: Any, dtype: DType) -> str:
    return graph.add("Mul", z, graph.add("Sigmoid", z))


def _mish(graph: Graph, z: str, g: Any, dtype: DType) -> str:
    return graph.add("Mul", z, graph.add("Tanh", _softplus(graph, z, g, dtype)))


def _softplus(graph: Graph, z: str, g: Any, dtype: DType) -> str:
    """Add ``max(z, 0) + ln(1 + e^−|z|)``; the operator Softplus is there in single precision only."""
    exponential = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    return graph.add(
        "Add", graph.add("Relu", z), graph.add("Log", graph.add("Add", exponential, dtype.type(1)))
    )


def _exponential(graph: Graph, z: str, dtype: DType) -> str:
    return graph.add("Exp", graph.add("Min", z, dtype.type(exponent_limit(dtype))))


ACTIVATION_FORMS: dict[str, Callable[[Graph, str, Any, DType], str]] = {
    "sigmoid": _standard("Sigmoid"),
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

LINKS: dict[str, Callable[[Graph, str, DType], str]] = {
    "log_loss": lambda graph, z, dtype: graph.add("Sigmoid", z),
    "cross_entropy": lambda graph, z, dtype: graph.add("Softmax", z, axis=-1),
    "poisson": _exponential,
}
