"""Recurrent layers as ONNX's nodes RNN, GRU and LSTM: gates in their order, two biases, a lengths input."""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.activations import Activation, Elu, LeakyRelu
from shoal.export.graph import TensorProto, Value, no_form
from shoal.export.network_graph import Form, NetworkGraph, Own
from shoal.layers.bidirectional import Bidirectional
from shoal.layers.recurrent import Recurrent
from shoal.layers.rnn import RNN
from shoal.shapes import Array, Shape

GATES = {"rnn": [0], "gru": [1, 0, 2], "lstm": [0, 3, 1, 2]}
"""Our gates in the order of ONNX: z r n of r z n, and i o f g of i f g o."""

ACTIVATIONS = {
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "relu": "Relu",
    "leaky_relu": "LeakyRelu",
    "elu": "Elu",
    "softplus": "Softplus",
}


def recurrent(net: NetworkGraph, layer: Recurrent, own: Own, a: str, shape: Shape) -> str:
    return _node(net, layer, [own], "reverse" if layer.reverse else "forward", a)


def bidirectional(net: NetworkGraph, layer: Bidirectional, own: Own, a: str, shape: Shape) -> str:
    return _node(net, layer.layer, [*layer.apart(own)], "bidirectional", a)


def _node(net: NetworkGraph, cell: Recurrent, parts: list[Own], direction: str, a: str) -> str:
    """Add a cell over ``a`` (rows, C, T), by the parameters of each direction.

    The node takes (T, rows, C), and gives (T, directions, rows, m), of last states (directions, rows, m).
    """
    if cell.layer_norm:
        raise no_form(f"layer_norm inside a layer {cell.name!r}")
    add, width = net.graph.add, len(parts) * cell.units
    settings: dict[str, Any] = {"hidden_size": cell.units, "direction": direction}
    if isinstance(cell, RNN):
        settings |= _activation(cell.g, len(parts))
    if cell.name == "gru":
        settings["linear_before_reset"] = 1
    given = add("Transpose", a, perm=[2, 0, 1])
    values: list[Value] = [*_matrices(cell, parts), _lengths(net), *_beginning(net, cell, parts, a)]
    skipped = 0 if cell.return_sequences else 1
    result = net.in_single(cell.name.upper(), given, *values, skipped=skipped, **settings)
    if cell.return_sequences:
        by_sample = add("Transpose", result, perm=[2, 1, 3, 0])  # (rows, directions, m, T)
        return add("Reshape", by_sample, np.array([0, width, -1]))
    net.lengths = None
    return add("Reshape", add("Transpose", result, perm=[1, 0, 2]), np.array([-1, width]))


def _matrices(cell: Recurrent, parts: list[Own]) -> list[Array]:
    """Return W, R and B, both biases in one row, with an axis of directions in front."""
    W, R, b = ([_in_order(own[name], cell) for own in parts] for name in ("W", "R", "b"))
    second = []
    for own in parts:
        biases = np.zeros_like(own["b"])
        if "c" in own:  # a bias inside the reset, of n alone
            biases[2 * cell.units :] = own["c"]
        second.append(_in_order(biases, cell))
    return [np.stack(W), np.stack(R), np.concatenate([b, second], axis=1)[..., 0]]


def _in_order(rows: Array, cell: Recurrent) -> Array:
    gates = np.split(rows, cell.gates)
    return np.concatenate([gates[gate] for gate in GATES[cell.name]])


def _lengths(net: NetworkGraph) -> str:
    if net.lengths is None:
        return ""
    return net.graph.add("Cast", net.lengths, to=TensorProto.INT32)


def _beginning(net: NetworkGraph, cell: Recurrent, parts: list[Own], a: str) -> list[Value]:
    """Add the learnt states in front of the first step, (directions, rows, m) of each, if they are learnt."""
    if cell.initial_state == "zeros":
        return []
    add = net.graph.add
    rows = add("Gather", add("Shape", a), np.array([0]))
    extent = add("Concat", np.array([len(parts)]), rows, np.array([cell.units]), axis=0)
    states = (np.stack([own[f"{name}0"].T for own in parts]) for name in cell.states)
    return [add("Expand", state.astype(np.float32), extent) for state in states]


def _activation(g: Activation, directions: int) -> dict[str, Any]:
    """Return the attributes of a plain layer's activation."""
    if g.name == "identity":
        return {
            "activations": ["Affine"] * directions,
            "activation_alpha": [1.0] * directions,
            "activation_beta": [0.0] * directions,
        }
    if g.name not in ACTIVATIONS:
        raise no_form(f"the activation {g.name!r} of a recurrent layer")
    settings: dict[str, Any] = {"activations": [ACTIVATIONS[g.name]] * directions}
    if isinstance(g, LeakyRelu | Elu):
        settings["activation_alpha"] = [g.slope if isinstance(g, LeakyRelu) else g.alpha] * directions
    return settings


FORMS: dict[str, Form] = {
    "rnn": recurrent,
    "gru": recurrent,
    "lstm": recurrent,
    "bidirectional": bidirectional,
}
