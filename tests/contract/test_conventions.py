"""The table of docs/conventions.md: what PyTorch, ONNX and Keras compute with our parameters."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from shoal.layers import GRU, LSTM, RNN, Bidirectional, Layer
from shoal.layers.base import Context
from shoal.layers.recurrent import Recurrent
from shoal.shapes import Array

C, T, M, LENGTHS = 3, 7, 4, np.array([7, 5, 1])
N = len(LENGTHS)
CELLS = [RNN(M, return_sequences=True), GRU(M, return_sequences=True), LSTM(M, return_sequences=True)]
every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
both_ways = pytest.mark.parametrize("both", [False, True], ids=["forward", "both ways"])
# Our gates in the order of theirs.
ONNX_ORDER = {"rnn": [0], "gru": [1, 0, 2], "lstm": [0, 3, 1, 2]}
KERAS_ORDER = {"rnn": [0], "gru": [1, 0, 2], "lstm": [0, 1, 2, 3]}


def ours(cell: Recurrent, both: bool) -> tuple[dict[str, Array], Array, Array, Array]:
    """Return parameters, and of sequences X (N, T, C) the outputs (N, T, m) and the last of them (N, m)."""
    layers: list[Layer] = [cell, replace(cell, return_sequences=False)]
    if both:
        layers = [Bidirectional(cell), Bidirectional(replace(cell, return_sequences=False))]
    rng = np.random.default_rng(0)
    parameters = {name: rng.normal(size=shape) for name, shape in layers[0].parameter_shapes((C, T)).items()}
    X = rng.normal(size=(N, T, C)) * (np.arange(T)[:, None] < LENGTHS[:, None, None])
    own = {name: values[None] for name, values in parameters.items()}
    a = X.transpose(2, 1, 0)[None]
    steps, last = (layer.forward(own, a, Context(lengths=LENGTHS[None]))[0][0] for layer in layers)
    return parameters, X, steps.transpose(2, 1, 0), last.T


def directions(parameters: dict[str, Array], both: bool) -> list[dict[str, Array]]:
    """Return W, R, b and the second bias (g·m, 1), 0 but for n of a GRU, of each direction."""
    found = []
    for suffix in ("", "_reverse") if both else ("",):
        own = {name: parameters[name + suffix] for name in ("W", "R", "b")}
        own["second"] = np.zeros_like(own["b"])
        if f"c{suffix}" in parameters:
            own["second"][2 * M :] = parameters[f"c{suffix}"]
        found.append(own)
    return found


def in_order(gates: Array, order: list[int]) -> Array:
    """Return the rows (g·m, …) of gates in another order."""
    return np.concatenate([np.split(gates, len(order))[gate] for gate in order])


@both_ways
@every_cell
def test_pytorch_s_packed_sequences(cell: Recurrent, both: bool) -> None:
    torch = pytest.importorskip("torch", reason="compares with PyTorch, of the extra bench")
    parameters, X, steps, last = ours(cell, both)
    module = getattr(torch.nn, cell.name.upper())(C, M, batch_first=True, bidirectional=both).double()
    state = {}
    for suffix, own in zip(("", "_reverse"), directions(parameters, both), strict=False):
        for theirs, name in (("weight_ih", "W"), ("weight_hh", "R"), ("bias_ih", "b"), ("bias_hh", "second")):
            values = own[name] if name in "WR" else own[name][:, 0]
            state[f"{theirs}_l0{suffix}"] = torch.tensor(values)
    module.load_state_dict(state)
    packed = torch.nn.utils.rnn.pack_padded_sequence(torch.tensor(X), torch.tensor(LENGTHS), batch_first=True)
    outputs, states = module(packed)
    padded, _ = torch.nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=T)
    np.testing.assert_allclose(padded.detach().numpy(), steps, rtol=0, atol=1e-6)
    h = states[0] if cell.name == "lstm" else states  # (directions, N, m)
    np.testing.assert_allclose(np.concatenate([*h.detach().numpy()], axis=1), last, rtol=0, atol=1e-6)


@both_ways
@every_cell
def test_onnx_s_nodes_with_lengths(cell: Recurrent, both: bool) -> None:
    parameters, X, steps, last = ours(cell, both)
    order, parts = ONNX_ORDER[cell.name], directions(parameters, both)
    stacked = {name: np.stack([in_order(own[name], order) for own in parts]) for name in parts[0]}
    weights = {
        "W": stacked["W"],
        "R": stacked["R"],
        "B": np.concatenate([stacked["b"], stacked["second"]], axis=1)[..., 0],
    }
    settings: dict[str, Any] = {"hidden_size": M, "direction": "bidirectional" if both else "forward"}
    if cell.name == "gru":
        settings["linear_before_reset"] = 1
    node = helper.make_node(cell.name.upper(), ["X", "W", "R", "B", "lengths"], ["Y", "Y_h"], **settings)
    graph = helper.make_graph(
        [node],
        "cell",
        [
            helper.make_tensor_value_info("X", TensorProto.FLOAT, [T, N, C]),
            helper.make_tensor_value_info("lengths", TensorProto.INT32, [N]),
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("Y", "Y_h")],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feeds = {"X": X.transpose(1, 0, 2).astype(np.float32), "lengths": LENGTHS.astype(np.int32)}
    Y, Y_h = session.run(["Y", "Y_h"], feeds)  # (T, directions, N, m), (directions, N, m)
    np.testing.assert_allclose(np.concatenate([*Y.transpose(1, 2, 0, 3)], axis=-1), steps, rtol=0, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([*Y_h], axis=-1), last, rtol=0, atol=1e-5)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras' own
@both_ways
@every_cell
def test_keras_s_layers_under_a_mask(cell: Recurrent, both: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "torch"))
    keras = pytest.importorskip("keras", reason="compares with Keras, which no extra has")
    parameters, X, steps, last = ours(cell, both)
    kinds = {"rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
    order = KERAS_ORDER[cell.name]
    weights = []
    for own in directions(parameters, both):
        W, R, b, second = (in_order(own[name], order) for name in ("W", "R", "b", "second"))
        weights += [W.T, R.T, np.stack([b[:, 0], second[:, 0]]) if cell.name == "gru" else b[:, 0]]
    mask = np.arange(T) < LENGTHS[:, None]
    for sequences, expected in (True, steps), (False, last):
        layer = kinds[cell.name](M, return_sequences=sequences, dtype="float32")
        layer = keras.layers.Bidirectional(layer) if both else layer
        layer.build((N, T, C))
        layer.set_weights(weights)
        found = keras.ops.convert_to_numpy(layer(X.astype(np.float32), mask=mask))
        valid = mask if sequences else np.ones(N, bool)
        np.testing.assert_allclose(found[valid], expected[valid], rtol=0, atol=1e-5)
        if sequences and not both:  # what Keras holds where we hold zeros: the last valid output again
            for sample, length in enumerate(LENGTHS):
                assert (found[sample, length:] == found[sample, length - 1]).all()
                assert not steps[sample, length:].any()
