from __future__ import annotations

import numpy as np

from shoal.data.targets.task import TargetEncoder
from shoal.jobs.judging.examples import examples, told


def test_of_classes_one_in_three_is_mistaken_the_surest_first() -> None:
    scores = np.tile([0.9, 0.1], (30, 1))
    scores[[3, 7, 11, 19], 0] = [0.6, 0.95, 0.7, 0.8]
    actual = np.zeros(30)
    actual[[3, 7, 11, 19]] = 1
    rows = examples(scores, actual, scores.argmax(axis=1), 0, 9)
    assert rows[:3] == [7, 19, 11]
    assert len(set(rows)) == 9
    assert (actual[rows[3:]] == 0).all()


def test_mistaken_are_rows_that_are_called_another_class_whichever_is_the_likeliest() -> None:
    scores, actual = np.tile([0.9, 0.1], (30, 1)), np.zeros(30)
    called = np.where(np.arange(30) % 10 == 4, 1, 0)
    rows = examples(scores, actual, called, 0, 9)
    assert sorted(rows[:3]) == [4, 14, 24]
    assert (called[rows[3:]] == 0).all()


def test_where_few_are_right_more_are_mistaken() -> None:
    scores, actual = np.tile([0.9, 0.1], (8, 1)), np.array([1, 1, 1, 1, 1, 1, 0, 0])
    rows = examples(scores, actual, scores.argmax(axis=1), 0, 6)
    assert len(rows) == 6
    assert {6, 7} <= set(rows)


def test_of_numbers_the_largest_errors_come_first() -> None:
    scores, actual = np.arange(20.0), np.arange(20.0)
    scores[[4, 9]] += [-5, 7]
    rows = examples(scores, actual, None, 1, 6)
    assert rows[:2] == [9, 4]
    assert len(set(rows)) == 6


def test_what_a_sample_is_and_is_called() -> None:
    classes = TargetEncoder("kind", "classification", ("cat", "dog"))
    assert told(classes, 1, 0) == ("dog", "cat")
