from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import shoal
from shoal.engines import ENGINES
from shoal.errors import ConfigurationError, ShoalError
from shoal.layers import Dense, Dropout
from shoal.populations.network import Network
from shoal.training.problem import Progress
from shoal.training.recipe import Recipe
from shoal.training.stopping import Reason

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 2))
y = X[:, 0] * X[:, 1]
NETWORK = Network(2, [Dense(4, "tanh"), Dense(1)])

every_engine = pytest.mark.parametrize("engine", ENGINES)
SETTINGS: dict[str, dict[str, Any]] = {
    "full batch": {},
    "minibatches": {"batch_size": 7, "schedule": "cosine"},
    "early stopping": {"batch_size": 7, "validation": (X[:9], y[:9]), "patience": 2, "learning_rate": 0.05},
    "scg": {"solver": "scg"},
    "lbfgs": {"solver": "lbfgs", "l2": [0.0, 0.1, 1.0]},
}


def begin(**settings: Any) -> shoal.Run:
    return shoal.begin(NETWORK, X, y, **({"starts": 3, "epochs": 12} | settings))


@every_engine
@pytest.mark.parametrize("name", SETTINGS)
def test_a_run_that_is_stepped_is_train(name: str, engine: str) -> None:
    settings = {"starts": 3, "epochs": 12, "engine": engine, **SETTINGS[name]}
    result = shoal.train(NETWORK, X, y, **settings)
    run = begin(**settings)
    seen = []
    while not run.done:
        run.advance()
        seen.append(run.epoch)
    assert seen == list(range(1, max(result.history.epochs) + 1))
    np.testing.assert_array_equal(run.population.theta, result.population.theta)
    np.testing.assert_array_equal(run.history.loss, result.history.loss)
    assert run.history.reasons == result.history.reasons
    run.advance(5)  # there is nothing left to do
    np.testing.assert_array_equal(run.population.theta, result.population.theta)


@every_engine
def test_a_population_taken_in_between_does_not_train_on(engine: str) -> None:
    run = begin(engine=engine)
    run.advance(3)
    there, theta = run.population, run.population.theta.copy()
    run.finish()
    assert run.epoch == run.step == 12
    np.testing.assert_array_equal(there.theta, theta)
    assert there.predict(X).shape == (3, 30, 1)
    assert not np.array_equal(run.population.theta, theta)


@every_engine
def test_going_back_and_training_otherwise(engine: str) -> None:
    run = begin(engine=engine, batch_size=7)
    run.advance(4)
    there = run.snapshot()
    run.finish()
    straight = run.population.theta
    run.restore(there)
    run.set(learning_rate=[0.1, 0.01, 0.001], l2=2.0)
    run.finish()
    assert not np.isclose(run.population.theta, straight).all(axis=1).any()
    run.restore(there)  # with the strengths of then
    run.finish()
    np.testing.assert_array_equal(run.population.theta, straight)


@every_engine
@pytest.mark.parametrize("name", SETTINGS)
def test_a_fork_goes_on_to_the_same_bits_and_neither_run_hears_of_the_other(name: str, engine: str) -> None:
    straight, run = (begin(engine=engine, **SETTINGS[name]) for _ in range(2))
    for one in (straight, run):
        one.advance(2)
        one.set(l2=0.1)  # with what was set before
        one.advance(2)
    other, strayed = run.fork(), run.fork()
    strayed.set(l2=10.0)
    strayed.advance(8)
    for one in (straight, run, other):
        one.advance(8)
        np.testing.assert_array_equal(one.population.theta, straight.population.theta)
        np.testing.assert_array_equal(one.history.loss, straight.history.loss)
    assert not np.array_equal(strayed.population.theta, straight.population.theta)


@every_engine
def test_a_snapshot_without_losses_has_all_else(engine: str) -> None:
    run = begin(engine=engine, validation=(X[:9], y[:9]))
    run.advance(4)
    lean, whole = run.snapshot(losses=False), run.snapshot()
    assert lean.history.validation_loss is not None
    assert lean.history.loss.shape == lean.history.validation_loss.shape == (3, 0)
    assert begin(engine=engine).snapshot(losses=False).history.validation_loss is None
    with pytest.raises(ConfigurationError, match="and 0 epochs, the run of"):
        run.restore(lean)
    run.finish()
    straight = run.history.loss.copy()
    history = dataclasses.replace(
        lean.history, loss=whole.history.loss, validation_loss=whole.history.validation_loss
    )
    run.restore(dataclasses.replace(lean, history=history))
    assert run.history.epochs.tolist() == [4, 4, 4]
    run.finish()
    np.testing.assert_array_equal(run.history.loss, straight)


