"""Recurrent layers in docs/conventions.md: what PyTorch, ONNX and Keras compute with our parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, defs, helper, numpy_helper
from scipy.special import expit

from shoal.layers import GRU, LSTM, RNN, Bidirectional, Layer
from shoal.layers.base import Context
from shoal.layers.recurrent import Recurrent
from shoal.shapes import Array

C, T, M, LENGTHS = 3, 7, 4, np.array([7, 5, 1])
N = len(LENGTHS)
CELLS = [RNN(M, return_sequences=True), GRU(M, return_sequences=True), LSTM(M, return_sequences=True)]
every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras' own
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
def test_pytorch_s_packed_sequences(cell: Recurrent, both: bool, torch: Any) -> None:
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
    if both:  # at the last step, which is where output[:, -1] looks, the reverse half has seen one step
        np.testing.assert_allclose(padded[0, 0, M:].detach(), last[0, M:], rtol=0, atol=1e-6)
        assert np.abs(padded[0, -1, M:].detach().numpy() - last[0, M:]).max() > 0.01


def test_pytorch_packs_no_sequence_without_steps(torch: Any) -> None:
    lengths = torch.tensor([7, 5, 0])
    with pytest.raises(RuntimeError, match="greater than 0"):
        torch.nn.utils.rnn.pack_padded_sequence(torch.zeros(N, T, C), lengths, batch_first=True)


def by_onnx(
    operator: str, inputs: dict[str, Array], X: Array, lengths: Array | None = LENGTHS, **settings: Any
) -> tuple[Array, Array]:
    """Return Y (T, directions, N, m) and Y_h (directions, N, m) of a node with those weights."""
    names = [
        "X",
        "W",
        "R",
        "B",
        "" if lengths is None else "lengths",
        *(["", "", "P"] if "P" in inputs else []),
    ]
    node = helper.make_node(operator, names, ["Y", "Y_h"], hidden_size=M, **settings)
    given = [helper.make_tensor_value_info("X", TensorProto.FLOAT, X.shape)]
    if lengths is not None:
        given.append(helper.make_tensor_value_info("lengths", TensorProto.INT32, [N]))
    graph = helper.make_graph(
        [node],
        "cell",
        given,
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("Y", "Y_h")],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in inputs.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feeds = {"X": X.astype(np.float32)}
    if lengths is not None:
        feeds["lengths"] = lengths.astype(np.int32)
    Y, Y_h = session.run(["Y", "Y_h"], feeds)
    return Y, Y_h


def for_onnx(cell: Recurrent, parameters: dict[str, Array], both: bool = False) -> dict[str, Array]:
    """Return W, R and B (directions, 2·g·m) of the node for our parameters."""
    order, parts = ONNX_ORDER[cell.name], directions(parameters, both)
    stacked = {name: np.stack([in_order(own[name], order) for own in parts]) for name in parts[0]}
    B = np.concatenate([stacked["b"], stacked["second"]], axis=1)[..., 0]
    return {"W": stacked["W"], "R": stacked["R"], "B": B}


@both_ways
@every_cell
def test_onnx_s_nodes_with_lengths(cell: Recurrent, both: bool) -> None:
    parameters, X, steps, last = ours(cell, both)
    settings: dict[str, Any] = {"direction": "bidirectional" if both else "forward"}
    if cell.name == "gru":
        settings["linear_before_reset"] = 1
    Y, Y_h = by_onnx(cell.name.upper(), for_onnx(cell, parameters, both), X.transpose(1, 0, 2), **settings)
    np.testing.assert_allclose(np.concatenate([*Y.transpose(1, 2, 0, 3)], axis=-1), steps, rtol=0, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([*Y_h], axis=-1), last, rtol=0, atol=1e-5)


@every_cell
def test_onnx_s_state_after_no_step_is_0(cell: Recurrent) -> None:
    parameters, X, _, _ = ours(cell, both=False)
    weights, lengths = for_onnx(cell, parameters), np.array([7, 5, 0])
    Y, Y_h = by_onnx(cell.name.upper(), weights, X.transpose(1, 0, 2), lengths)
    assert not Y[:, 0, 2].any()
    assert not Y_h[0, 2].any()


def reset_before(own: dict[str, Array], X: Array, both_biases: bool = True) -> Array:
    """Return the outputs (N, T, m) of a GRU with n = tanh(W x + b + R (r·h) + c), the first one published."""
    (Wr, Wz, Wn), (Rr, Rz, Rn) = np.split(own["W"], 3), np.split(own["R"], 3)
    br, bz, bn = np.split((own["b"] + both_biases * own["second"])[:, 0], 3)
    h, outputs = np.zeros((N, M)), []
    for x in X.swapaxes(0, 1):
        r, z = expit(x @ Wr.T + br + h @ Rr.T), expit(x @ Wz.T + bz + h @ Rz.T)
        h = (1 - z) * np.tanh(x @ Wn.T + bn + (r * h) @ Rn.T) + z * h
        outputs.append(h)
    return np.stack(outputs, axis=1)


def test_onnx_s_gru_resets_before_its_product_unless_it_is_told() -> None:
    assert defs.get_schema("GRU").attributes["linear_before_reset"].default_value.i == 0
    gru = CELLS[1]
    parameters, X, steps, _ = ours(gru, both=False)
    Y, _ = by_onnx("GRU", for_onnx(gru, parameters), X.transpose(1, 0, 2))
    found = Y[:, 0].swapaxes(0, 1)
    expected = reset_before(directions(parameters, both=False)[0], X)
    valid = np.arange(T) < LENGTHS[:, None]
    np.testing.assert_allclose(found[valid], expected[valid], rtol=0, atol=1e-5)
    assert np.abs(found - steps).max() > 0.01


def test_onnx_s_lstm_has_peepholes_where_it_is_given_some() -> None:
    lstm = CELLS[2]
    parameters, X, steps, _ = ours(lstm, both=False)
    for P, same in (np.zeros((1, 3 * M)), True), (np.ones((1, 3 * M)), False):
        Y, _ = by_onnx("LSTM", for_onnx(lstm, parameters) | {"P": P}, X.transpose(1, 0, 2))
        assert np.allclose(Y[:, 0].swapaxes(0, 1), steps, rtol=0, atol=1e-5) == same


def test_onnx_runtime_refuses_samples_first_of_an_lstm() -> None:
    parameters, X, _, _ = ours(CELLS[2], both=False)
    with pytest.raises(Exception, match="layout"):
        by_onnx("LSTM", for_onnx(CELLS[2], parameters), X, lengths=None, layout=1)


def for_keras(cell: Recurrent, parameters: dict[str, Array], both: bool = False) -> list[Array]:
    """Return the arrays that ``set_weights`` of Keras' layer takes for our parameters."""
    order, weights = KERAS_ORDER[cell.name], []
    for own in directions(parameters, both):
        W, R, b, second = (in_order(own[name], order) for name in ("W", "R", "b", "second"))
        weights += [W.T, R.T, np.stack([b[:, 0], second[:, 0]]) if cell.name == "gru" else b[:, 0]]
    return weights


