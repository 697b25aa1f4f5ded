"""How layers begin in docs/conventions.md, and those over time that are not recurrent."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, defs, helper, numpy_helper

from shoal.errors import DataError
from shoal.layers import BatchNorm, Conv1D, Dense, Embedding, Flatten, Layer, LayerNorm
from shoal.layers.base import Context
from shoal.populations.network import Network
from shoal.shapes import Array

C, T, M, N = 3, 12, 4, 5
LENGTHS = np.array([12, 11, 7, 5, 1])
VALID = np.arange(T) < LENGTHS[:, None]  # (N, T)
MANY = 64  # enough draws that their largest comes near the limit
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
every_cell = pytest.mark.parametrize("cell", GATES)
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras' own
X = np.random.default_rng(0).normal(size=(N, C, T)) * VALID[:, None] + VALID[:, None]


def ours(layer: Layer, parameters: dict[str, Array], X: Array = X, lengths: Array | None = None) -> Array:
    """Return the outputs (N, …) of a layer for samples first."""
    own = {name: values[None] for name, values in parameters.items()}
    context = Context(lengths=None if lengths is None else lengths[None])
    return np.moveaxis(layer.forward(own, np.moveaxis(X, 0, -1)[None], context)[0][0], -1, 0)


def numbers(keras: Any, tensor: Any) -> Array:
    found: Array = keras.ops.convert_to_numpy(tensor)
    return found


def by_onnx(operator: str, weights: list[Array], X: Array, **settings: Any) -> Array:
    """Return what one node makes of X and of weights."""
    kinds = {"f": TensorProto.FLOAT, "i": TensorProto.INT64}
    names = [f"weight {number}" for number in range(len(weights))]
    inputs = [*names, "X"] if operator == "Gather" else ["X", *names]
    graph = helper.make_graph(
        [helper.make_node(operator, inputs, ["Y"], **settings)],
        "layer",
        [helper.make_tensor_value_info("X", kinds[X.dtype.kind], X.shape)],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, None)],
        [
            numpy_helper.from_array(each.astype(np.float32), name)
            for each, name in zip(weights, names, strict=True)
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: Array = session.run(None, {"X": X.astype(np.float32) if X.dtype.kind == "f" else X})[0]
    return found


def default(operator: str, setting: str) -> float:
    value = defs.get_schema(operator).attributes[setting].default_value
    return float(helper.get_attribute_value(value))


def test_pytorch_s_recurrent_layers_begin_uniform(torch: Any) -> None:
    for cell in GATES:
        for name, values in getattr(torch.nn, cell)(MANY, MANY).named_parameters():
            largest = np.abs(values.detach().numpy()).max()
            assert 0.9 / np.sqrt(MANY) < largest <= 1 / np.sqrt(MANY), name


@every_cell
def test_keras_s_recurrent_layers_begin_as_a_whole(cell: str, keras: Any) -> None:
    kinds = {"RNN": keras.layers.SimpleRNN, "GRU": keras.layers.GRU, "LSTM": keras.layers.LSTM}
    layer, columns = kinds[cell](MANY), GATES[cell] * MANY
    layer.build((N, T, MANY))
    W, R, b = (numbers(keras, each) for each in layer.weights)
    limit = np.sqrt(6 / (MANY + columns))  # of all gates together, below that of one
    assert 0.9 * limit < np.abs(W).max() <= limit
    np.testing.assert_allclose(R @ R.T, np.eye(MANY), atol=1e-5)
    assert R.shape == (MANY, columns)
    gates = [np.abs(gate @ gate.T - np.eye(MANY)).max() for gate in np.split(R, GATES[cell], axis=1)]
    assert all(off > 0.1 for off in gates) or cell == "RNN"
    ones = np.zeros((4, MANY))
    ones[1] = 1  # i f c o
    expected = ones.ravel() if cell == "LSTM" else np.zeros_like(b)
    assert np.array_equal(b, expected)


def test_keras_drops_the_state_by_a_mask_a_sequence_and_gate(keras: Any) -> None:
    layer = keras.layers.SimpleRNN(MANY, activation="linear", recurrent_dropout=0.5)
    layer.build((1, 6, 1))
    layer.set_weights([np.ones((1, MANY)), np.eye(MANY), np.zeros(MANY)])
    last = numbers(keras, layer(np.ones((1, 6, 1), np.float32), training=True))
    assert np.unique(last).tolist() == [1, 63]  # h = 1 + 0·h at every step, or 1 + 2·h
    for kind, gates in (keras.layers.GRU, 3), (keras.layers.LSTM, 4):
        cell = kind(MANY, recurrent_dropout=0.5).cell
        masks = [numbers(keras, mask) for mask in cell.get_recurrent_dropout_mask(np.ones((1, MANY)))]
        assert len({mask.tobytes() for mask in masks}) == gates


def windowed(X: Array, W: Array, b: Array, stride: int, before: int) -> Array:
    """Return a convolution over time (N, m, ⌈T / s⌉) with so many zeros before, and enough behind."""
    k, n = W.shape[2], X.shape[2]
    padded = np.pad(X, ((0, 0), (0, 0), (before, k + stride)))
    steps = [np.einsum("mck,nck->nm", W, padded[..., t : t + k]) + b[:, 0] for t in range(0, n, stride)]
    return np.stack(steps, axis=2)


def drawn(layer: Layer, shape: tuple[int, ...] = (C, T)) -> dict[str, Array]:
    rng = np.random.default_rng(1)
    return {name: rng.uniform(0.5, 1.5, size=size) for name, size in layer.parameter_shapes(shape).items()}


CUTS = [(T, 3, 2), (T, 4, 3), (T - 1, 3, 2), (T, 3, 1)]
"""Steps, kernel and stride: of the first two the zeros before, placed by T, are not half of a window's."""


