"""A member's result is the same bits alone and in any company, whatever is trained and however."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.activations import ACTIVATIONS
from shoal.engines import ENGINES
from shoal.initializers import INITIALIZERS
from shoal.layers import Dense, Dropout, Layer
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import TrainingResult, sample_losses, train
from shoal.schedules import SCHEDULES
from shoal.shapes import Array
from shoal.solvers import SOLVERS

MINIBATCH = [name for name, solver in SOLVERS.items() if not solver.full_batch]
WITH_A_RATE = [name for name, solver in SOLVERS.items() if solver.takes_learning_rate]
AXES = {"l2": 1, "l1": 1, "weight_decay": 1, "learning_rate": 1, "sample_weight": 2}
"""The arguments of ``train`` that may hold an entry for each member, and how many axes they have then."""

both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])
every_engine = pytest.mark.parametrize("engine", ENGINES)


def small(*hidden: Layer, n: int = 3, K: int = 2, loss: str = "squared_error") -> Network:
    return Network(n, [*hidden, Dense(K)], loss)


def some_samples(network: Network, N: int, seed: int = 0) -> tuple[Array, Array]:
    """Return X (N, n) and y (N, K) that every loss can take."""
    rng, K = np.random.default_rng(seed), network.n_outputs
    labels = rng.integers(max(K, 2), size=N)
    return rng.normal(size=(N, network.n_inputs)), labels[:, None] if K == 1 else np.eye(K)[labels]


def penalties(solver: str, **strengths: list[float]) -> dict[str, list[float]]:
    """Return the strengths of penalties, but for a solver that finds them itself."""
    return {} if SOLVERS[solver].estimates_l2 else strengths


def bits(result: TrainingResult, X: Array, y: Array) -> list[dict[str, bytes]]:
    """Return all that is known of each member after training, as bytes; any NaN is the same NaN."""
    population, history = result.population, result.history
    with np.errstate(all="ignore"):  # what diverged may overflow again
        predictions, losses = population.outputs(X), sample_losses(population, X, y)
    arrays = {
        "theta": population.theta,
        "predictions": predictions,
        "losses": losses,
        **{name: value for name, value in vars(history).items() if isinstance(value, np.ndarray)},
        **history.told,
    }
    same_nan = {name: np.where(np.isnan(array), np.nan, array) for name, array in arrays.items()}
    return [{name: array[p].tobytes() for name, array in same_nan.items()} for p in range(population.size)]


def alone(settings: dict[str, Any], p: int) -> dict[str, Any]:
    """Return the settings of member p, where they were given for each member."""
    own = {
        name: np.asarray(settings[name])[p : p + 1]
        for name, axes in AXES.items()
        if name in settings and np.ndim(settings[name]) == axes
    }
    if len(settings.get("validation", ())) == 3:
        X, y, s = settings["validation"]
        own["validation"] = X, y, s[p : p + 1]
    return settings | own


def assert_independent(population: Population, N: int, **settings: Any) -> TrainingResult:
    """Train the population and every member by itself, and compare all bits; return the common training."""
    X, y = some_samples(population.network, N)
    together = train(population, X, y, **settings)
    for p, expected in enumerate(bits(together, X, y)):
        single = train(population.members(p), X, y, **alone(settings, p))
        assert bits(single, X, y)[0] == expected, f"member {p} of {population.size}"
    return together


@every_engine
@both_dtypes
@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_on_the_full_batch(solver: str, dtype: str, engine: str) -> None:
    network = small(Dense(5, "tanh"), Dense(3, "sigmoid"))
    result = assert_independent(
        network.population(4, seed=1, dtype=dtype),
        13,
        solver=solver,
        epochs=6,
        engine=engine,
        **penalties(solver, l2=[0.0, 0.1, 1.0, 0.0], l1=[0.0, 0.0, 0.5, 0.1]),
    )
    assert not result.diverged.any()


@every_engine
@both_dtypes
@pytest.mark.parametrize("batch_order", ["own", "shared"])
@pytest.mark.parametrize("solver", MINIBATCH)
def test_every_solver_on_minibatches(solver: str, batch_order: str, dtype: str, engine: str) -> None:
    network = small(Dense(5, "tanh"), Dropout(0.3), Dense(4, "relu"))
    assert_independent(
        network.population(4, seed=1, dtype=dtype),
        13,
        solver=solver,
        epochs=3,
        batch_size=4,
        batch_order=batch_order,
        weight_decay=[0.0, 1e-3, 0.0, 1e-2],
        learning_rate=[1e-3, 1e-2, 3e-3, 1e-2],
        sample_weight=np.random.default_rng(0).uniform(0, 2, size=(4, 13)),
        schedule="cosine",
        clip_norm=1.0,
        engine=engine,
    )


@both_dtypes
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation: str, dtype: str) -> None:
    network = small(Dense(7, activation), Dense(5, activation))
    assert_independent(network.population(3, dtype=dtype), 11, epochs=3, batch_size=4)


@both_dtypes
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("K", [2, 9, 17])  # NumPy adds up 8 numbers or more in another order than fewer
def test_every_loss(loss: str, K: int, dtype: str) -> None:
    population = small(Dense(3, "tanh"), K=K, loss=loss).population(3, dtype=dtype)
    assert_independent(population, 11, epochs=2, batch_size=5)
    assert_independent(population, 11, epochs=2, solver="gradient_descent")


@every_engine
@both_dtypes
@pytest.mark.parametrize("batch_size", [None, 1, 2, 3, 100])
@pytest.mark.parametrize(
    ("n", "hidden", "K", "N"),
    [(1, 1, 1, 1), (1, 1, 1, 7), (3, 1, 1, 2), (1, 9, 1, 1), (2, 1, 9, 8), (17, 33, 1, 65)],
)
def test_odd_sizes(
    n: int, hidden: int, K: int, N: int, batch_size: int | None, dtype: str, engine: str
) -> None:
    network = small(Dense(hidden, "tanh"), n=n, K=K)
    assert_independent(network.population(3, dtype=dtype), N, epochs=2, batch_size=batch_size, engine=engine)


@every_engine
@pytest.mark.parametrize("solver", SOLVERS)
def test_members_that_stop_early_at_different_epochs(solver: str, engine: str) -> None:
    network = small(Dense(6, "tanh"), K=1)
    result = assert_independent(
        network.population(6, dtype="float64"),
        10,
        solver=solver,
        epochs=60,
        validation=(*some_samples(network, 9, seed=5), np.random.default_rng(0).uniform(size=(6, 9))),
        patience=3,
        engine=engine,
        **({"learning_rate": 0.1} if solver in WITH_A_RATE else {}),
    )
    assert len(set(result.history.epochs)) > 1
    assert "early stopping" in result.history.reasons


@every_engine
@pytest.mark.parametrize("batch_size", [None, 3])
@pytest.mark.parametrize("solver", WITH_A_RATE)
def test_companions_that_diverge(solver: str, batch_size: int | None, engine: str) -> None:
    if SOLVERS[solver].full_batch:
        batch_size = None
    result = assert_independent(
        small(Dense(4, "relu")).population(4),
        8,
        solver=solver,
        epochs=5,
        batch_size=batch_size,
        learning_rate=[0.01, 1e30, 1e15, 0.02],
        engine=engine,
    )
    assert result.diverged[1]
    assert not result.diverged[[0, 3]].any()


@every_engine
def test_a_companion_with_a_penalty_does_not_end_a_member_with_large_weights(engine: str) -> None:
    population = small(Dense(2, "tanh"), K=1, loss="log_loss").population(2)
    population.weights[1][0] = 1e25  # finite, and so is the loss, but not the squares
    result = assert_independent(population, 6, epochs=3, l2=[0.0, 1.0], engine=engine)
    assert not result.diverged.any()


@every_engine
def test_the_order_of_the_members(engine: str) -> None:
    network, order = small(Dense(4, "tanh"), Dropout(0.2)), [3, 0, 2, 1]
    X, y = some_samples(network, 9)
    population, l2 = network.population(4), np.array([0.0, 0.1, 0.2, 0.3])
    first = bits(train(population, X, y, l2=l2, epochs=3, batch_size=4, engine=engine), X, y)
    again = train(population.members(order), X, y, l2=l2[order], epochs=3, batch_size=4, engine=engine)
    assert bits(again, X, y) == [first[p] for p in order]


def hidden_layers() -> st.SearchStrategy[list[Layer]]:
    """Return stacks of up to 3 hidden layers."""
    dense = st.builds(
        Dense, st.integers(1, 9), st.sampled_from([*ACTIVATIONS]), st.sampled_from([*INITIALIZERS])
    )
    return st.lists(dense | st.builds(Dropout, st.sampled_from([0.0, 0.2, 0.7])), max_size=3)


@st.composite
def populations(draw: st.DrawFn) -> Population:
    """Return 2 to 5 members of any small architecture, with any loss."""
    loss = draw(st.sampled_from([*LOSSES]))
    K = draw(st.integers(2 if loss.endswith("cross_entropy") else 1, 9))
    network = small(*draw(hidden_layers()), n=draw(st.integers(1, 9)), K=K, loss=loss)
    return network.population(
        draw(st.integers(2, 5)),
        seed=draw(st.integers(0, 99)),
        dtype=draw(st.sampled_from(["float32", "float64"])),
    )


@st.composite
def trainings(draw: st.DrawFn) -> tuple[Population, int, dict[str, Any]]:
    """Return a population, a number of samples, and arguments of ``train`` that may go together."""
    population, N = draw(populations()), draw(st.integers(1, 20))

    def each(*values: float) -> st.SearchStrategy[list[float]]:
        return st.lists(st.sampled_from(values), min_size=population.size, max_size=population.size)

    stochastic = any(layer.random for layer in population.network.layers)
    squares = population.network.criterion.curvature(population.network.n_outputs) is not None
    fit = [name for name, solver in SOLVERS.items() if squares or not solver.squares]
    solver = draw(st.sampled_from(WITH_A_RATE if stochastic else fit))
    strengths = {"l2": draw(each(0, 1)), "l1": draw(each(0, 1))}
    settings: dict[str, Any] = {"solver": solver, "epochs": 4, **penalties(solver, **strengths)}
    if solver in WITH_A_RATE:
        settings["learning_rate"] = draw(each(1e-3, 1e-1, 1e30))
        settings["weight_decay"] = draw(each(0, 1e-2))
        settings["schedule"] = draw(st.sampled_from([*SCHEDULES]))
        settings["clip_norm"] = draw(st.sampled_from([None, 0.5]))
    if solver in MINIBATCH:
        settings["batch_size"] = draw(st.none() | st.integers(1, N + 1))
        settings["batch_order"] = draw(st.sampled_from(["own", "shared"]))
    if draw(st.booleans()):
        weights = np.random.default_rng(N).integers(0, 3, size=(population.size, N)).astype(float)
        settings["sample_weight"] = weights + (weights.sum(axis=1, keepdims=True) == 0)
    if draw(st.booleans()):
        weights = np.random.default_rng(N).uniform(size=(population.size, 5))
        settings["validation"] = (*some_samples(population.network, 5, seed=1), weights)
        settings["patience"] = draw(st.none() | st.just(1))
    return population, N, settings


@given(trainings())
def test_any_training(training: tuple[Population, int, dict[str, Any]]) -> None:
    population, N, settings = training
    assert_independent(population, N, **settings)
