from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from scipy.special import softmax

from shoal.errors import ConfigurationError, OutputError
from shoal.export.torch import export_torch, torch_state
from shoal.layers import (
    GRU,
    LSTM,
    RNN,
    AveragePool2D,
    BatchNorm,
    Bidirectional,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    LocallyConnected2D,
    MaxPool2D,
    Residual,
)
from shoal.populations.network import Network
from shoal.populations.population import Population

NETWORK = Network(
    3, [Dense(5, "tanh"), Dropout(0.2), Dense(4, "identity"), Dense(6, "relu"), Dense(2)], "cross_entropy"
)
# Linear 0, Tanh 1, Dropout 2, Linear 3, Linear 4, ReLU 5, Linear 6
SHAPES = {
    "0.weight": (5, 3),
    "0.bias": (5,),
    "3.weight": (4, 5),
    "3.bias": (4,),
    "4.weight": (6, 4),
    "4.bias": (6,),
    "6.weight": (2, 6),
    "6.bias": (2,),
}


def population(starts: int, dtype: str = "float64") -> Population:
    made = NETWORK.population(starts, dtype=dtype)
    made.theta[:] = np.random.default_rng(0).normal(size=made.theta.shape)
    return made


def sequential(state: dict[str, Any], X: Any) -> Any:
    """What ``torch.nn.Sequential`` computes, module by module: ``Linear`` is x Wᵀ + b."""
    a = np.tanh(X @ state["0.weight"].T + state["0.bias"])
    a = a @ state["3.weight"].T + state["3.bias"]
    a = np.maximum(a @ state["4.weight"].T + state["4.bias"], 0)
    return softmax(a @ state["6.weight"].T + state["6.bias"], axis=1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_network_is_a_sequential(tmp_path: Path, dtype: str) -> None:
    made = population(1, dtype)
    export_torch(made, tmp_path / "network.safetensors")
    state = safetensors.numpy.load_file(tmp_path / "network.safetensors")
    assert {name: tensor.shape for name, tensor in state.items()} == SHAPES
    assert {tensor.dtype.name for tensor in state.values()} == {dtype}
    X = np.random.default_rng(1).normal(size=(20, 3)).astype(dtype)
    np.testing.assert_allclose(sequential(state, X), made.predict(X)[0], rtol=1e-4, atol=1e-6)


def test_images_have_pytorch_s_names() -> None:
    layers = [
        *(Conv2D(4, (3, 2), "relu", groups=2), BatchNorm("tanh"), MaxPool2D(2), Dropout(0.1)),
        *(AveragePool2D(1), LayerNorm(), GlobalAveragePool2D(), BatchNorm(), Flatten(), Dense(3)),
    ]
    made = Network((2, 8, 7), layers, "cross_entropy").population(1)
    made.theta[:] = np.random.default_rng(0).uniform(0.5, 1.5, made.theta.shape)  # a variance is positive
    state = torch_state(made)
    # Conv2d 0, ReLU 1, BatchNorm2d 2, Tanh 3, MaxPool2d 4, Dropout 5, AvgPool2d 6, LayerNorm 7,
    # AdaptiveAvgPool2d 8, Flatten 9, BatchNorm1d 10, Flatten 11, Linear 12
    assert {name: tensor.shape for name, tensor in state.items()} == {
        "0.weight": (4, 1, 3, 2),
        "0.bias": (4,),
        "2.weight": (4,),
        "2.bias": (4,),
        "2.running_mean": (4,),
        "2.running_var": (4,),
        "7.weight": (4, 3, 3),
        "7.bias": (4, 3, 3),
        "10.weight": (4,),
        "10.bias": (4,),
        "10.running_mean": (4,),
        "10.running_var": (4,),
        "12.weight": (3, 4),
        "12.bias": (3,),
    }
    views = made.network.views(made.theta)
    assert np.array_equal(state["0.weight"], views[0]["W"][0])
    assert np.array_equal(state["2.running_var"], views[1]["variance"][0, :, 0])
    assert np.array_equal(state["7.bias"], views[5]["beta"][0, ..., 0])


@pytest.mark.parametrize("layer", [Residual([Conv2D(1, 1)]), LocallyConnected2D(1, 1)])
def test_layers_that_pytorch_does_not_have(layer: Layer) -> None:
    with pytest.raises(ConfigurationError, match=f"no module for the layer .{layer.name}.; export"):
        torch_state(Network((1, 2, 2), [layer, Flatten(), Dense(1)]).population(1))


@pytest.mark.parametrize("size", [1, 2])
def test_recurrent_modules_have_two_biases(size: int) -> None:
    lstm, rnn = Bidirectional(LSTM(4, return_sequences=True)), RNN(2, "relu", return_sequences=True)
    network = Network((1, 5), [Embedding(9, 3), lstm, rnn, GRU(3), Dense(2)], "cross_entropy")
    made, p = network.population(size), size - 1
    made.theta[:] = np.random.default_rng(0).normal(size=made.theta.shape)
    state, (words, both, _, gru, _) = torch_state(made), network.views(made.theta)
    prefix = f"{p}." if size > 1 else ""
    kinds = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    assert [name.removeprefix(prefix) for name in state if name.startswith(prefix)] == [
        "0.weight",
        *(f"1.{name}{suffix}" for suffix in ("", "_reverse") for name in kinds),
        *(f"{module}.{name}" for module in (2, 3) for name in kinds),
        "4.weight",
        "4.bias",
    ]
    assert np.array_equal(state[f"{prefix}0.weight"], words["E"][p])
    assert np.array_equal(state[f"{prefix}1.weight_hh_l0_reverse"], both["R_reverse"][p])
    assert np.array_equal(state[f"{prefix}1.bias_ih_l0"], both["b"][p, :, 0])
    assert not state[f"{prefix}1.bias_hh_l0"].any()
    assert state[f"{prefix}3.bias_hh_l0"].tolist() == [*[0] * 6, *gru["c"][p, :, 0].tolist()]


def test_pytorch_s_own_modules_predict_the_same() -> None:
    torch = pytest.importorskip("torch", reason="compares with PyTorch, of the extra bench")
    layers: list[Layer] = [Embedding(9, 3), Bidirectional(GRU(4, return_sequences=True)), LSTM(3)]
    made = Network((1, 5), [*layers, Dense(2)], "cross_entropy").population(1, dtype="float64")
    state = {name: torch.tensor(values) for name, values in torch_state(made).items()}
    theirs = [torch.nn.Embedding(9, 3), torch.nn.GRU(3, 4, batch_first=True, bidirectional=True)]
    modules = torch.nn.ModuleList([*theirs, torch.nn.LSTM(8, 3, batch_first=True), torch.nn.Linear(3, 2)])
    modules.double().load_state_dict(state)
    X = np.random.default_rng(0).integers(9, size=(6, 1, 5))
    a, _ = modules[1](modules[0](torch.tensor(X[:, 0])))
    _, (h, _) = modules[2](a)
    expected = torch.softmax(modules[3](h[0]), dim=1).detach().numpy()
    np.testing.assert_allclose(made.predict(X)[0], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("layer", "setting"),
    [
        (LSTM(2, layer_norm=True), "layer norm"),
        (GRU(2, initial_state="learnt"), "a learnt initial state"),
        (GRU(2, reverse=True), "reverse without forward"),
        (Bidirectional(RNN(2, "sigmoid")), "that activation"),
    ],
)
def test_settings_that_pytorch_s_modules_do_not_have(layer: Layer, setting: str) -> None:
    with pytest.raises(ConfigurationError, match=f"does not have {setting}, got"):
        torch_state(Network((2, 5), [layer, Dense(1)]).population(1))


def test_several_networks_are_a_list_of_them() -> None:
    made = population(3)
    state = torch_state(made)
    assert list(state) == [f"{p}.{name}" for p in range(3) for name in SHAPES]
    X = np.random.default_rng(1).normal(size=(20, 3))
    for p in range(3):
        own = {name: state[f"{p}.{name}"] for name in SHAPES}
        np.testing.assert_allclose(sequential(own, X), made.predict(X)[p], rtol=1e-12)


def test_the_architecture_travels_along(tmp_path: Path) -> None:
    export_torch(population(1), tmp_path / "network.safetensors")
    with safetensors.safe_open(tmp_path / "network.safetensors", "numpy") as file:
        metadata = file.metadata()
    assert metadata["format"] == "pt"
    assert Network.from_config(json.loads(metadata["network"])) == NETWORK


def test_a_place_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        export_torch(population(1), tmp_path / "nowhere" / "network.safetensors")


def test_a_dense_layer_over_the_steps_of_a_sequence_is_refused() -> None:
    network = Network((2, 5), [Dense(3), Flatten(), Dense(1)])
    with pytest.raises(ConfigurationError, match="no module for a dense layer over the steps of a sequence"):
        torch_state(network.population(1))