def keras_s(keras: Any, cell: Recurrent, **settings: Any) -> Any:
    kind = {"rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell.name]
    return kind(M, dtype="float32", **settings)


def built(layer: Any, weights: list[Array]) -> Any:
    layer.build((N, T, C))
    layer.set_weights(weights)
    return layer


@both_ways
@every_cell
def test_keras_s_layers_under_a_mask(cell: Recurrent, both: bool, keras: Any) -> None:
    parameters, X, steps, last = ours(cell, both)
    weights, mask = for_keras(cell, parameters, both), np.arange(T) < LENGTHS[:, None]
    for sequences, expected in (True, steps), (False, last):
        layer = keras_s(keras, cell, return_sequences=sequences)
        layer = built(keras.layers.Bidirectional(layer) if both else layer, weights)
        found = keras.ops.convert_to_numpy(layer(X.astype(np.float32), mask=mask))
        valid = mask if sequences else np.ones(N, bool)
        np.testing.assert_allclose(found[valid], expected[valid], rtol=0, atol=1e-5)
        if sequences and not both:  # what Keras holds where we hold zeros: the last valid output again
            for sample, length in enumerate(LENGTHS):
                assert (found[sample, length:] == found[sample, length - 1]).all()
                assert not steps[sample, length:].any()


@every_cell
def test_keras_s_state_after_no_step_is_0(cell: Recurrent, keras: Any) -> None:
    layer, mask = keras_s(keras, cell, return_sequences=True), np.arange(T) < np.array([7, 5, 0])[:, None]
    found = keras.ops.convert_to_numpy(layer(np.ones((N, T, C), np.float32), mask=mask))
    assert not found[2].any()
    assert found[1].any()


@every_cell
def test_keras_s_outputs_beyond_the_end_are_zeros_where_it_is_told(cell: Recurrent, keras: Any) -> None:
    parameters, X, steps, _ = ours(cell, both=False)
    layer = keras_s(keras, cell, return_sequences=True, zero_output_for_mask=True)
    found = built(layer, for_keras(cell, parameters))(
        X.astype(np.float32), mask=np.arange(T) < LENGTHS[:, None]
    )
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), steps, rtol=0, atol=1e-5)


@every_cell
def test_keras_s_outputs_backwards_are_turned_round(cell: Recurrent, keras: Any) -> None:
    parameters, X, steps, last = ours(replace(cell, reverse=True), both=False)
    mask = np.arange(T) < LENGTHS[:, None]
    for sequences, expected in (True, steps[:, ::-1]), (False, last):
        layer = keras_s(keras, cell, return_sequences=sequences, go_backwards=True)
        found = built(layer, for_keras(cell, parameters))(X.astype(np.float32), mask=mask)
        valid = mask[:, ::-1] if sequences else np.ones(N, bool)
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(found)[valid], expected[valid], rtol=0, atol=1e-5
        )


def test_keras_s_gru_resets_before_its_product_where_it_is_told(keras: Any) -> None:
    gru = CELLS[1]
    parameters, X, steps, _ = ours(gru, both=False)
    [own] = directions(parameters, both=False)
    W, R, b = (in_order(own[name], KERAS_ORDER["gru"]) for name in "WRb")
    layer = built(keras_s(keras, gru, return_sequences=True, reset_after=False), [W.T, R.T, b[:, 0]])
    found = keras.ops.convert_to_numpy(layer(X.astype(np.float32)))
    np.testing.assert_allclose(found, reset_before(own, X, both_biases=False), rtol=0, atol=1e-5)
    assert np.abs(found[0] - steps[0]).max() > 0.01
