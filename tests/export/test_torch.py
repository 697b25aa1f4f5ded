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
    AveragePool1D,
    AveragePool2D,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool1D,
    GlobalAveragePool2D,
    GlobalMaxPool1D,
    LastStep,
    Layer,
    LayerNorm,
    LocallyConnected2D,
    MaxPool1D,
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


OVER_TIME: list[Layer] = [
    *(Conv1D(4, 3, activation="relu", groups=2), BatchNorm("tanh"), MaxPool1D(2), Dropout(0.1)),
    *(Conv1D(3, 5, padding="causal", dilation=2), Conv1D(4, 4, stride=2, padding="same", activation="tanh")),
    *(Conv1D(4, 5, stride=2, padding="same"), Conv1D(2, 1, padding="causal"), Dense(3, "relu"), LayerNorm()),
    *(AveragePool1D(2, 1), Conv1D(3, 2), GlobalMaxPool1D(), Dense(2)),
]


def test_sequences_have_pytorch_s_names() -> None:
    made = Network((2, 24), OVER_TIME, "cross_entropy").population(1)
    made.theta[:] = np.random.default_rng(0).uniform(0.5, 1.5, made.theta.shape)  # a variance is positive
    state, views = torch_state(made), made.network.views(made.theta)
    # Conv1d 0, ReLU 1, BatchNorm1d 2, Tanh 3, MaxPool1d 4, Dropout 5, ZeroPad1d 6, Conv1d 7, ZeroPad1d 8,
    # Conv1d 9, Tanh 10, Conv1d 11, Conv1d 12, Conv1d 13, ReLU 14, LayerNorm 15, AvgPool1d 16, Conv1d 17,
    # AdaptiveMaxPool1d 18, Flatten 19, Linear 20
    assert {name: tensor.shape for name, tensor in state.items()} == {
        "0.weight": (4, 1, 3),
        "0.bias": (4,),
        **dict.fromkeys(("2.weight", "2.bias", "2.running_mean", "2.running_var"), (4,)),
        "7.weight": (3, 4, 5),
        "7.bias": (3,),
        "9.weight": (4, 3, 4),
        "9.bias": (4,),
        "11.weight": (4, 4, 5),
        "11.bias": (4,),
        "12.weight": (2, 4, 1),
        "12.bias": (2,),
        "13.weight": (3, 2, 1),
        "13.bias": (3,),
        "15.weight": (3, 3),
        "15.bias": (3, 3),
        "17.weight": (3, 3, 2),
        "17.bias": (3,),
        "20.weight": (2, 3),
        "20.bias": (2,),
    }
    assert np.array_equal(state["9.weight"], views[5]["W"][0])
    assert np.array_equal(state["13.weight"][..., 0], views[8]["W"][0])


@pytest.mark.parametrize(
    ("last", "module"), [(LastStep(), 1), (GlobalAveragePool1D(), 3), (GlobalMaxPool1D(), 3), (Flatten(), 2)]
)
def test_what_ends_time_is_two_modules_or_none(last: Layer, module: int) -> None:
    state = torch_state(Network((2, 5), [Conv1D(3, 2), last, Dense(1)]).population(1))
    assert list(state) == ["0.weight", "0.bias", f"{module}.weight", f"{module}.bias"]


def test_an_activation_within_a_recurrent_module_is_none_behind_it() -> None:
    state = torch_state(Network((2, 5), [RNN(3, "relu"), Dense(1)]).population(1))
    assert list(state)[-1] == "1.bias"


