"""Networks as C99: their weights as constants, and a function for each that gives its last z."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from shoal.activations import Identity
from shoal.errors import ConfigurationError
from shoal.export.c.functions import Functions
from shoal.export.c.text import array, indented
from shoal.layers.base import Layer
from shoal.populations.population import Population
from shoal.shapes import Array

LEVELS = 127
"""Whole numbers that a weight in 8 bits has on either side of 0."""


def rounded_to_int8(W: Array) -> tuple[Array, Array]:
    """Return weights (m, n) as whole numbers Q of 8 bits, and the scale (m,) of each row, W ≈ s Q::

        s_j = max_k |W_jk| / 127        Q_jk = round(W_jk / s_j)

    Source: Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-
    only inference", section 2.1; symmetric, and for each neuron by itself.

    >>> Q, s = rounded_to_int8(np.array([[0.5, -1.0, 0.25], [0.0, 0.0, 0.0]]))
    >>> Q.tolist(), s.round(4).tolist()
    ([[64, -127, 32], [0, 0, 0]], [0.0079, 0.0])
    """
    s = np.abs(W).max(axis=1) / W.dtype.type(LEVELS)
    Q = np.rint(W / np.where(s > 0, s, W.dtype.type(1))[:, None])
    return Q.astype(np.int8), s


@dataclass
class WrittenNetwork:
    """One network as it is written: constants, and the statements that take ``x`` to ``z``."""

    number: int
    functions: Functions
    int8: bool
    constants: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    at: str = "x"
    """The array that the next layer takes."""

    def constant(self, kind: str, name: str, values: Array) -> str:
        name = f"{name}_{self.number}_{len(self.constants)}"
        self.constants.append(array(kind, name, values))
        return name

    def layer(self, call: str, units: int, layer: Any, last: bool) -> None:
        """Write a layer: ``call(…, a, z)`` from the array at hand to the next, and its activation."""
        to = "z" if last else f"a{len(self.statements)}"
        if not last:
            self.statements.append(f"real {to}[{units}];")
        self.statements.append(f"{call}, {self.at}, {to});")
        if not isinstance(layer.g, Identity):
            self.statements.append(f"{self.functions.activation(layer.g)}({to}, {units});")
        self.at = to


def _dense(member: WrittenNetwork, layer: Any, own: dict[str, Array], last: bool) -> None:
    m, n = own["W"].shape
    b = member.constant("real", "b", own["b"])
    if member.int8:
        Q, s = rounded_to_int8(own["W"])
        q, scale = member.constant("int8_t", "Q", Q), member.constant("real", "s", s)
        call = f"{member.functions.need('dense_int8')}({q}, {scale}, {b}, {m}, {n}"
    else:
        W = member.constant("real", "W", own["W"])
        call = f"{member.functions.need('dense')}({W}, {b}, {m}, {n}"
    member.layer(call, m, layer, last)


def _batch_norm(member: WrittenNetwork, layer: Any, own: dict[str, Array], last: bool) -> None:
    scale = own["gamma"] / np.sqrt(own["variance"] + own["variance"].dtype.type(layer.epsilon))
    shift = own["beta"] - own["mean"] * scale
    names = f"{member.constant('real', 'scale', scale)}, {member.constant('real', 'shift', shift)}"
    member.layer(f"{member.functions.need('scale_and_shift')}({names}, {scale.size}", scale.size, layer, last)


def _layer_norm(member: WrittenNetwork, layer: Any, own: dict[str, Array], last: bool) -> None:
    m = own["gamma"].size
    names = (
        f"{member.constant('real', 'scale', own['gamma'])}, {member.constant('real', 'shift', own['beta'])}"
    )
    epsilon = member.functions.precision.constant(layer.epsilon)
    member.layer(f"{member.functions.need('normalise')}({names}, {epsilon}, {m}", m, layer, last)


Form: TypeAlias = Callable[[WrittenNetwork, Any, dict[str, Array], bool], None]
FORMS: dict[str, Form] = {"dense": _dense, "batch_norm": _batch_norm, "layer_norm": _layer_norm}


def written(population: Population, functions: Functions, int8: bool) -> list[str]:
    """Return the text of each network: ``static void member_p(const real *x, real *z)`` and its constants.

    Raises ``ConfigurationError`` for layers other than dense ones, norms of vectors, and dropout.
    """
    network = population.network
    layers = [
        (layer, views)
        for layer, views, shape in zip(
            network.layers, network.views(population.theta), network.shapes, strict=False
        )
        if _is_computed(layer, len(shape))
    ]
    texts = []
    for p in range(population.size):
        member = WrittenNetwork(p, functions, int8)
        for index, (layer, views) in enumerate(layers):
            own = {name: values[p] for name, values in views.items()}
            FORMS[layer.name](member, layer, own, index == len(layers) - 1)
        head = f"static void member_{p}(const real *x, real *z)"
        texts.append("\n".join([*member.constants, f"{head}\n{{\n{indented(member.statements)}\n}}"]))
    return texts


def _is_computed(layer: Layer, axes: int) -> bool:
    if layer.name == "dropout":
        return False
    if layer.name not in FORMS or axes != 1:
        raise ConfigurationError(
            f"the layer {layer.name!r} over samples of {axes} axes has no form in C, which has "
            f"{', '.join(FORMS)} and dropout over numbers side by side; export to ONNX instead"
        )
    return True
