"""A recurrent layer that the package never heard of: two matrices, unequal lengths, both kinds of solver."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from shoal import Sequences, begin, check_gradients, train
from shoal.draws import Constant, Gaussian
from shoal.errors import ConfigurationError
from shoal.layers import LAYERS, Dense, Dropout, Flatten, Residual
from shoal.layers.base import Cache, Context, Draw, Layer, Parameters, Role
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.shapes import Array, IntArray, Shape

C, T, N = 2, 7, 24


@dataclass(frozen=True)
class LastState(Layer):
    """Elman's layer, of which the last valid state is seen: h_t = tanh(W x_t + R h_{t−1} + b)."""

    name: ClassVar[str] = "last_state"
    roles: ClassVar[Mapping[str, Role]] = {"W": Role.WEIGHT, "R": Role.WEIGHT, "b": Role.OFFSET}
    units: int
    spread: float = 0.5

    def output_shape(self, shape: Shape) -> Shape:
        return (self.units,)

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        m = self.units
        return {"W": (m, shape[0]), "R": (m, m), "b": (m, 1)}

    def draws(self, shape: Shape) -> dict[str, Draw]:
        return {"W": Gaussian(self.spread), "R": Gaussian(self.spread), "b": Constant(0.0)}

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return None

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        W, R, b = (parameters[name] for name in ("W", "R", "b"))
        steps = a.shape[2]
        lengths = np.full((1, 1), steps) if context.lengths is None else context.lengths
        valid = (np.arange(steps)[:, None, None] < lengths)[:, :, None, :]  # (T, 1|P, 1, N)
        h = [np.zeros((len(W), self.units, a.shape[-1]), a.dtype)]
        for t in range(steps):
            h.append(np.where(valid[t], np.tanh(W @ a[:, :, t] + R @ h[-1] + b), h[-1]))
        return h[-1], (a, h, valid)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        a, h, valid = cache
        for name in "W", "R", "b":
            gradients[name][...] = 0
        grad_in = np.zeros((len(grad_a), *a.shape[1:]), a.dtype)
        for t in reversed(range(a.shape[2])):
            delta = np.where(valid[t], grad_a * (1 - h[t + 1] ** 2), 0)
            gradients["W"][...] += delta @ a[:, :, t].swapaxes(1, 2)
            gradients["R"][...] += delta @ h[t].swapaxes(1, 2)
            gradients["b"][...] += delta.sum(axis=-1, keepdims=True)
            grad_in[:, :, t] = parameters["W"].swapaxes(1, 2) @ delta
            grad_a = np.where(valid[t], parameters["R"].swapaxes(1, 2) @ delta, grad_a)
        return grad_in if propagate else None


@pytest.fixture(autouse=True)
def registered() -> None:
    LAYERS[LastState.name] = LastState


def network(*first: Layer) -> Network:
    return Network((C, T), [*first, LastState(4), Dense(1)])