@pytest.mark.parametrize(("steps", "kernel", "stride"), CUTS)
def test_onnx_s_and_keras_s_same_convolution_is_placed_by_the_length(
    steps: int, kernel: int, stride: int
) -> None:
    layer, part = Conv1D(M, kernel, stride, padding="same"), X[..., :steps]
    parameters = drawn(layer)
    W, b = parameters["W"], parameters["b"]
    behind = (-(-steps // stride) - 1) * stride + kernel - steps
    found = by_onnx("Conv", [W, b[:, 0]], part, auto_pad="SAME_UPPER", strides=[stride])
    np.testing.assert_allclose(found, windowed(part, W, b, stride, max(behind, 0) // 2), rtol=0, atol=1e-4)
    expected = ours(layer, parameters, part)
    np.testing.assert_allclose(expected, windowed(part, W, b, stride, (kernel - 1) // 2), rtol=0, atol=1e-12)
    assert np.allclose(found, expected, atol=1e-4) == ((steps, kernel, stride) in CUTS[2:])


@pytest.mark.parametrize(("steps", "kernel", "stride"), CUTS)
def test_keras_s_same_convolution_is_onnx_s(steps: int, kernel: int, stride: int, keras: Any) -> None:
    W, b = drawn(Conv1D(M, kernel)).values()
    layer = keras.layers.Conv1D(M, kernel, strides=stride, padding="same", dtype="float32")
    layer.build((N, steps, C))
    layer.set_weights([W.transpose(2, 1, 0), b[:, 0]])
    found = numbers(keras, layer(X[..., :steps].swapaxes(1, 2).astype(np.float32))).swapaxes(1, 2)
    expected = by_onnx("Conv", [W, b[:, 0]], X[..., :steps], auto_pad="SAME_UPPER", strides=[stride])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "layer",
    [Conv1D(M, 3, stride=2), Conv1D(M, 3, dilation=2, padding="causal")],
    ids=lambda layer: layer.padding,
)
def test_keras_s_other_convolutions_are_ours(layer: Conv1D, keras: Any) -> None:
    parameters = drawn(layer)
    theirs = keras.layers.Conv1D(
        M, 3, strides=layer.stride, dilation_rate=layer.dilation, padding=layer.padding, dtype="float32"
    )
    theirs.build((N, T, C))
    theirs.set_weights([parameters["W"].transpose(2, 1, 0), parameters["b"][:, 0]])
    found = numbers(keras, theirs(X.swapaxes(1, 2).astype(np.float32))).swapaxes(1, 2)
    np.testing.assert_allclose(found, ours(layer, parameters), rtol=0, atol=1e-4)


def test_keras_s_convolution_forgets_the_mask_and_says_so(keras: Any) -> None:
    layers = [keras.layers.Conv1D(M, 3), keras.layers.MaxPooling1D(2), keras.layers.GlobalMaxPooling1D()]
    for layer in layers:
        words = keras.layers.Embedding(5, C, mask_zero=True)(np.array([[1, 2, 3, 0]]))
        with pytest.warns(UserWarning, match="does not support masking"):
            layer(words)
    assert keras.layers.GlobalAveragePooling1D().supports_masking


def test_pytorch_has_no_same_convolution_with_a_stride(torch: Any) -> None:
    with pytest.raises(ValueError, match="not supported for strided"):
        torch.nn.Conv1d(C, M, 3, stride=2, padding="same")
    with pytest.raises(ValueError, match="Invalid padding string"):
        torch.nn.Conv1d(C, M, 3, padding="causal")


WORDS, E = np.array([[0, 1, 2, 0], [3, 0, 0, 0]]), np.random.default_rng(2).normal(size=(4, 3))


def test_0_is_a_word_of_ours_and_none_is_negative() -> None:
    layer = Embedding(4, 3)
    found = ours(layer, {"E": E}, WORDS)
    np.testing.assert_array_equal(found, E[WORDS].swapaxes(1, 2))
    ended = ours(layer, {"E": E}, WORDS, np.array([4, 1]))
    assert not ended[1, :, 1:].any()
    assert np.array_equal(ended[0], found[0])
    population = Network((1, 4), [layer, Flatten(), Dense(1)]).population(1)
    for wrong in (-1, 4):
        with pytest.raises(DataError, match="from 0 to 3"):
            population.predict(np.full((1, 1, 4), wrong))
    drawn = Embedding(MANY, MANY).initialize(np.random.default_rng(0), (4,))["E"]
    assert 0.95 < drawn.std() < 1.05


def test_onnx_counts_negative_words_from_the_end() -> None:
    np.testing.assert_allclose(by_onnx("Gather", [E], -1 - WORDS), E[-1 - WORDS], atol=1e-6)


def test_keras_counts_negative_words_from_the_end(keras: Any) -> None:
    layer = keras.layers.Embedding(4, 3)
    found, E = numbers(keras, layer(np.array([-1]))), numbers(keras, layer.weights[0])
    assert np.array_equal(found, E[-1:])


def test_pytorch_s_padding_word_is_zeros_that_are_not_learnt(torch: Any) -> None:
    layer = torch.nn.Embedding(MANY, MANY, padding_idx=0)
    assert not layer.weight[0].any()
    assert 0.95 < layer.weight[1:].detach().numpy().std() < 1.05
    for wrong in (-1, MANY):
        with pytest.raises(IndexError, match="out of range"):
            layer(torch.tensor([wrong]))
    layer(torch.tensor(WORDS)).sum().backward()
    assert layer.weight.grad.any(dim=1)[:4].tolist() == [False, True, True, True]


def test_keras_s_padding_word_is_a_mask_and_no_zeros(keras: Any) -> None:
    layer = keras.layers.Embedding(MANY, MANY, mask_zero=True)
    found = numbers(keras, layer(WORDS))
    assert found[WORDS == 0].any(axis=1).all()
    assert np.array_equal(numbers(keras, layer.compute_mask(WORDS)), WORDS != 0)
    assert 0.9 * 0.05 < np.abs(numbers(keras, layer.weights[0])).max() <= 0.05


def running(momentum: float, observed: Array) -> Array:
    """Return the running variance, which begins at 1, after one batch."""
    return momentum + (1 - momentum) * observed


def of_steps(seen: Array) -> Array:
    """Return every channel at the steps that are seen, (C, places)."""
    return X.swapaxes(0, 1)[:, seen]


def test_in_our_batch_norm_every_sample_counts_the_same_whatever_its_length() -> None:
    layer = BatchNorm()
    assert (layer.momentum, layer.epsilon) == (0.9, 1e-5)
    own = {name: np.ones((1, C, 1)) for name in ("gamma", "beta", "mean", "variance")}
    context = Context(share=np.full((1, N), 1 / N), lengths=LENGTHS[None])
    a, cache = layer.forward(own, np.moveaxis(X, 0, -1)[None], context)
    changes = {name: np.zeros_like(values) for name, values in own.items()}
    layer.backward(own, cache, np.ones_like(a), changes, propagate=False)
    w = np.broadcast_to(1 / (N * LENGTHS[:, None]), VALID.shape)[VALID]
    mean = (w * of_steps(VALID)).sum(axis=1)
    variance = (w * (of_steps(VALID) - mean[:, None]) ** 2).sum(axis=1)
    np.testing.assert_allclose((own["mean"] + changes["mean"])[0, :, 0], 0.9 + 0.1 * mean, rtol=1e-12)
    found = (own["variance"] + changes["variance"])[0, :, 0]
    np.testing.assert_allclose(found, running(0.9, variance), rtol=1e-12)
    assert np.abs(variance - of_steps(VALID).var(axis=1)).max() > 0.01  # each step the same, as in Keras


def test_pytorch_s_batch_norm_counts_every_step_and_keeps_the_other_variance(torch: Any) -> None:
    norm = torch.nn.BatchNorm1d(C).double()
    assert (norm.momentum, norm.eps) == (0.1, 1e-5)
    norm(torch.tensor(X))
    expected = running(0.9, of_steps(np.ones_like(VALID)).var(axis=1, ddof=1))
    np.testing.assert_allclose(norm.running_var.numpy(), expected, rtol=1e-12)


def test_keras_s_batch_norm_counts_what_its_mask_shows(keras: Any) -> None:
    norm = keras.layers.BatchNormalization(dtype="float32")
    assert (norm.momentum, norm.epsilon) == (0.99, 1e-3)
    norm(X.swapaxes(1, 2).astype(np.float32), training=True, mask=VALID)
    expected = running(0.99, of_steps(VALID).var(axis=1))
    np.testing.assert_allclose(numbers(keras, norm.moving_variance), expected, rtol=1e-5)


def test_onnx_s_norms_begin_with_our_settings() -> None:
    assert default("BatchNormalization", "epsilon") == np.float32(1e-5)
    assert default("BatchNormalization", "momentum") == np.float32(0.9)
    assert default("LayerNormalization", "epsilon") == np.float32(1e-5)
    assert default("LayerNormalization", "axis") == -1


def normed(axes: tuple[int, ...], epsilon: float) -> Array:
    return (X - X.mean(axis=axes, keepdims=True)) / np.sqrt(X.var(axis=axes, keepdims=True) + epsilon)


def test_our_layer_norm_is_over_channels_and_steps() -> None:
    layer = LayerNorm()
    parameters = {"gamma": np.ones((C, T, 1)), "beta": np.zeros((C, T, 1))}
    np.testing.assert_allclose(ours(layer, parameters), normed((1, 2), 1e-5), rtol=0, atol=1e-12)
    one = ours(layer, parameters, lengths=LENGTHS)
    alone = ours(layer, {name: each[:, :5] for name, each in parameters.items()}, X[3:4, :, :5])
    np.testing.assert_allclose(one[3:4, :, :5], alone, rtol=0, atol=1e-12)


def test_pytorch_s_layer_norm_is_over_what_it_is_told(torch: Any) -> None:
    for shape, axes in ((C, T), (1, 2)), ((T,), (2,)):
        found = torch.nn.LayerNorm(shape).double()(torch.tensor(X)).detach().numpy()
        np.testing.assert_allclose(found, normed(axes, 1e-5), rtol=0, atol=1e-12)


def test_keras_s_layer_norm_is_over_channels_alone_unless_it_is_told(keras: Any) -> None:
    for settings, axes in ({}, (1,)), ({"axis": (1, 2)}, (1, 2)):
        norm = keras.layers.LayerNormalization(dtype="float32", **settings)
        found = numbers(keras, norm(X.swapaxes(1, 2).astype(np.float32))).swapaxes(1, 2)
        np.testing.assert_allclose(found, normed(axes, 1e-3), rtol=0, atol=1e-4)


def test_onnx_s_layer_norm_is_over_the_last_axis_unless_it_is_told() -> None:
    found = by_onnx("LayerNormalization", [np.ones(T)], X)
    np.testing.assert_allclose(found, normed((2,), 1e-5), rtol=0, atol=1e-4)
    found = by_onnx("LayerNormalization", [np.ones((C, T))], X, axis=1)
    np.testing.assert_allclose(found, normed((1, 2), 1e-5), rtol=0, atol=1e-4)
