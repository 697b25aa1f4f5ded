from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import shoal
from shoal.engines import ENGINES
from shoal.errors import ShoalError
from shoal.layers import Dense, Dropout
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.populations.trainer import sample_losses, train
from shoal.solvers import SOLVERS
from shoal.solvers.adam import Adam
from shoal.training.augmentation import Augmentation

NETWORK = Network(2, [Dense(3, "tanh"), Dense(1)])
X = np.random.default_rng(0).normal(size=(6, 2))
y = X[:, 0]
every_engine = pytest.mark.parametrize("engine", ENGINES)


def test_the_package_gives_the_function() -> None:
    assert shoal.train is train


@every_engine
def test_a_network_is_trained_from_its_own_population(engine: str) -> None:
    from_network = train(NETWORK, X, y, starts=3, seed=5, epochs=2, engine=engine)
    from_population = train(NETWORK.population(3, seed=5), X, y, epochs=2, engine=engine)
    assert np.array_equal(from_network.population.theta, from_population.population.theta)
    assert from_network.history.loss.shape == (3, 2)
    assert np.array_equal(from_network.diverged, [False, False, False])


@every_engine
@pytest.mark.parametrize("settings", [{}, {"batch_size": 2}, {"validation": (X, y), "patience": 1}], ids=str)
@pytest.mark.parametrize("solver", SOLVERS)
def test_what_is_given_is_not_changed(solver: str, settings: dict[str, Any], engine: str) -> None:
    if SOLVERS[solver].full_batch and "batch_size" in settings:
        settings = {}
    population, weight = NETWORK.population(2, dtype="float64"), np.linspace(1, 2, 6)
    given = (population.theta, population.keys, X, y, weight)
    before = [array.copy() for array in given]
    result = train(population, X, y, sample_weight=weight, solver=solver, epochs=3, engine=engine, **settings)
    assert all(np.array_equal(now, then) for now, then in zip(given, before, strict=True))
    assert not np.array_equal(result.population.theta, population.theta)
    assert not np.shares_memory(result.population.theta, population.theta)


@pytest.mark.parametrize("solver", SOLVERS)
def test_solvers_along_a_line_work_in_float64_unless_told(solver: str) -> None:
    expected = "float32" if SOLVERS[solver].takes_learning_rate else "float64"
    assert train(NETWORK, X, y, solver=solver, epochs=1).population.theta.dtype == expected
    told = train(NETWORK, X, y, solver=solver, epochs=1, dtype="float32").population
    assert told.theta.dtype == np.float32


def test_a_population_keeps_its_dtype() -> None:
    population = NETWORK.population(2, dtype="float64")
    assert train(population, X, y, epochs=1).population.theta.dtype == np.float64
    assert train(population, X, y, epochs=1, dtype="float64", starts=2).population.size == 2


@every_engine
def test_numbers_for_each_member(engine: str) -> None:
    population, numbers = NETWORK.population(3, dtype="float64"), {"l2": [0, 1, 2], "l1": [0.5, 0, 1]}
    numbers |= {"weight_decay": [0.0, 0.1, 0.2], "learning_rate": [1e-3, 1e-2, 1e-1]}
    together = train(population, X, y, epochs=3, engine=engine, **numbers)
    for p in range(3):
        own = {name: value[p] for name, value in numbers.items()}
        alone = train(population.members(p), X, y, epochs=3, engine=engine, **own)
        assert np.array_equal(alone.population.theta[0], together.population.theta[p])
    assert together.history.learning_rate.tolist() == numbers["learning_rate"]


def test_a_solver_with_hyper_parameters_of_its_own() -> None:
    plain, other = (
        train(NETWORK, X, y, solver=s, epochs=3).population.theta for s in ("adam", Adam(beta1=0.5))
    )
    assert not np.array_equal(plain, other)


