from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.initializers import Glorot
from shoal.layers import GRU, LSTM, RNN, Dense
from shoal.layers.base import Context, Role
from shoal.layers.recurrent import Recurrent
from shoal.populations.network import Network
from shoal.randomness import Noise
from shoal.shapes import Array
from tests.layers import plain

C, T, M, P = 2, 9, 3, 2
LENGTHS = np.array([7, 5, 1])
N = len(LENGTHS)

CELLS = [RNN, GRU, LSTM]
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "reverse": {"reverse": True},
    "learnt": {"initial_state": "learnt"},
    "norm": {"layer_norm": True},
    "dropout": {"recurrent_dropout": 0.4},
    "truncated": {"truncate": 2},
    "truncated in reverse": {"truncate": 3, "reverse": True},
    "all": {
        "reverse": True,
        "initial_state": "learnt",
        "layer_norm": True,
        "recurrent_dropout": 0.3,
        "truncate": 4,
    },
}
every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
every_option = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
both_outputs = pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])


def some(layer: Recurrent) -> tuple[dict[str, Array], Array, Context]:
    """Return two members' parameters, sequences padded to T that both share, and what training tells."""
    rng = np.random.default_rng(1)
    shapes = layer.parameter_shapes((C, T))
    parameters = {name: rng.normal(scale=0.6, size=(P, *shape)) for name, shape in shapes.items()}
    a = rng.normal(size=(1, C, T, N))
    a *= np.arange(T)[:, None] < LENGTHS
    keys = np.array([[0, member] for member in range(P)], dtype=np.uint64)
    return parameters, a, Context(Noise(keys, step=3), lengths=LENGTHS[None])


def masks(layer: Recurrent, context: Context) -> Array:
    """Return what each member's recurrent dropout multiplies by (P, m, N)."""
    assert context.noise is not None
    keep = 1 - layer.recurrent_dropout
    return context.noise.keep(keep, (M, N)) / keep


def sequences_of(a: Array) -> list[Array]:
    """Return the valid steps of each, (T_i, C)."""
    return [a[0, :, :length, n].T for n, length in enumerate(LENGTHS)]


@every_cell
@every_option
@both_outputs
def test_it_is_the_textbook_s_loop(cell: type[Recurrent], options: dict[str, Any], sequences: bool) -> None:
    layer = cell(M, return_sequences=sequences, **options)
    parameters, a, context = some(layer)
    out, _ = layer.forward(parameters, a, context)
    mask = masks(layer, context)
    for p in range(P):
        own = {name: values[p] for name, values in parameters.items()}
        for n, x in enumerate(sequences_of(a)):
            h, _ = plain.run(layer, own, x, mask[p, :, n])
            if sequences:
                np.testing.assert_allclose(out[p, :, : len(x), n], h.T, rtol=0, atol=1e-14)
                assert not out[p, :, len(x) :, n].any()
            else:
                np.testing.assert_allclose(out[p, :, n], h[0 if layer.reverse else -1], rtol=0, atol=1e-14)


def errors_of_gradients(layer: Recurrent) -> dict[str, float]:
    """Return the largest relative error over members, of each parameter and of the inputs ("x").

    Against central differences of the loop, in which truncation holds the states at the cuts.
    """
    parameters, a, context = some(layer)
    out, cache = layer.forward(parameters, a, context)
    G = np.random.default_rng(2).normal(size=out.shape)  # beyond an end too, where it is of no account
    gradients = {name: np.full_like(values, np.nan) for name, values in parameters.items()}
    grad_in = layer.backward(parameters, cache, G, gradients, propagate=True)
    assert grad_in is not None
    assert layer.backward(parameters, cache, G, gradients, propagate=False) is None
    mask, step, errors = masks(layer, context), 1e-5, dict.fromkeys([*parameters, "x"], 0.0)
    for p in range(P):
        own = {name: values[p].copy() for name, values in parameters.items()}
        xs = [x.copy() for x in sequences_of(a)]
        held = [plain.run(layer, own, x, mask[p, :, n])[1] for n, x in enumerate(xs)]

        def J(p: int = p, own: Any = own, xs: Any = xs, held: Any = held) -> float:  # noqa: N802
            total = 0.0
            for n, x in enumerate(xs):
                h, _ = plain.run(layer, own, x, mask[p, :, n], held[n])
                g = G[p, :, : len(x), n].T if layer.return_sequences else G[p, :, n]
                total += float((h * g).sum() if layer.return_sequences else h[0 if layer.reverse else -1] @ g)
            return total

        found = {name: values[p] for name, values in gradients.items()}
        found |= {f"x{n}": grad_in[p, :, : len(x), n].T for n, x in enumerate(xs)}
        for name, values in {**own, **{f"x{n}": x for n, x in enumerate(xs)}}.items():
            expected = np.zeros_like(values)
            for place in np.ndindex(values.shape):
                kept = values[place]
                values[place] = kept + step
                plus = J()
                values[place] = kept - step
                expected[place] = (plus - J()) / (2 * step)
                values[place] = kept
            scale = max(float(np.linalg.norm(expected)), 1e-3)
            error = float(np.linalg.norm(found[name] - expected)) / scale
            told = name if name in own else "x"
            errors[told] = float(np.maximum(errors[told], error))  # NaN if either is
        for n, length in enumerate(LENGTHS):
            assert not grad_in[p, :, length:, n].any()
    return errors


