"""Marks of a course that is made up: what is kept of where it stood, and the losses put back into it."""

from __future__ import annotations

import numpy as np
import pytest

from shoal import Dense, Network, begin
from shoal.lab.marks import Marks, losses_of, with_losses


def course(epochs: int, most: int = 8, first: int = 0) -> Marks[int]:
    """Marks of a course that steps as it is halted, each the square of its epoch."""
    marks, epoch = Marks[int](first), first
    marks.keep(epoch, epoch**2, most)
    while (epoch := marks.halt(epoch)) <= epochs:
        marks.keep(epoch, epoch**2, most)
    return marks


@pytest.mark.parametrize("first", [0, 7])
@pytest.mark.parametrize("epochs", [10, 80, 90, 1_000, 12_345])
def test_a_course_of_any_length_has_no_more_marks_than_it_may(epochs: int, first: int) -> None:
    marks = course(epochs, first=first)
    kept = [epoch for epoch in range(epochs + 1) if epoch in marks]
    assert len(marks) == len(kept) <= 8
    assert [marks[epoch] for epoch in kept] == [epoch**2 for epoch in kept]
    assert kept[0] == first  # where it began is kept however long it gets
    apart = set(np.diff(kept[1:]).tolist())  # whoever rewinds replays no more than one such stretch
    assert len(apart) <= 1
    assert all(epoch % 10 == 0 for epoch in kept[1:])


def test_a_mark_is_due_where_the_course_is_halted_and_once() -> None:
    marks = course(200)
    halt = marks.halt(203)
    assert halt > 203
    assert marks.is_due(halt)
    assert not any(marks.is_due(epoch) for epoch in range(204, halt))
    marks.keep(halt, 0)
    assert not marks.is_due(halt)


def test_the_last_mark_is_the_one_at_or_before() -> None:
    marks = course(60)
    assert [marks.last(epoch) for epoch in (0, 9, 10, 25, 1_000)] == [0, 0, 10, 20, 60]
    assert Marks[int]().last(5) is None


def test_later_marks_are_forgotten_and_a_twin_does_not_notice() -> None:
    marks = course(60)
    twin = marks.copy()
    marks.forget_after(30)
    assert (marks.last(99), twin.last(99)) == (30, 60)
    assert twin.halt(60) == marks.halt(60)


def test_one_mark_would_be_none_to_choose_among() -> None:
    marks = Marks[str]()
    marks.keep(0, "begun", most=1)
    assert len(marks) == 0


@pytest.mark.parametrize("validated", [False, True])
def test_a_snapshot_gets_back_the_losses_that_it_had(validated: bool) -> None:
    X = np.linspace(-1, 1, 12)[:, None]
    y = X**2
    population = Network(1, [Dense(3), Dense(1)]).population(2, seed=0)
    run = begin(population, X, y, epochs=6, validation=(X[:4], y[:4]) if validated else None)
    run.advance(4)
    early, bare = run.snapshot(), run.snapshot(losses=False)
    run.advance(2)
    losses = losses_of(run.history)
    again = with_losses(bare, losses, 4).history
    np.testing.assert_array_equal(again.loss, early.history.loss)
    if early.history.validation_loss is not None:
        np.testing.assert_array_equal(again.validation_loss, early.history.validation_loss)
    assert np.isfinite(losses[0]).all()  # the longer course has kept its own
    assert (losses[1] is not None) is validated