@every_engine
def test_members_that_had_converged_train_on_under_another_strength(engine: str) -> None:
    run = begin(engine=engine, solver="scg", tolerance=1e3)
    run.advance()
    assert run.history.converged.all()
    loss = run.history.loss[:, :1].copy()
    run.set(l2=1e-3)
    run.advance()
    assert run.history.epochs.tolist() == [2, 2, 2]
    np.testing.assert_array_equal(run.history.loss[:, :1], loss)


@every_engine
def test_members_are_stopped_by_number_or_by_a_mask(engine: str) -> None:
    run = begin(engine=engine)
    run.advance(2)
    run.stop(0)
    run.advance(2)
    run.stop([False, True, False])
    run.finish()
    assert run.history.epochs.tolist() == [2, 4, 12]
    assert run.history.stopped.tolist() == [Reason.INTERRUPTED, Reason.INTERRUPTED, Reason.EPOCHS]


@every_engine
def test_finish_tells_of_every_epoch_that_is_left(engine: str) -> None:
    run, told = begin(engine=engine), list[Progress]()
    run.advance(9)
    run.finish(told.append)
    assert [progress.epoch for progress in told] == [10, 11, 12]


@every_engine
def test_the_last_epochs_of_a_run_need_no_memory_of_the_first(engine: str) -> None:
    network = Network(2, [Dense(6, "relu"), Dropout(0.3), Dense(1)])
    whole = shoal.begin(network, X, y, starts=2, epochs=8, batch_size=9, engine=engine)
    there = None
    for _ in range(4):
        whole.advance(2)
        there = there or (whole.snapshot() if whole.epoch == 4 else None)
    assert there is not None
    rest = shoal.begin(network, X, y, starts=2, epochs=8, batch_size=9, engine=engine)
    rest.restore(there)
    rest.advance(4)
    np.testing.assert_array_equal(rest.population.theta, whole.population.theta)


REFUSED = [
    (lambda run: run.advance(0), "epochs must be a whole number ≥ 1, got 0"),
    (lambda run: run.advance(1.5), "epochs must be a whole number ≥ 1, got 1.5"),
    (lambda run: run.stop(3), "members are chosen by number, 0 to 2, or by a mask of 3: "),
    (lambda run: run.set(weight_dacay=1), "unknown strength of a run 'weight_dacay'; did you mean 'weight_d"),
    (lambda run: run.set(epochs=3), "unknown strength of a run 'epochs'"),
    (lambda run: run.set(l2=-1), "l2 must be finite and not negative, got -1"),
    (lambda run: run.set(l1=[1, 2]), "l1 must be one number or one for each of the 3 members, got "),
    (lambda run: run.set(learning_rate=0), "learning_rate must be positive, got 0"),
    (lambda run: run.restore(begin(starts=2).snapshot()), "the snapshot is of (2, 17) parameters and 12 "),
    (lambda run: run.restore(begin(epochs=5).snapshot()), "the snapshot is of (3, 17) parameters and 5 "),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_a_run_refuses(wrong: Any, message: str) -> None:
    run = begin()
    with pytest.raises(ShoalError) as error:
        wrong(run)
    assert str(error.value).startswith(message)
    np.testing.assert_array_equal(run.population.theta, begin().population.theta)


def test_a_solver_that_finds_its_own_step_has_no_rate_to_set() -> None:
    with pytest.raises(ConfigurationError, match="scg finds its own step length"):
        begin(solver="scg").set(learning_rate=0.1)


def test_a_recipe_and_what_goes_before_it() -> None:
    recipe = Recipe(solver="sgd", epochs=7, l2=0.5)
    run = shoal.begin(NETWORK, X, y, recipe, epochs=3)
    assert run.recipe == Recipe(solver="sgd", epochs=3, l2=0.5)
    result = shoal.train(NETWORK, X, y, recipe)
    expected = shoal.train(NETWORK, X, y, solver="sgd", epochs=7, l2=0.5)
    np.testing.assert_array_equal(result.population.theta, expected.population.theta)


def test_a_run_is_shown_in_three_lines() -> None:
    X = np.linspace(0, 1, 20)
    run = shoal.begin(Network(1, [Dense(3, "tanh"), Dense(1)]), X, X**2, starts=5, epochs=9)
    assert repr(run).splitlines() == [
        "Run at epoch 0 of 9, 5 of 5 train on",
        repr(run.population),
        "no epoch trained",
    ]
    run.advance(2)
    run.stop([0, 3])
    assert repr(run).splitlines()[0] == "Run at epoch 2 of 9, 3 of 5 train on, ended: 2 interrupted"
    assert repr(run).splitlines()[2].endswith(" after 2 epochs")