@every_cell
@every_option
@both_outputs
def test_gradients_of_parameters_and_inputs(
    cell: type[Recurrent], options: dict[str, Any], sequences: bool
) -> None:
    errors = errors_of_gradients(cell(M, return_sequences=sequences, **options))
    assert {name: error for name, error in errors.items() if not error < 1e-6} == {}


def in_float(dtype: str, layer: Recurrent, pad: int, lengths: Array | None = LENGTHS) -> list[Array]:
    """Return output, gradients and ∂J/∂(input) of sequences padded by ``pad`` steps more."""
    parameters, a, context = some(layer)
    a = np.concatenate([a[:, :, :7], np.zeros((1, C, pad, N))], axis=2).astype(dtype)
    parameters = {name: values.astype(dtype) for name, values in parameters.items()}
    context = dataclasses.replace(context, lengths=None if lengths is None else lengths[None])
    out, cache = layer.forward(parameters, a, context)
    G = out**2 - out.dtype.type(0.5) * (out != 0)
    gradients = {name: np.full_like(values, np.nan) for name, values in parameters.items()}
    grad_in = layer.backward(parameters, cache, G, gradients, propagate=True)
    assert grad_in is not None
    assert {array.dtype for array in (out, grad_in)} == {np.dtype(dtype)}
    if layer.return_sequences:
        out = out[:, :, :7]
    return [out, grad_in[:, :, :7], *gradients.values()]


@every_cell
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", [OPTIONS["plain"], OPTIONS["all"]], ids=["plain", "all"])
@both_outputs
def test_padding_changes_no_bit(
    cell: type[Recurrent], options: dict[str, Any], sequences: bool, dtype: str
) -> None:
    layer = cell(M, return_sequences=sequences, **options)
    expected = in_float(dtype, layer, 0)
    for pad in (3, 30):
        for found, array in zip(in_float(dtype, layer, pad), expected, strict=True):
            assert np.array_equal(found, array)
    of_one_length = in_float(dtype, layer, 0, lengths=None)
    for found, array in zip(in_float(dtype, layer, 9, np.full(N, 7)), of_one_length, strict=True):
        assert np.array_equal(found, array)


@every_cell
def test_first_parameters(cell: type[Recurrent]) -> None:
    layer = cell(M, initial_state="learnt", layer_norm=True)
    drawn = layer.initialize(np.random.default_rng(0), (C, T))
    assert {name: array.shape for name, array in drawn.items()} == layer.parameter_shapes((C, T))
    limit = np.sqrt(6 / (C + M))
    assert (np.abs(drawn["W"]) <= limit).all()
    for gate in np.split(drawn["R"], layer.gates):
        np.testing.assert_allclose(gate @ gate.T, np.eye(M), atol=1e-14)
    one = {GRU: slice(M, 2 * M), LSTM: slice(M, 2 * M)}.get(cell, slice(0, 0))
    assert np.flatnonzero(drawn["b"]).tolist() == list(range(len(drawn["b"])))[one]
    assert (drawn["b"][one] == 1).all()
    for name, array in drawn.items():
        if name not in "WRb":
            assert (array == name.startswith("gamma")).all()
    roles = {name: layer.role(name) for name in drawn}
    assert {name for name, role in roles.items() if role is Role.WEIGHT} == {"W", "R"}


@every_cell
def test_a_member_begins_the_same_in_any_company(cell: type[Recurrent]) -> None:
    network = Network((C, T), [cell(5), Dense(1)])
    theta = network.population(4, dtype="float64").theta
    alone = network.population(1, first_start=2, dtype="float64").theta
    assert np.array_equal(theta[2:3], alone)


@every_cell
def test_shapes_lengths_and_work(cell: type[Recurrent]) -> None:
    last, all_steps = cell(M), cell(M, return_sequences=True)
    assert (last.output_shape((C, T)), all_steps.output_shape((C, T))) == ((M,), (M, T))
    assert last.lengths_after(LENGTHS[None]) is None
    assert all_steps.lengths_after(LENGTHS[None]) is not None
    shapes = last.parameter_shapes((C, T))
    assert last.operations((C, T)) == T * sum(int(np.prod(shape)) for shape in shapes.values())
    assert (last.random, cell(M, recurrent_dropout=0.1).random) == (False, True)


@every_cell
def test_it_is_saved_by_name(cell: type[Recurrent]) -> None:
    layer = cell(M, recurrent_dropout=0.5, truncate=3, initializer=Glorot(), recurrent_initializer="normal")
    network = Network((C, T), [cell(2, return_sequences=True), layer, Dense(1)])
    assert Network.from_config(network.to_config()) == network


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"units": 0}, "the units of {} must be a whole number ≥ 1, got 0"),
        ({"initial_state": "ones"}, 'the initial_state of {} is "zeros" or "learnt", got \'ones\''),
        ({"recurrent_dropout": 1.0}, "the recurrent_dropout of {} is a number ≥ 0 and below 1, got 1.0"),
        ({"truncate": 0}, "truncate of {} must be a whole number ≥ 1, got 0"),
        ({"reverse": "yes"}, "reverse of {} is True or False, got 'yes'"),
        ({"layer_norm": 1}, "layer_norm of {} is True or False, got 1"),
    ],
)
@every_cell
def test_settings_that_are_refused(cell: type[Recurrent], settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        cell(**{"units": M, **settings})
    assert str(raised.value) == message.format(cell.name)


@every_cell
def test_what_does_not_fit(cell: type[Recurrent]) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"{cell.name} takes sequences, samples of shape \(C, T\), got"
    ):
        Network(4, [cell(M), Dense(1)])
    with pytest.raises(UnknownNameError):
        cell(M, initializer="gloriot")
