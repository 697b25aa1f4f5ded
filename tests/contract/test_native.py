"""The native engine gives the parameters and histories of the reference engine, whatever is trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS
from shoal.engines import ENGINES
from shoal.layers import Dense, Dropout, Layer
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import TrainingResult, train
from shoal.schedules import SCHEDULES
from shoal.shapes import Array
from shoal.solvers import SOLVERS
from shoal.solvers.adam import Adam
from shoal.solvers.rmsprop import RMSprop
from shoal.solvers.sgd import SGD

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

from shoal import _native
from shoal.engines.compiled import module
from shoal.engines.compiled.module import KNOWN

RTOL = {"float32": 1e-3, "float64": 1e-9}
MINIBATCH = [name for name in SOLVERS if not SOLVERS[name].full_batch]
SEARCHING = [name for name in SOLVERS if not SOLVERS[name].takes_learning_rate]
# On either side of what decides whether a lane is a network or a sample, with vectors that are not full.
SIZES = [13, 75]

both_dtypes = pytest.mark.parametrize("dtype", RTOL)
both_sizes = pytest.mark.parametrize("N", SIZES)


def samples(N: int, n: int = 3, K: int = 2, seed: int = 0) -> tuple[Array, Array]:
    """Return X (N, n) and y (N, K) that every loss can take."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(max(K, 2), size=N)
    return rng.normal(size=(N, n)), labels[:, None] if K == 1 else np.eye(K)[labels]


def small(*hidden: Layer, n: int = 3, K: int = 2, loss: str = "squared_error") -> Network:
    return Network(n, [*(hidden or (Dense(5, "tanh"),)), Dense(K)], loss)


def assert_close(actual: Array | None, expected: Array | None, rtol: float) -> None:
    """Compare the numbers of each member with the largest of them, as errors of sums are."""
    if actual is None or expected is None:
        assert actual is expected
        return
    scale = np.nanmax(np.abs(expected), axis=-1, keepdims=True, initial=1e-300, where=np.isfinite(expected))
    np.testing.assert_allclose(actual / scale, expected / scale, rtol=0, atol=rtol)


def assert_same(population: Population, N: int, **settings: Any) -> TrainingResult:
    """Train with both engines, compare all that is known afterwards, and return the native result."""
    network = population.network
    X, y = samples(N, network.n_inputs, network.n_outputs)
    rtol = RTOL[str(population.theta.dtype)]
    settings = {"epochs": 100} | settings
    actual = train(population, X, y, engine="native", **settings)
    expected = train(population, X, y, engine="reference", **settings)
    assert actual.history.reasons == expected.history.reasons
    assert actual.history.epochs.tolist() == expected.history.epochs.tolist()
    if rtol < 1e-6:  # losses of neighbouring epochs may be the same number in float32
        assert actual.history.best_epoch.tolist() == expected.history.best_epoch.tolist()
    assert_close(actual.history.loss, expected.history.loss, rtol)
    assert_close(actual.history.validation_loss, expected.history.validation_loss, rtol)
    assert_close(actual.population.theta, expected.population.theta, rtol)
    assert not np.array_equal(actual.population.theta, population.theta)
    return actual


@both_sizes
@both_dtypes
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation: str, dtype: str, N: int) -> None:
    network = small(Dense(7, activation), Dense(3, activation))
    assert_same(network.population(3, dtype=dtype), N, solver="sgd", learning_rate=0.02)


