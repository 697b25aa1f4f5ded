"""The words of a choice among six networks, whose losses are made up."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.lab.answers import Answers
from shoal.lab.choosing import choice, chosen_network, in_words, opened, told, trials
from shoal.lab.course import Course
from shoal.lab.design import Design, Knobs
from shoal.training.stopping import Reason

LOSSES = np.array([0.5, 0.4, 0.6, 0.3, 0.35, np.inf])
"""Of two sizes, 1 and 3 hidden units, with three starts each; the last has grown without bounds."""


@pytest.fixture
def course() -> Course:
    made = Course(Design(hidden=(1, 3), starts=3, epochs=10), Knobs())
    error = np.array([0.01] * 3 + [0.2] * 3)  # of two losses it is half of what they differ by
    two = np.stack([LOSSES - error, LOSSES + error], axis=1)
    made._answers = Answers(np.zeros((6, 1, 1)), LOSSES / 2, LOSSES, two)
    return made


def lose(course: Course, place: int) -> None:
    course.runs[place].history.stopped[:] = Reason.DIVERGED


def test_a_loss_without_end_is_a_network_that_diverged(course: Course) -> None:
    table = trials(course)
    assert table["diverged"].tolist() == [False] * 5 + [True]
    assert table["parameters"].tolist() == [4] * 3 + [10] * 3
    np.testing.assert_array_equal(table["validation_loss"], [*LOSSES[:5], np.nan])


def test_networks_are_numbered_start_by_start(course: Course) -> None:
    found = choice(course, "best")
    assert found is not None
    assert chosen_network(course, found) == 3
    smaller = choice(course, "one-se")  # within 0.3 ± 0.2 is the best of the smaller size
    assert smaller is not None
    assert chosen_network(course, smaller) == 1
    shown = told(course, smaller)
    assert shown is not None
    assert (shown["network"], shown["best"], shown["loss"]) == (1, 3, 0.4)


def test_a_size_is_told_by_its_starts(course: Course) -> None:
    found = choice(course, "best")
    assert in_words(course, 0, found) == [
        "3 starts with 1 hidden unit: validation error 0.400 from the best, 0.500 from the median, "
        "0.600 from the worst."
    ]
    assert in_words(course, 5, found)[1:] == ["1 of them diverged."]
    lose(course, 1)
    assert in_words(course, 5, choice(course, "best")) == ["All 3 starts with 3 hidden units have diverged."]


def test_where_all_diverged_nothing_is_chosen(course: Course) -> None:
    lose(course, 0)
    lose(course, 1)
    assert choice(course, "best") is None
    assert told(course, None) is None
    assert in_words(course, 0, None) == [
        "Every network has diverged: turn the learning rate down, and begin anew."
    ]


def test_a_test_says_by_how_much_validation_promised_too_much(course: Course) -> None:
    best, smaller = choice(course, "best"), choice(course, "one-se")
    assert best is not None
    assert smaller is not None
    said = opened(course, 0, best)
    assert "validation had promised 0.300, the smallest of 6 and so likely too small" in said.sentence
    assert said.sentence.endswith(" The noise alone makes 0.090.")  # 0.3²
    assert "had promised 0.400, one of the smallest of 6" in opened(course, 0, smaller).sentence
