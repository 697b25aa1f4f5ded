"""Activations as ONNX, in operators that runtimes have in single and in double precision."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from shoal.activations import Activation, Elu, LeakyRelu, Selu
from shoal.export.graph import FLOAT_TYPES, Graph, TensorProto, no_form

DType: TypeAlias = "np.dtype[Any]"


def add_activation(graph: Graph, g: Activation, z: str, dtype: DType) -> str:
    """Add ``g(z)`` of a tensor ``z`` of that dtype; return its name."""
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