@pytest.mark.parametrize("solver", [name for name, solver in SOLVERS.items() if solver.takes_learning_rate])
def test_the_default_rate_is_that_of_the_solver(solver: str) -> None:
    default = train(NETWORK, X, y, solver=solver, epochs=2)
    named = train(NETWORK, X, y, solver=solver, epochs=2, learning_rate=SOLVERS[solver].learning_rate)
    assert np.array_equal(default.population.theta, named.population.theta)


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_of_samples_are_without_penalty_and_dropout(loss: str) -> None:
    network = Network(2, [Dropout(0.5), Dense(3, "tanh"), Dense(2)], loss)
    population, targets = network.population(3, dtype="float64"), np.eye(2)[[0, 1, 1, 0, 1, 0]]
    expected = network.criterion.value(population.outputs(X).swapaxes(1, 2), targets.T)
    np.testing.assert_allclose(sample_losses(population, X, targets), expected, rtol=1e-14)


POPULATION = NETWORK.population(3)
# What is given instead of a good argument, and the beginning of the message.
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"network": "mlp"}, "train takes a Network or a Population first, got 'mlp'"),
    ({"network": None}, "train takes a Network or a Population first, got None"),
    ({"X": [["a", "b"]] * 6}, "X must be numbers, not text or dates ("),
    ({"X": X[:, :1]}, "X has 1 columns, the network takes 2; give it the columns that it was built for"),
    ({"X": X[:4]}, "X has 4 rows and y has 6; give one target for each row"),
    ({"X": X[:0]}, "X has no rows; at least one sample is needed"),
    ({"X": X[..., None]}, "X must have shape (N, n), one row for each sample, got (6, 2, 1); reshape it"),
    ({"X": np.where(X > 0, X, np.nan)}, "X has "),
    ({"X": X * 1e300}, "X reaches 1.30"),
    ({"y": None}, "y must have shape (N, n), one row for each sample, got (); reshape it"),
    ({"y": ["yes", "no"] * 3}, "y must be numbers, not text or dates ("),
    (
        {"y": np.c_[y, y]},
        "y has shape (6, 2), the network's 1 outputs need (6, 1); give one target column for each",
    ),
    ({"y": y * np.inf}, "y has 6 NaN or infinite values, the first at (0, 0); fill or drop them"),
    ({"starts": 0}, "starts must be a whole number ≥ 1, got 0"),
    ({"starts": 2.0}, "starts must be a whole number ≥ 1, got 2.0"),
    ({"starts": 2**32 + 1}, "start must be from 0 to 4294967295, got 4294967296"),
    (
        {"network": POPULATION, "starts": 5},
        "starts=5 was asked for with a population of 3; leave starts out, ",
    ),
    (
        {"network": POPULATION, "dtype": "float64"},
        "dtype=float64 was asked for with a population of float32; ",
    ),
    ({"seed": -1}, "seed must be an integer from 0 to 2**64 - 1, got -1"),
    ({"seed": None}, "seed must be an integer from 0 to 2**64 - 1, got None"),
    ({"solver": "adamm"}, "unknown solver 'adamm'; did you mean 'adam'? Known: adam, "),
    ({"solver": Adam}, "solver must be a name or an instance, got <class"),
    ({"learning_rate": 0}, "learning_rate must be positive, got 0"),
    ({"learning_rate": -0.1}, "learning_rate must be finite and not negative, got -0.1"),
    ({"learning_rate": "fast"}, "learning_rate must be one number or one for each of the 1 members: "),
    (
        {"learning_rate": [0.1, 0.2]},
        "learning_rate must be one number or one for each of the 1 members, got shape ",
    ),
    ({"learning_rate": 1e39}, "learning_rate reaches 1e+39, too large for float32"),
    (
        {"learning_rate": np.full(99, -1.0), "starts": 99},
        "learning_rate must be finite and not negative, got -1",
    ),
    ({"epochs": 0}, "epochs must be a whole number ≥ 1, got 0"),
    ({"epochs": 1e3}, "epochs must be a whole number ≥ 1, got 1000.0"),
    ({"batch_size": 0}, "batch_size must be a whole number ≥ 1, got 0"),
    ({"batch_size": 0.5}, "batch_size must be a whole number ≥ 1, got 0.5"),
    ({"l2": -1}, "l2 must be finite and not negative, got -1"),
    ({"l2": np.inf}, "l2 must be finite and not negative, got inf"),
    ({"l2": [[1.0]]}, "l2 must be one number or one for each of the 1 members, got shape (1, 1)"),
    ({"l1": np.nan}, "l1 must be finite and not negative, got nan"),
    ({"weight_decay": -1e-3}, "weight_decay must be finite and not negative, got -0.001"),
    ({"sample_weight": [1, 2]}, "sample_weight must have shape (6,) for all members, or (1, 6), got (2,)"),
    ({"sample_weight": "balanced"}, "sample_weight must be one number for each of the 6 samples: "),
    ({"sample_weight": -np.ones(6)}, "sample_weight must not be negative, got -1; leave a sample out with 0"),
    ({"validation": 0.2}, "validation must be (X, y) or (X, y, sample weights), got float"),
    ({"validation": (X,)}, "validation must be (X, y) or (X, y, sample weights), got 1 parts"),
    (
        {"validation": (X, y[:2])},
        "validation X has 6 rows and validation y has 2; give one target for each row",
    ),
    ({"validation": (X, y, np.zeros(6))}, "validation sample_weight is 0 for every sample of a member; "),
    ({"patience": 3}, "patience needs validation=(X, y) to watch; give it, or leave patience out"),
    ({"patience": 0, "validation": (X, y)}, "patience must be a whole number ≥ 1, got 0"),
    ({"tolerance": -1}, "tolerance must be a number ≥ 0, got -1"),
    ({"schedule": "cosin"}, "unknown schedule 'cosin'; did you mean 'cosine'? Known: constant, "),
    ({"clip_norm": 0}, "clip_norm must be a positive number or None, got 0"),
    ({"clip_norm": "1"}, "clip_norm must be a positive number or None, got '1'"),
    ({"batch_order": "random"}, "batch_order must be 'own' or 'shared', got 'random'"),
    ({"dtype": "float16"}, "dtype must be float32 or float64, got float16"),
    ({"dtype": "double precision"}, "dtype must be float32 or float64, got double precision"),
    ({"engine": "gpu"}, "unknown engine 'gpu'. Known: auto, "),
    ({"n_jobs": "all"}, "n_jobs must be a whole number other than 0 (-1: all cores), got 'all'"),
    ({"callback": 5}, "callback must be a function of the progress, got 5"),
    ({"solver": "scg", "learning_rate": 0.1}, "scg finds its own step length; leave learning_rate out"),
    ({"solver": "scg", "weight_decay": 0.1}, "scg cannot decay weights apart from its objective; use l2"),
    ({"solver": "lbfgs", "batch_size": 2}, "lbfgs needs the full batch at every step, got batch_size=2; "),
    (
        {"solver": "lbfgs", "clip_norm": 1.0},
        "lbfgs searches along a line and cannot clip gradients; drop clip_norm",
    ),
    ({"augmentation": "elastic"}, "augmentation must be an Augmentation or None, got 'elastic'"),
    ({"augmentation": Augmentation()}, "augmentation needs minibatches, for images are new in every epoch; "),
    (
        {"augmentation": Augmentation(), "batch_size": 2},
        "augmentation deforms images, and the network takes samples of shape (2,); build it on theirs, as ",
    ),
    (
        {"solver": "scg", "network": Network(2, [Dense(3), Dropout(), Dense(1)])},
        "scg needs the same function at every step, and dropout changes it; use adam or sgd",
    ),
]


@pytest.mark.parametrize(("wrong", "message"), REFUSED)
def test_what_cannot_be_trained_is_refused_in_one_line(wrong: dict[str, Any], message: str) -> None:
    arguments = {"network": NETWORK, "X": X, "y": y, "epochs": 1} | wrong
    with pytest.raises(ShoalError) as error:
        train(**arguments)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_result_is_shown_in_three_lines() -> None:
    X = np.linspace(0, 1, 20)
    network = Network(1, [Dense(3, "tanh"), Dense(1)])
    result = train(network, X, X**2, starts=5, epochs=7, learning_rate=0.01)
    last = result.history.loss[:, -1]
    assert repr(result).splitlines() == [
        f"TrainingResult: {result.population!r}",
        f"loss {last.min():.4g} to {last.max():.4g} after 7 epochs",
        "ended: 5 at the last epoch",
    ]