@both_sizes
@both_dtypes
@pytest.mark.parametrize("K", [1, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss(loss: str, K: int, dtype: str, N: int) -> None:
    if loss.endswith("cross_entropy") and K == 1:
        K = 2  # one class is none
    assert_same(small(K=K, loss=loss).population(3, dtype=dtype), N, solver="sgd", learning_rate=0.02)


@both_sizes
@both_dtypes
@pytest.mark.parametrize("solver", [name for name in SOLVERS if name not in SEARCHING])
def test_every_solver_on_the_full_batch(solver: str, dtype: str, N: int) -> None:
    # Starts with which no gradient vanishes on the way: there rmsprop, whose steps do not shrink, takes the
    # sign of a rounding error for a direction.
    population = small(Dense(4, "tanh"), Dense(3, "sigmoid")).population(5, seed=1, dtype=dtype)
    assert_same(population, N, solver=solver)


@pytest.mark.parametrize("batch_size", [8, 40])
@pytest.mark.parametrize("batch_order", ["own", "shared"])
@both_dtypes
@pytest.mark.parametrize("solver", MINIBATCH)
def test_every_solver_on_minibatches(solver: str, dtype: str, batch_order: str, batch_size: int) -> None:
    assert_same(
        small().population(5, seed=3, dtype=dtype),
        75,
        solver=solver,
        epochs=100 * batch_size // 75,
        batch_size=batch_size,
        batch_order=batch_order,
        seed=3,
    )


def test_options_of_solvers() -> None:
    population = small().population(2, seed=1, dtype="float64")
    for solver in SGD(0.5, nesterov=True), Adam(0.8, 0.9, 1e-3), RMSprop(0.95, 1e-3):
        assert_same(population, 13, solver=solver, learning_rate=0.002)


@both_sizes
@both_dtypes
@pytest.mark.parametrize("batch_size", [None, 10])
def test_strengths_and_rates_of_each_member(batch_size: int | None, dtype: str, N: int) -> None:
    assert_same(
        small().population(4, dtype=dtype),
        N,
        solver="sgd",
        epochs=20,
        batch_size=batch_size,
        l2=[0.0, 1.0, 0.0, 2.0],
        l1=[0.0, 0.0, 0.1, 0.2],
        weight_decay=[0.01, 0.0, 0.001, 0.0],
        learning_rate=[0.01, 0.02, 0.03, 0.04],
    )


@both_sizes
@both_dtypes
@pytest.mark.parametrize("solver", ["adam", "adamw"])
def test_weight_decay(solver: str, dtype: str, N: int) -> None:
    assert_same(small().population(2, dtype=dtype), N, solver=solver, weight_decay=[0.0, 0.02])


@both_sizes
@both_dtypes
@pytest.mark.parametrize("batch_size", [None, 5])
def test_sample_weights_of_each_member(batch_size: int | None, dtype: str, N: int) -> None:
    rng = np.random.default_rng(1)
    weights = rng.uniform(size=(3, N)) * (rng.uniform(size=(3, N)) < 0.6)
    settings: dict[str, Any] = {"solver": "sgd", "epochs": 20, "batch_size": batch_size, "l2": 0.5}
    population = small().population(3, dtype=dtype)
    assert_same(population, N, sample_weight=weights, **settings)
    assert_same(population, N, sample_weight=weights[0], **settings)


@both_sizes
@both_dtypes
@pytest.mark.parametrize("where", ["first", "between", "last"])
def test_dropout(where: str, dtype: str, N: int) -> None:
    drop = Dropout(0.3)
    layers = {
        "first": [drop, Dense(4, "tanh"), Dense(2)],
        "between": [Dense(6, "silu"), drop, Dropout(0.1), Dense(4, "tanh"), Dropout(0.0), Dense(2)],
        "last": [Dense(4, "tanh"), Dense(2), drop],
    }[where]
    population = Network(3, layers).population(3, seed=5, dtype=dtype)
    settings: dict[str, Any] = {"solver": "sgd", "validation": samples(N, seed=9), "epochs": 12}
    assert_same(population, N, **settings)
    assert_same(population, N, batch_size=5, **settings)


@both_sizes
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule(schedule: str, N: int) -> None:
    population = small().population(2, dtype="float64")
    assert_same(population, N, solver="sgd", schedule=schedule, epochs=12, batch_size=7)


@both_sizes
@both_dtypes
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_clipping(solver: str, dtype: str, N: int) -> None:
    assert_same(small().population(3, dtype=dtype), N, solver=solver, clip_norm=0.05, l2=0.1)


@both_sizes
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("patience", [None, 3])
def test_early_stopping(patience: int | None, weighted: bool, N: int) -> None:
    X, y = samples(21, seed=4)
    weights = np.random.default_rng(2).uniform(size=(9, 21))
    result = assert_same(
        small(Dense(12, "tanh")).population(9, dtype="float64"),
        N,
        learning_rate=np.linspace(0.01, 0.2, 9),
        validation=(X, y, weights) if weighted else (X, y),
        patience=patience,
        epochs=60,
    )
    assert (len(set(result.history.epochs.tolist())) > 1) == (patience is not None)


@both_sizes
def test_convergence_of_each_member(N: int) -> None:
    result = assert_same(
        small().population(5, dtype="float64"),
        N,
        solver="gradient_descent",
        learning_rate=0.3,
        l2=np.array([1.0, 3.0, 5.0, 0.0, 8.0]) * N / 13,
        tolerance=1e-4,
        epochs=300,
    )
    assert {"converged", "epochs"} == set(result.history.reasons)
    assert len(set(result.history.epochs.tolist())) > 2


@both_sizes
@both_dtypes
@pytest.mark.parametrize("batch_size", [None, 4])
def test_divergence_harms_nobody(batch_size: int | None, dtype: str, N: int) -> None:
    absurd = 1e30 if dtype == "float32" else 1e200
    population = small(Dense(6, "relu")).population(11, dtype=dtype)
    rates = np.where(np.arange(11) % 3 == 1, absurd, 0.01)
    X, y = samples(N)
    settings: dict[str, Any] = {"solver": "sgd", "batch_size": batch_size, "epochs": 10}
    together = train(population, X, y, learning_rate=rates, engine="native", **settings)
    well = np.flatnonzero(rates < 1)
    alone = train(population.members(well), X, y, learning_rate=0.01, engine="native", **settings)
    assert together.diverged.tolist() == (rates > 1).tolist()
    assert np.isfinite(together.population.theta).all()
    assert np.array_equal(together.population.theta[well], alone.population.theta)
    reference = train(population, X, y, learning_rate=rates, engine="reference", **settings)
    assert together.history.epochs.tolist() == reference.history.epochs.tolist()
    assert_close(together.population.theta, reference.population.theta, RTOL[dtype])


@both_dtypes
@pytest.mark.parametrize("isa", _native.instruction_sets())
def test_folds_in_minibatches_that_all_share(isa: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lanes have weights of their own for the same samples, of some batches none."""
    monkeypatch.setattr(module, "INSTRUCTION_SET", isa)
    folds = (np.arange(75) % 19 == np.arange(19)[:, None]).astype(float)
    folds[3] *= 2.5
    settings: dict[str, Any] = {"solver": "sgd", "epochs": 5, "batch_size": 11, "batch_order": "shared"}
    assert_same(small().population(19, dtype=dtype), 75, sample_weight=folds, l2=0.5, **settings)


@both_dtypes
@pytest.mark.parametrize("isa", _native.instruction_sets())
@pytest.mark.parametrize("N", [13, 140])
def test_more_samples_for_validation_than_a_batch_has(
    N: int, isa: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their blocks are wider than those of the batch."""
    monkeypatch.setattr(module, "INSTRUCTION_SET", isa)
    assert_same(small().population(5, dtype=dtype), N, validation=samples(900, seed=4), epochs=5)


@both_dtypes
@pytest.mark.parametrize("isa", _native.instruction_sets())
def test_wide_layers_of_more_rows_than_a_thread_takes_at_once(
    isa: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And rows of a table that no near cache holds, which are asked for one minibatch ahead."""
    monkeypatch.setattr(module, "INSTRUCTION_SET", isa)
    network = small(Dense(60, "tanh"), Dense(530, "tanh"), Dense(70, "tanh"), n=700)
    settings: dict[str, Any] = {"solver": "sgd", "learning_rate": 1e-3, "epochs": 2, "batch_size": 64}
    found = assert_same(network.population(1, dtype=dtype), 150, n_jobs=1, **settings)
    shared = assert_same(network.population(1, dtype=dtype), 150, n_jobs=3, **settings)
    assert np.array_equal(found.population.theta, shared.population.theta)


@both_dtypes
@pytest.mark.parametrize(("N", "batch_size"), [(13, None), (3000, None), (200, 10)])
def test_the_bits_depend_neither_on_threads_nor_on_companions(
    N: int, batch_size: int | None, dtype: str
) -> None:
    population = small(Dense(30, "tanh"), Dense(20, "tanh")).population(11, dtype=dtype)
    X, y = samples(N)

    def theta(members: Population, threads: int) -> Array:
        settings: dict[str, Any] = {"epochs": 4, "batch_size": batch_size, "engine": "native"}
        return train(members, X, y, n_jobs=threads, **settings).population.theta

    one = theta(population, 1)
    for threads in 2, 4:
        assert np.array_equal(theta(population, threads), one)
    for members in [0], [10], [3, 7], [9, 1, 4]:
        assert np.array_equal(theta(population.members(members), 4), one[members])


@both_sizes
def test_a_callback_sees_every_epoch_and_changes_no_bit(N: int) -> None:
    X, y = samples(N)
    population = small().population(20)
    seen: list[tuple[int, int, int]] = []
    settings: dict[str, Any] = {"epochs": 5, "engine": "native"}
    plain = train(population, X, y, **settings)
    watched = train(
        population, X, y, callback=lambda p: seen.append((p.epoch, p.epochs, p.active)), **settings
    )
    assert seen == [(epoch, 5, 20) for epoch in range(1, 6)]
    assert np.array_equal(plain.population.theta, watched.population.theta)
    ended = train(population, X, y, callback=lambda p: p.epoch == 2, **settings)
    assert ended.history.epochs.tolist() == [2] * 20
    assert set(ended.history.reasons) == {"interrupted"}
    with pytest.raises(ZeroDivisionError):
        train(population, X, y, callback=lambda p: bool(1 / 0), **settings)


@both_sizes
@both_dtypes
@pytest.mark.parametrize("isa", _native.instruction_sets())
def test_every_instruction_set_of_this_machine(
    isa: str, dtype: str, N: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "INSTRUCTION_SET", isa)
    network = small(Dense(7, "gelu"), Dense(5, "tanh"), Dense(3, "elu"), K=3, loss="cross_entropy")
    population = network.population(5, dtype=dtype)
    assert_same(population, N, validation=samples(21, K=3, seed=4), l2=0.1)
    assert_same(population, N, batch_size=7, epochs=10, clip_norm=0.1)


@both_dtypes
@pytest.mark.parametrize("isa", _native.instruction_sets())
@pytest.mark.parametrize("f", ["exp", "expm1", "log", "log1p", "tanh"])
def test_elementary_functions(f: str, isa: str, dtype: str) -> None:
    x = np.linspace(0.001, 20, 1003).astype(dtype)
    out = np.empty_like(x)
    _native.apply(isa, f, x, out)
    np.testing.assert_allclose(out, getattr(np, f)(x), rtol=8 * np.finfo(dtype).eps)


def test_an_instruction_set_that_the_machine_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INSTRUCTION_SET", "abacus")
    X, y = samples(13)
    with pytest.raises(Exception, match="does not support the instruction set 'abacus' on this machine"):
        train(small(), X, y, epochs=1, engine="native")


def test_every_name_of_a_registry_is_native() -> None:
    assert set(KNOWN["activation"]) == set(ACTIVATIONS)
    assert set(KNOWN["loss"]) == set(LOSSES)
    assert set(KNOWN["solver"]) == set(SOLVERS)
