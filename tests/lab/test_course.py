from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import shoal
from shoal.errors import ConfigurationError
from shoal.lab.course import Course
from shoal.lab.design import Design, Knobs
from shoal.shapes import Array

SMALL = {"hidden": (1, 3), "starts": 3, "epochs": 200}


def course(knobs: Knobs | None = None, **settings: Any) -> Course:
    return Course(Design(**(SMALL | settings)), knobs or Knobs())


def bits(course: Course) -> list[Array]:
    """Return all that is seen of a course at its epoch: parameters, and losses so far."""
    found = []
    for run in course.runs:
        assert run.history.validation_loss is not None
        found += [run.population.theta, run.history.loss.copy(), run.history.validation_loss.copy()]
    return found


def assert_same(one: list[Array], other: list[Array]) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("solver", ["scg", "lbfgs", "adam", "sgd"])
def test_a_course_in_pieces_is_the_training_that_train_does(solver: str) -> None:
    lab = course(solver=solver)
    for epochs in 1, 7, 30, 2:
        lab.advance(epochs)
    for run, hidden in zip(lab.runs, lab.design.hidden, strict=True):
        network = lab.design.network(lab.design.hidden.index(hidden), lab.material)
        first = network.population(3, 0, candidate=hidden, dtype="float64")
        data = lab.material.train
        whole = shoal.train(first, data.X, data.y, solver=solver, epochs=40)
        np.testing.assert_array_equal(run.population.theta, whole.population.theta)
        np.testing.assert_array_equal(run.history.loss[:, :40], whole.history.loss)


TURNS: list[dict[str, Any]] = [
    {"l2": 0.1},
    {"samples": 30},
    {"noise": 0.5},
    {"l2": 1.0, "samples": 10},
]


@pytest.mark.parametrize(
    ("solver", "turns"),
    [
        ("scg", TURNS),
        ("lbfgs", TURNS),
        (
            "adam",
            [
                *TURNS,
                {"learning_rate": 0.05},
                {"dropout": 0.2},
                {"weight_decay": 0.01},
                {"learning_rate": None},
            ],
        ),
    ],
)
def test_every_epoch_is_the_same_again_whatever_was_turned(solver: str, turns: list[dict[str, Any]]) -> None:
    lab = course(solver=solver)
    seen = {0: bits(lab)}
    for turn in turns:
        for _ in range(4):
            lab.advance(3)
            seen[lab.epoch] = bits(lab)
        lab.turn(lab.knobs.turned(turn))
        seen[lab.epoch] = bits(lab)
    lab.advance(5)
    seen[lab.epoch] = bits(lab)
    last = lab.epoch
    for epoch in (*sorted(seen, reverse=True), *seen, 6, last, 0, last):
        lab.seek(epoch)
        assert lab.epoch == epoch
        assert_same(bits(lab), seen[epoch])
    lab.advance(10)
    assert lab.epoch == last + 10


def test_turning_forgets_what_had_come_after() -> None:
    lab = course()
    lab.advance(40)
    lab.turn(lab.knobs.turned({"l2": 0.5}))
    lab.advance(40)
    lab.seek(20)
    lab.turn(lab.knobs.turned({"l2": 2.0}))
    assert (lab.furthest, list(lab.journal)) == (20, [20])
    lab.advance(30)
    there = bits(lab)
    lab.seek(10)
    assert lab.knobs.l2 == 0
    lab.seek(50)
    assert_same(bits(lab), there)
    other = course()
    other.advance(20)
    other.turn(other.knobs.turned({"l2": 2.0}))
    other.advance(30)
    assert_same(bits(other), there)


def test_a_fork_goes_on_as_if_there_had_been_none() -> None:
    straight, lab = course(), course()
    straight.advance(60)
    lab.advance(25)
    twin = lab.fork()
    twin.turn(twin.knobs.turned({"l2": 1.0}))
    twin.advance(35)
    lab.advance(35)
    assert_same(bits(lab), bits(straight))
    assert not np.allclose(bits(lab)[0], bits(twin)[0])
    lab.seek(10)
    twin.seek(10)
    assert_same(bits(lab), bits(twin))


def test_snapshots_grow_fewer_rather_than_many() -> None:
    lab = course(epochs=2000, hidden=(1,), solver="sgd")
    lab.advance(1500)
    assert len(lab._marks) <= 48
    there = bits(lab)
    lab.seek(701)
    lab.seek(1500)
    assert_same(bits(lab), there)


def test_what_a_solver_refuses_changes_nothing() -> None:
    lab = course()
    lab.advance(5)
    before = bits(lab)
    with pytest.raises(ConfigurationError, match="cannot decay weights"):
        lab.turn(lab.knobs.turned({"weight_decay": 0.1}))
    with pytest.raises(ConfigurationError):
        lab.turn(lab.knobs.turned({"dropout": 0.5}))
    assert lab.knobs == Knobs()
    assert lab.journal == {}
    assert_same(bits(lab), before)
    assert lab.epoch == 5


def test_it_ends_with_its_epochs() -> None:
    lab = course(epochs=30)
    lab.advance(100)
    assert lab.epoch == 30
