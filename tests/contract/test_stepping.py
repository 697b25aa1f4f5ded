"""A training in chunks is the training in one go, and goes back to where it was, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.engines.base import Training
from shoal.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, Layer
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.shapes import Array
from shoal.solvers import SOLVERS
from shoal.solvers.adam import Adam
from shoal.solvers.base import Solver
from shoal.solvers.gradient_descent import GradientDescent
from shoal.solvers.rmsprop import RMSprop
from shoal.solvers.sgd import SGD
from shoal.training.augmentation import Augmentation
from shoal.training.problem import GivenOrders, Problem, Samples, Snapshot
from shoal.training.recipe import Recipe, only
from shoal.training.stopping import Plateau, Reason

P, N, EPOCHS = 5, 40, 6
# Below and above what decides whether a lane is a network or a sample; neither divides the samples.
BATCHES = [9, 34]
FIRST_ORDER: list[Solver] = [SGD(0.0), SGD(0.9, nesterov=True), Adam(epsilon_hat=True), RMSprop()]

every_engine = pytest.mark.parametrize("engine", ENGINES)
every_first_order_solver = pytest.mark.parametrize("solver", FIRST_ORDER, ids=lambda solver: solver.name)
both_batches = pytest.mark.parametrize("batch_size", BATCHES)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def population(layers: list[Layer] | None = None, dtype: str = "float64") -> Population:
    hidden = [Dense(4, "tanh")] if layers is None else layers
    return Network(3, [*hidden, Dense(2)]).population(P, seed=1, dtype=dtype)


def samples(n: int, seed: int, dtype: str, weighted: bool = True) -> Samples:
    rng = np.random.default_rng(seed)
    s = rng.uniform(0.5, 2, size=(P, n)) if weighted else np.ones((1, n))
    return Samples(*(a.astype(dtype) for a in (rng.normal(size=(n, 3)), rng.normal(size=(2, n)), s)))


def strengths(rate: Array) -> dict[str, Array]:
    return only(P, l2=np.linspace(0, 0.2, P), learning_rate=rate)


def problem(dtype: str = "float64", **settings: Any) -> Problem:
    given = {
        "train": samples(N, 0, dtype),
        "validation": samples(11, 1, dtype, weighted=False),
        "strengths": strengths(np.linspace(0.01, 0.05, P)),
    }
    return Problem(**(given | settings))


def recipe(solver: str | Solver, batch_size: int | None = None, **settings: Any) -> Recipe:
    return Recipe(solver=solver, batch_size=batch_size, **({"epochs": EPOCHS, "seed": 3} | settings))


def begin(engine: str, members: Population, task: Problem, ways: Recipe) -> Training:
    return ENGINES[engine].begin(members.network, members.theta, members.keys, task, ways)


def equal(a: Snapshot | Training, b: Snapshot | Training) -> None:
    """Compare all that is known outside of two trainings."""
    assert (a.epoch, a.step) == (b.epoch, b.step)
    np.testing.assert_array_equal(a.theta, b.theta)
    np.testing.assert_array_equal(a.penalty, b.penalty)
    for mine, theirs in zip(a.history.arrays(), b.history.arrays(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


IMAGES: list[Layer] = [Conv2D(2, 2, "tanh"), Flatten()]
CASES: dict[str, tuple[list[Layer] | None, Recipe]] = {
    **{name: (None, recipe(name, epochs=9)) for name, solver in SOLVERS.items()},
    **{
        f"{name}-{batch}-{order}": (None, recipe(name, batch, batch_order=order))
        for name, solver in SOLVERS.items()
        if not solver.full_batch
        for batch in BATCHES
        for order in ("own", "shared")
    },
    "dropout": ([Dense(6, "relu"), Dropout(0.4)], recipe(Adam(), 9)),
    "dropout-full-batch": ([Dense(6, "relu"), Dropout(0.4)], recipe(Adam())),
    "batch-norm": ([Dense(5), BatchNorm(), Dense(3, "tanh")], recipe(Adam(), 9)),
    "wide": ([Dense(70, "gelu"), Dense(50, "tanh")], recipe(Adam(), 34)),
    "schedule": (None, recipe(SGD(), 9, schedule="cosine")),
    "clipping": (None, recipe(SGD(), 9, clip_norm=0.1)),
    "patience": (None, recipe(RMSprop(), 9, epochs=12, patience=2)),
    "patience-full-batch": (None, recipe("scg", epochs=12, patience=1)),
    "converges": (None, recipe("lbfgs", epochs=60, tolerance=1e-2)),
    "plateau": (None, recipe(Adam(), 9, epochs=12, plateau=Plateau(0.03, 1))),
}  # fmt: skip


def chunks(training: Training, sizes: tuple[int, ...] = (1, 2, 5, 100)) -> None:
    for size in sizes:
        training.advance(size, threads=2)


@every_engine
@both_dtypes
@pytest.mark.parametrize("case", CASES)
def test_chunks_are_the_whole(case: str, dtype: str, engine: str) -> None:
    layers, ways = CASES[case]
    members, task = population(layers, dtype), problem(dtype)
    whole, parts, at_once = (begin(engine, members, task, ways) for _ in range(3))
    whole.finish()
    at_once.advance(1000, threads=3)
    chunks(parts)
    equal(parts, at_once)
    assert not parts.active.any()
    np.testing.assert_array_equal(parts.theta, whole.theta)
    for mine, theirs in zip(parts.history.arrays(), whole.history.arrays(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@every_engine
@both_dtypes
@pytest.mark.parametrize("case", CASES)
def test_going_back_gives_the_same_again(case: str, dtype: str, engine: str) -> None:
    layers, ways = CASES[case]
    members, task = population(layers, dtype), problem(dtype)
    training, other = (begin(engine, members, task, ways) for _ in range(2))
    training.advance(3)
    there = training.snapshot()
    kept = there.copy()
    chunks(training, (2, 100))
    end = training.snapshot()
    assert there.epoch == 3 or not np.isfinite(there.history.loss[:, 2]).any()
    for again in training, other:  # another has trained nothing, or something else
        again.restore(there)
        equal(again, there)
        chunks(again, (1, 4, 100))
        equal(again, end)
    equal(there, kept)


@every_engine
@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_members_that_are_restored_have_not_moved(engine: str, epochs: int) -> None:
    """A solver that took them for moved would measure their curvature again, and round it in another way."""
    X = np.linspace(-2, 2, 48)[:, None]
    train = Samples(X, np.sin(2 * X).T, np.ones((1, 48)))
    task = problem(train=train, validation=None, strengths=only(12))
    members = Network(1, [Dense(4, "tanh"), Dense(1)]).population(12, dtype="float64")
    training, other = (begin(engine, members, task, recipe("scg", epochs=6)) for _ in range(2))
    training.advance(epochs)
    other.restore(training.snapshot())
    training.finish()
    other.finish()
    equal(other, training)


@every_engine
def test_images_are_deformed_as_in_one_go(engine: str) -> None:
    network = Network((1, 4, 4), [*IMAGES, Dense(2)])
    members = network.population(P, dtype="float64")
    train = replace(samples(N, 0, "float64"), X=np.random.default_rng(5).normal(size=(N, 16)))
    ways = recipe(Adam(), 9, augmentation=Augmentation(translate=1))
    whole, parts = (begin(engine, members, problem(train=train, validation=None), ways) for _ in range(2))
    whole.finish()
    chunks(parts)
    np.testing.assert_array_equal(parts.theta, whole.theta)


@every_engine
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_engines_remember_the_same(solver: str, engine: str) -> None:
    """So that one goes on where another stood; both are compared after a few steps, by their names."""
    ways = recipe(solver)
    reference = begin("reference", population(), problem(), ways)
    reference.advance(3)
    other = begin(engine, population(), problem(), ways)
    other.restore(reference.snapshot())
    for name, values in other.snapshot().memory.items():
        expected = reference.snapshot().memory[name]
        np.testing.assert_array_equal(values.reshape(expected.shape), expected, err_msg=name)
    assert other.snapshot().memory.keys() == reference.snapshot().memory.keys()
    for training in reference, other:
        training.advance(2)
    np.testing.assert_allclose(other.theta, reference.theta, rtol=1e-7, atol=1e-10)


@every_engine
@pytest.mark.parametrize("solver", ["sgd", "scg", "lbfgs"])
def test_strengths_change_in_between(solver: str, engine: str) -> None:
    """Trained to the end with another penalty: the minimum is that of a training with it alone."""
    ways = recipe(solver, epochs=400, tolerance=1e-7)
    rate, l2 = np.full(P, 0.05), np.linspace(2, 6, P)
    task = problem(
        validation=None,
        strengths=strengths(rate),
        train=samples(N, 0, "float64", weighted=False),
    )
    members = Network(3, [Dense(2)]).population(P, dtype="float64")  # of which J has one minimum
    changed = begin(engine, members, task, ways)
    changed.advance(2)
    changed.set({"l2": l2})
    changed.advance(400)
    expected = begin(engine, members, task.with_strengths({"l2": l2}), ways)
    expected.finish()
    np.testing.assert_allclose(changed.theta, expected.theta, atol=1e-4)
    np.testing.assert_allclose(
        changed.history.loss[np.arange(P), changed.history.epochs - 1],
        expected.history.loss[np.arange(P), expected.history.epochs - 1],
        rtol=1e-6,
    )


@every_engine
@both_batches
def test_every_strength_is_that_of_the_next_update(batch_size: int, engine: str) -> None:
    others = {
        "learning_rate": np.linspace(0.02, 0.1, P),
        "l2": np.linspace(1, 2, P),
        "l1": np.linspace(0.1, 0.3, P),
        "weight_decay": np.linspace(0.01, 0.02, P),
    }
    for name, values in others.items():
        changed = begin(engine, population(), problem(), recipe(GradientDescent()))
        changed.set({name: values})
        changed.advance(2)
        task = problem().with_strengths({name: values})
        expected = begin(engine, population(), task, recipe(GradientDescent()))
        expected.advance(2)
        np.testing.assert_array_equal(changed.theta, expected.theta)
        untouched = begin(engine, population(), problem(), recipe(GradientDescent()))
        untouched.advance(2)
        assert not np.array_equal(changed.theta, untouched.theta)


@every_engine
@pytest.mark.parametrize("patience", [None, 9])
def test_a_member_that_is_ended_outside_stays_as_it_is(patience: int | None, engine: str) -> None:
    ways = recipe(SGD(), 9, patience=patience)
    ended, whole = (begin(engine, population(), problem(), ways) for _ in range(2))
    whole.finish()
    ended.advance(2)
    there = ended.snapshot()
    who = np.arange(P) == 1
    ended.end(who, Reason.CONVERGED)
    best = there.theta if patience is None else there.best_theta
    np.testing.assert_array_equal(ended.theta[1], best[1])
    ended.advance(EPOCHS)
    np.testing.assert_array_equal(ended.theta[1], best[1])
    np.testing.assert_array_equal(ended.theta[~who], whole.theta[~who])
    assert ended.history.stopped.tolist() == [0, Reason.CONVERGED, 0, 0, 0]
    assert ended.history.epochs.tolist() == [6, 2, 6, 6, 6]


@every_engine
@both_batches
def test_a_member_that_diverged_is_said_to_have_ended(engine: str, batch_size: int) -> None:
    rate = np.linspace(0.01, 0.05, P)
    rate[3] = 1e300
    training = begin(
        engine,
        population(),
        problem(strengths=strengths(rate)),
        recipe(SGD(0.0), batch_size),
    )
    training.advance(1)
    assert training.history.stopped.tolist() == [0, 0, 0, Reason.DIVERGED, 0]
    assert training.active.tolist() == [True, True, True, False, True]


def drawn(epoch: int) -> Array:
    """Three orders of 37 of the 40 samples, (1, 3, 37)."""
    rngs = (np.random.default_rng([epoch, i]) for i in range(3))
    return np.stack([rng.permutation(N)[:37] for rng in rngs]).astype(np.uint32)[None]


def with_orders(engine: str, ways: Recipe, together: int, task: Problem) -> Training:
    """Return a training by the caller's own orders, of several epochs at a time."""
    training, which = begin(engine, population(), task, ways), np.array([0, 1, 0, 2, 1])
    for first in range(0, ways.epochs, together):
        epochs = range(first, min(first + together, ways.epochs))
        training.advance(
            len(epochs), 2, GivenOrders(np.concatenate([drawn(epoch) for epoch in epochs]), which)
        )
    return training


