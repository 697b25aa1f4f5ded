from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import pytest

from shoal.activations import ACTIVATIONS, Elu, LeakyRelu, Tanh
from shoal.errors import ConfigurationError
from shoal.export.names import identifier
from shoal.export.onnx import to_onnx
from shoal.layers import Dense, Dropout
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.populations.population import Population

Run = Callable[..., dict[str, Any]]
RTOL = {"float32": 1e-5, "float64": 1e-12}


def population(activation: Any, loss: str = "squared_error", starts: int = 2, dtype: str = "float64") -> Any:
    layers = [Dense(5, activation), Dropout(0.5), Dense(4, activation), Dense(3)]
    made = Network(2, layers, loss).population(starts, seed=1, dtype=dtype)
    made.theta[:] = 2 * np.random.default_rng(2).normal(size=made.theta.shape)  # far into every tail
    return made


@pytest.fixture
def samples() -> Any:
    return np.random.default_rng(3).normal(size=(50, 2))


def assert_same(run: Run, made: Population, samples: Any) -> None:
    dtype = made.theta.dtype
    outputs = run(made, {"X": samples.astype(dtype)})
    expected = made.predict(samples)
    rtol = RTOL[dtype.name]
    atol = rtol * np.abs(expected).max()
    assert outputs["predictions"].dtype == dtype
    np.testing.assert_allclose(outputs["predictions"], expected, rtol=rtol, atol=atol)
    np.testing.assert_allclose(outputs["mean"], expected.mean(axis=0), rtol=rtol, atol=atol)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_computes_the_same(run: Run, samples: Any, name: str, dtype: str) -> None:
    assert_same(run, population(name, dtype=dtype), samples)


@pytest.mark.parametrize("activation", [LeakyRelu(0.3), Elu(0.7)])
def test_hyper_parameters_are_kept(run: Run, samples: Any, activation: Any) -> None:
    assert_same(run, population(activation), samples)


@pytest.mark.parametrize("starts", [1, 2])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_has_its_link(run: Run, samples: Any, loss: str, starts: int) -> None:
    assert_same(run, population("tanh", loss, starts), samples)


def test_a_poisson_rate_stays_finite(run: Run) -> None:
    made = Network(1, [Dense(1)], "poisson").population(1, dtype="float32")
    made.theta[:] = [1.0, 0.0]
    (rate,) = run(made, {"X": np.array([[1e6]], dtype=np.float32)})["mean"]
    assert np.isfinite(rate)
    assert rate == pytest.approx(made.predict(np.array([[1e6]]))[0, 0], rel=1e-5)


def test_one_network_has_plain_matrices() -> None:
    graph = to_onnx(population("tanh", starts=1)).graph
    shapes = [tuple(constant.dims) for constant in graph.initializer]
    assert shapes[:4] == [(2, 5), (5,), (5, 4), (4,)]
    assert [node.op_type for node in graph.node[:3]] == ["MatMul", "Add", "Tanh"]


def test_the_model_says_what_it_is_and_suits_old_runtimes() -> None:
    model = to_onnx(population("tanh", "poisson"))
    assert (model.producer_name, model.ir_version) == ("shoal", 8)
    assert {entry.domain: entry.version for entry in model.opset_import} == {"": 15, "ai.onnx.ml": 2}
    assert {entry.key: entry.value for entry in model.metadata_props} == {"loss": "poisson"}
    onnx.checker.check_model(model, full_check=True)


@dataclass(frozen=True)
class Strange(Tanh):
    name = "strange"


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="activation 'strange' has no ONNX form"):
        to_onnx(population(Strange()))


@pytest.mark.parametrize("picks", [[1, 0, 1, 1], [0, 0, 0], [0, 1]])
@pytest.mark.parametrize("loss", LOSSES)
def test_members_that_are_equal_are_stored_once(run: Run, samples: Any, loss: str, picks: list[int]) -> None:
    made = population("tanh", loss)
    picked = made.members(picks)
    assert_same(run, picked, samples)
    stored = sum(len(c.raw_data) for c in to_onnx(picked).graph.initializer)
    assert len(set(picks)) * made.theta[0].nbytes <= stored < len(set(picks)) * made.theta[0].nbytes + 150


def test_names_that_onnx_has_no_letters_for() -> None:
    for name, wanted in (("", "target"), ("_y1", "_y1"), ("y y", "y_y"), ("ŷ", "y"), ("  °", "target")):
        assert identifier(name) == wanted
