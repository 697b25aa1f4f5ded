"""Trained networks give the same from the compiled module and from the reference, whoever comes along."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.engines.evaluation import sample_outputs
from shoal.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPool2D
from shoal.networks import backprop
from shoal.populations.network import Network
from shoal.shapes import Array, Shape
from tests.contract.test_layer_gradients import IMAGE, SHAPES, STACKS
from tests.native.programs import printed, start

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

from shoal import _native
from shoal.engines.compiled import module
from shoal.engines.compiled.architecture import unknown_layer

RTOL = {"float32": 1e-3, "float64": 1e-9}
WIDE: list[Layer] = [Dense(70, "gelu"), Dropout(0.3), Dense(50, "tanh")]
LENET: list[Layer] = [
    Conv2D(6, 5, "tanh"), MaxPool2D(2), Conv2D(16, 3, "relu"), MaxPool2D(2), Flatten(), Dense(60, "relu"),
]  # fmt: skip
NETWORKS: dict[str, tuple[int | Shape, list[Layer]]] = {
    "dense": (5, [Dense(7, "mish")]),
    "relu": (30, [Dense(19, "relu")]),
    "wide": (61, WIDE),
    "images": ((1, 18, 18), LENET),
    **{name: (IMAGE, stack("tanh")) for name, stack in STACKS.items()},
    **SHAPES,
}
NATIVE = {
    name: network
    for name, (inputs, layers) in NETWORKS.items()
    if unknown_layer(network := Network(inputs, [*layers, Dense(3)], "cross_entropy")) is None
}
both_dtypes = pytest.mark.parametrize("dtype", RTOL)


def members(network: Network, N: int, dtype: str) -> tuple[Array, Array]:
    """Return five members and N samples; parameters are drawn, so that no bias and no scale is left out."""
    rng = np.random.default_rng(3)
    theta = network.population(5, dtype=dtype).theta
    return theta + rng.normal(scale=0.1, size=theta.shape).astype(dtype) ** 2, rng.normal(
        size=(N, network.n_inputs)
    ).astype(dtype)


@both_dtypes
@pytest.mark.parametrize("N", [1, 45, 300])
@pytest.mark.parametrize("name", NATIVE)
def test_every_layer_and_shape(name: str, N: int, dtype: str) -> None:
    theta, X = members(NATIVE[name], N, dtype)
    z, expected = sample_outputs(NATIVE[name], theta, X), backprop.sample_outputs(NATIVE[name], theta, X)
    assert z.dtype == expected.dtype
    assert not np.array_equal(z, expected)  # or the reference is held to itself
    np.testing.assert_allclose(z, expected, rtol=0, atol=RTOL[dtype] * np.abs(expected).max())


@both_dtypes
@pytest.mark.parametrize("isa", _native.instruction_sets())
@pytest.mark.parametrize("name", ["wide", "images"])
def test_every_instruction_set(name: str, isa: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INSTRUCTION_SET", isa)
    test_every_layer_and_shape(name, 45, dtype)


@both_dtypes
@pytest.mark.parametrize("N", [37, 700])
@pytest.mark.parametrize("name", ["dense", "relu", "wide", "images", "layer_norm"])
def test_the_bits_depend_neither_on_threads_nor_on_companions(name: str, N: int, dtype: str) -> None:
    """Companions of a member are other members, and those of a sample other samples."""
    network = NATIVE[name]
    theta, X = members(network, N, dtype)
    one = sample_outputs(network, theta, X, 1)
    for threads in 2, 5:
        assert np.array_equal(sample_outputs(network, theta, X, threads), one)
    for some in [0], [4], [3, 1]:
        assert np.array_equal(sample_outputs(network, theta[some], X, 4), one[some])
    for rows in [7], [N - 1, 0, 5]:
        assert np.array_equal(sample_outputs(network, theta, X[rows], 4), one[:, :, rows])


@both_dtypes
def test_a_member_that_is_not_finite_harms_nobody(dtype: str) -> None:
    theta, X = members(NATIVE["images"], 45, dtype)
    broken = theta.copy()
    broken[1] = np.nan
    broken[3] *= np.finfo(dtype).max
    z, sound = sample_outputs(NATIVE["images"], broken, X), sample_outputs(NATIVE["images"], theta, X)
    assert np.isnan(z[1]).all()
    assert not np.isfinite(z[3]).all()
    assert np.array_equal(z[::2], sound[::2])


def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    """The signal comes while the compiled module is at work, which takes any machine minutes."""
    body = """
from shoal.engines import native
population = Network(1, [Dense(2000, "tanh"), Dense(2000, "tanh"), Dense(1)]).population(1)
main = threading.get_ident()
def say_when_it_is_at_work():
    while sys._current_frames()[main].f_code.co_filename != native.__file__:
        time.sleep(0.001)
    print("ready", flush=True)
threading.Thread(target=say_when_it_is_at_work, daemon=True).start()
try:
    population.outputs(np.zeros((10**7, 1), np.float32))
except KeyboardInterrupt:
    print("interrupted")
"""
    process = start(tmp_path, body)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert printed(process) == "interrupted\n"


@both_dtypes
@pytest.mark.parametrize("isa", _native.instruction_sets())
def test_rows_are_read_where_they_lie(isa: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of any width, so that vectors reach beyond a row's end; what lies beyond the last is not looked at."""
    monkeypatch.setattr(module, "INSTRUCTION_SET", isa)
    for n in (1, 3, 8, 17, 31):
        network = Network(n, [Dense(5, "tanh"), Dense(2)])
        theta, rows = members(network, 67, dtype)
        around = np.full((70, n + 3), np.nan, dtype)
        around[1:68, 2 : n + 2] = rows
        expected = sample_outputs(network, theta, rows)
        for X in (around[1:68, 2 : n + 2], np.asfortranarray(rows), rows[::-1][::-1]):
            z = ENGINES["native"].finite_outputs(network, theta, X, 1)
            np.testing.assert_array_equal(z, expected)
        for one in (np.asfortranarray(rows)[:1], rows[:1][::-1], rows[1::-1][1:]):
            np.testing.assert_array_equal(sample_outputs(network, theta, one), expected[:, :, :1])


@both_dtypes
@pytest.mark.parametrize("isa", _native.instruction_sets())
def test_no_number_of_x_is_overlooked(isa: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else the network makes of it: of -inf a rectifier makes 0."""
    monkeypatch.setattr(module, "INSTRUCTION_SET", isa)
    network = Network(5, [Dense(4, "relu"), Dense(1)])
    theta = np.full_like(members(network, 1, dtype)[0], 0.5)
    X = members(network, 50, dtype)[1]
    assert ENGINES["native"].finite_outputs(network, theta, X, 1) is not None
    for row in (0, 15, 16, 33, 49):
        for wrong in (np.nan, np.inf, -np.inf):
            spoilt = X.copy()
            spoilt[row, row % 5] = wrong
            for laid in (spoilt, np.asfortranarray(spoilt)):
                assert all(
                    engine.finite_outputs(network, theta, laid, 2) is None for engine in ENGINES.values()
                )