@every_first_order_solver
@both_batches
def test_the_engines_agree_on_the_callers_orders(solver: Solver, batch_size: int) -> None:
    ways, task = recipe(solver, batch_size), problem(validation=None, by_batch=True)
    expected = with_orders("reference", ways, 1, task)
    for engine in ENGINES:
        for together in 1, 4:
            found = with_orders(engine, ways, together, task)
            np.testing.assert_allclose(found.theta, expected.theta, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(found.history.loss, expected.history.loss, rtol=1e-9)
            np.testing.assert_allclose(found.penalty, expected.penalty, rtol=1e-9)
            assert found.step == expected.step == EPOCHS * -(-37 // batch_size)


@every_engine
def test_an_epoch_by_batch_is_worked_out_by_hand(engine: str) -> None:
    """One weight w = 1 without learning: loss ½ w²x², weights s; two batches, of two samples and of one."""
    members = Network(1, [Dense(1)]).population(1, dtype="float64")
    members.theta[:] = [[1.0, 0.0]]
    train = Samples(np.array([[1.0], [2.0], [3.0]]), np.zeros((1, 3)), np.array([[1.0, 3.0, 2.0]]))
    task = Problem(train, None, only(1, l2=0.8), by_batch=True)
    training = begin(engine, members, task, recipe(SGD(0.0), 2))
    training.advance(1, orders=GivenOrders(np.array([[[0, 1, 2]]], np.uint32), np.zeros(1, np.intp)))
    first, second = (1 * 0.5 + 3 * 2.0) / 4 + 0.4 / 4, 4.5 + 0.4 / 2
    np.testing.assert_allclose(training.history.loss[:, 0], (2 * first + 1 * second) / 3)
    np.testing.assert_allclose(training.penalty, (2 * 0.1 + 1 * 0.2) / 3)


@both_batches
def test_the_engines_end_whose_loss_is_on_a_plateau_and_remember_what_they_saw(batch_size: int) -> None:
    """Who is to gain 0.03 every third epoch ends after other epochs than the others do."""
    ways = recipe(Adam(), batch_size, epochs=9, plateau=Plateau(0.03, 2))
    task = problem(validation=None, by_batch=True)
    expected = with_orders("reference", ways, 4, task)
    assert len(set(expected.history.epochs)) > 2
    assert expected.watch is not None
    for engine in ENGINES:
        found = with_orders(engine, ways, 4, task)
        assert found.watch is not None
        np.testing.assert_array_equal(found.history.epochs, expected.history.epochs)
        np.testing.assert_array_equal(
            found.history.stopped, np.where(found.history.epochs < 9, Reason.CONVERGED, 0)
        )
        np.testing.assert_array_equal(found.watch.count, expected.watch.count)
        np.testing.assert_allclose(found.watch.best, expected.watch.best, rtol=1e-9)
        np.testing.assert_allclose(found.theta, expected.theta, rtol=1e-9, atol=1e-12)


@every_engine
def test_one_that_was_broken_off_is_as_it_was_before(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from shoal.training import objective

    training = begin(engine, population(), problem(), recipe(Adam(), 9))
    training.advance(2)
    there = training.snapshot()

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    if engine == "reference":
        monkeypatch.setattr(objective.BatchObjective, "__call__", broken)
    else:
        monkeypatch.setattr(training, "_compiled", type("Broken", (), {"advance": broken})())
    with pytest.raises(KeyboardInterrupt):
        training.advance(2)
    equal(training, there)