def test_pytorch_s_own_modules_over_time_predict_the_same() -> None:
    torch = pytest.importorskip("torch", reason="compares with PyTorch, of the extra peers")
    made = Network((2, 24), OVER_TIME, "squared_error").population(1, dtype="float64")
    made.theta[:] = np.random.default_rng(0).normal(size=made.theta.shape)
    made.network.views(made.theta)[1]["variance"][...] = 0.7
    nn = torch.nn
    modules = nn.Sequential(
        *(nn.Conv1d(2, 4, 3, groups=2), nn.ReLU(), nn.BatchNorm1d(4), nn.Tanh(), nn.MaxPool1d(2)),
        *(nn.Dropout(0.1), nn.ZeroPad1d((8, 0)), nn.Conv1d(4, 3, 5, dilation=2)),
        *(nn.ZeroPad1d((1, 2)), nn.Conv1d(3, 4, 4, stride=2), nn.Tanh()),
        *(nn.Conv1d(4, 4, 5, stride=2, padding=2), nn.Conv1d(4, 2, 1), nn.Conv1d(2, 3, 1), nn.ReLU()),
        *(nn.LayerNorm((3, 3)), nn.AvgPool1d(2, 1), nn.Conv1d(3, 3, 2)),
        *(nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(3, 2)),
    ).double()
    state = {name: torch.tensor(values) for name, values in torch_state(made).items()}
    modules.load_state_dict(state)
    X = np.random.default_rng(1).normal(size=(6, 2, 24))
    expected = modules.eval()(torch.tensor(X)).detach().numpy()
    assert (np.ptp(expected, axis=0) > 0.1).all()
    np.testing.assert_allclose(made.predict(X)[0], expected, rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize(("kernel_size", "dilation"), [(1, 1), (2, 1), (3, 1), (4, 1), (3, 2), (4, 2)])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_pytorch_s_convolution_with_its_zeros(
    padding: str, kernel_size: int, dilation: int, stride: int
) -> None:
    torch = pytest.importorskip("torch", reason="compares with PyTorch, of the extra peers")
    layer = Conv1D(3, kernel_size, stride, dilation, padding)
    made = Network((2, 11), [layer, Flatten()], "squared_error").population(1, dtype="float64")
    around, zeros, before = dilation * (kernel_size - 1), 0, []  # as the table of docs/export.md says it
    if padding == "causal" and around:
        before = [torch.nn.ZeroPad1d((around, 0))]
    elif padding == "same" and around % 2 and stride > 1:
        before = [torch.nn.ZeroPad1d((around // 2, around - around // 2))]
    elif padding == "same":
        zeros = "same" if around % 2 else around // 2
    theirs = torch.nn.Conv1d(2, 3, kernel_size, stride, zeros, dilation)
    sequential = torch.nn.Sequential(*before, theirs).double()
    sequential.load_state_dict({name: torch.tensor(values) for name, values in torch_state(made).items()})
    X = np.random.default_rng(1).normal(size=(4, 2, 11))
    expected = sequential(torch.tensor(X)).detach().numpy().reshape(4, -1)
    np.testing.assert_allclose(made.predict(X)[0], expected, rtol=0, atol=1e-12)


def zeros_around(layer: Conv2D, image: tuple[int, int]) -> list[tuple[int, int]]:
    """The zeros (before, behind) of rows and of columns, as the table of docs/export.md says them."""
    window, around = layer.window, []
    for n, k, s, d in zip(image, window.size, window.stride, window.dilation, strict=True):
        p = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0) if layer.padding == "same" else 0
        around.append((p // 2, p - p // 2))
    return around


@pytest.mark.parametrize(
    ("layer", "padded"),
    [
        (Conv2D(2, 3, stride=2, padding="same"), 1),  # 8 rows: none above, one below
        (Conv2D(2, 3, stride=(2, 1), padding="same"), 1),
        (Conv2D(2, 3, stride=(1, 2), padding="same"), 0),  # 7 columns: one on either side
        (Conv2D(2, (2, 3), stride=(1, 2), padding="same"), 1),  # the odd one is where it moves by one
        (Conv2D(2, (2, 3), padding="same"), 0),
        (Conv2D(2, (4, 3), stride=2, padding="same"), 0),
        (Conv2D(2, 1, stride=2, padding="same"), 0),
        (Conv2D(2, 3, stride=2), 0),
        (Conv2D(2, 3, stride=(2, 1), padding="same", dilation=2), 1),
    ],
)
def test_uneven_zeros_of_images_are_a_module_before_the_convolution(layer: Conv2D, padded: int) -> None:
    before, behind = zip(*zeros_around(layer, (8, 7)), strict=True)
    assert padded == (before != behind and layer.stride != (1, 1))
    state = torch_state(Network((1, 8, 7), [layer, Flatten(), Dense(1)]).population(1))
    conv, dense = padded, padded + 2
    assert list(state) == [f"{conv}.weight", f"{conv}.bias", f"{dense}.weight", f"{dense}.bias"]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("size", [1, 2, 3, (4, 3)])
@pytest.mark.parametrize("dilation", [1, 2, (1, 2)])
@pytest.mark.parametrize("stride", [1, 2, (1, 2), (3, 2)])
def test_pytorch_s_convolution_of_images_with_its_zeros(size: Any, dilation: Any, stride: Any) -> None:
    torch = pytest.importorskip("torch", reason="compares with PyTorch, of the extra peers")
    layer = Conv2D(3, size, stride=stride, padding="same", dilation=dilation)
    for image in (8, 8), (9, 11):
        made = Network((2, *image), [layer, Flatten()], "squared_error").population(1, dtype="float64")
        (top, bottom), (left, right) = zeros_around(layer, image)
        zeros, before = (top, left), []
        if (top, left) != (bottom, right):
            by_one = layer.stride == (1, 1)
            before = [] if by_one else [torch.nn.ZeroPad2d((left, right, top, bottom))]
            zeros = "same" if by_one else 0
        theirs = torch.nn.Conv2d(2, 3, layer.size, layer.stride, zeros, layer.dilation)
        sequential = torch.nn.Sequential(*before, theirs).double()
        state = torch_state(made)
        sequential.load_state_dict({name: torch.tensor(values) for name, values in state.items()})
        X = np.random.default_rng(1).normal(size=(4, 2, *image))
        expected = sequential(torch.tensor(X)).detach().numpy().reshape(4, -1)
        np.testing.assert_allclose(made.predict(X)[0], expected, rtol=0, atol=1e-12)


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
    torch = pytest.importorskip("torch", reason="compares with PyTorch, of the extra peers")
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