def data(seed: int = 0) -> tuple[Sequences, Array]:
    """Return sequences and what is told by their last valid step alone."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, T + 1, size=N)
    lengths[:3] = 7, 5, 1
    X = rng.normal(size=(N, C, T))
    return Sequences(X, lengths), X[np.arange(N), 0, lengths - 1]


def test_the_gradient_is_right_for_lengths_of_7_5_and_1() -> None:
    X, y = data()
    for layers in ([], [Dropout(0.3)]):
        check = check_gradients(network(*layers), X, y, l2=0.1)
        assert {block.name for block in check.blocks} == {"W", "R", "b"}
        assert check.relative_error < 1e-6


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "scg"])
def test_it_is_trained_by_every_kind_of_solver(solver: str) -> None:
    X, y = data()
    settings = {"learning_rate": 0.03} if solver == "adam" else {}
    result = train(network(), X, y, starts=3, solver=solver, epochs=150, validation=data(1), **settings)
    loss, judged = result.history.loss, result.history.validation_loss
    assert judged is not None
    assert (np.nanmin(loss, axis=1) < loss[:, 0] / 10).all()
    assert (np.nanmin(judged, axis=1) < judged[:, 0] / 2).all()


def test_minibatches_carry_the_lengths_of_their_samples() -> None:
    X, y = data()
    settings = {"solver": "sgd", "learning_rate": 0.01, "epochs": 1, "dtype": "float64"}
    for order in "own", "shared":
        each = train(network(), X, y, starts=3, batch_size=N, batch_order=order, **settings)
        whole = train(network(), X, y, starts=3, **settings)
        assert np.allclose(each.population.theta, whole.population.theta, rtol=0, atol=1e-12)
        assert not np.array_equal(whole.population.theta, network().population(3, dtype="float64").theta)
    told = train(network(), X.X, y, starts=3, **settings)  # as if all were of one length
    assert not np.allclose(told.population.theta, whole.population.theta, atol=1e-6)


def test_neither_padding_nor_other_sequences_change_a_bit() -> None:
    X, y = data()
    wide = np.concatenate([X.X, np.full((N, C, 3), np.nan)], axis=2)
    settings = {"starts": 2, "epochs": 20, "batch_size": 8, "dtype": "float32"}
    long = Network((C, T + 3), [LastState(4), Dense(1)])
    one = train(network(), X, y, **settings).population
    other = train(long, Sequences(wide, X.lengths), y, **settings).population
    assert np.array_equal(one.theta, other.theta)
    outputs = one.outputs(X)
    for length in np.unique(X.lengths):
        rows = np.flatnonzero(X.lengths == length)
        part = np.zeros((len(rows), C, T))
        part[:, :, :length] = X.X[rows][:, :, :length]
        assert np.allclose(one.outputs(Sequences(part, X.lengths[rows])), outputs[:, rows], atol=1e-6)
    short = Network((C, 1), [LastState(4), Dense(1)])
    alone = Population(short, one.theta, one.keys).outputs(X.X[2:3, :, :1])
    assert np.allclose(alone, outputs[:, 2:3], atol=1e-6)


def test_both_matrices_are_penalised_and_decay_and_the_bias_is_not() -> None:
    population = network().population(1, dtype="float64")
    assert [tuple(W.shape[1:]) for W in population.weights] == [(4, 2), (4, 4), (1, 4)]
    X, y = data()
    far = population.members([0])
    far.theta[:] = 3.0
    settings = {"solver": "gradient_descent", "learning_rate": 1e-9, "epochs": 1, "tolerance": 0}
    plain = train(far, X, y, **settings).population
    for strength in ({"l2": 1e6}, {"weight_decay": 0.01}):
        pulled = train(far, X, y, **settings, **strength).population
        smaller = [
            {name: bool((a < b).all()) for (name, a), b in zip(mine.items(), its.values(), strict=True)}
            for mine, its in zip(far.network.views(pulled.theta), far.network.views(plain.theta), strict=True)
        ]
        assert smaller == [{"W": True, "R": True, "b": False}, {"W": True, "b": False}]


def test_it_is_saved_and_loaded() -> None:
    X, y = data()
    trained = train(network(), X, y, starts=2, epochs=5).population
    said = json.loads(json.dumps(trained.network.to_config()))
    assert said["inputs"] == [C, T]
    again = Population(Network.from_config(said), trained.theta, trained.keys)
    assert again.network == trained.network
    assert np.array_equal(again.predict(X), trained.predict(X))


def test_it_is_stepped_and_goes_back() -> None:
    X, y = data()
    settings = {"starts": 2, "epochs": 12, "batch_size": 5, "dtype": "float64"}
    whole = train(network(Dropout(0.2)), X, y, **settings).population.theta
    run = begin(network(Dropout(0.2)), X, y, **settings)
    run.advance(5)
    kept = run.snapshot()
    run.advance(7)
    assert np.array_equal(run.population.theta, whole)
    run.restore(kept)
    run.finish()
    assert np.array_equal(run.population.theta, whole)


def test_layers_that_do_not_know_of_lengths_refuse_them() -> None:
    X, y = data()
    with pytest.raises(ConfigurationError, match=r"_Deaf.* does not know of unequal lengths"):
        train(Network((C, T), [Residual([_Deaf(4)]), Flatten(), Dense(1)]), X, y)
    flat = Network((C, T), [Flatten(), Dense(1)])
    both = [train(flat, samples, y, epochs=3).population.theta for samples in (X, X.X)]
    assert np.array_equal(*both)  # of zeros beyond the end there is nothing more to know


def test_a_layer_says_what_becomes_of_its_parameters() -> None:
    with pytest.raises(ConfigurationError, match=r"has a parameter 'W' and does not say what becomes of it"):
        Network((C, T), [_Silent(4), Dense(1)])


@dataclass(frozen=True)
class _Deaf(LastState):
    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return Layer.lengths_after(self, lengths)


@dataclass(frozen=True)
class _Silent(LastState):
    roles: ClassVar[Mapping[str, Role]] = {}
