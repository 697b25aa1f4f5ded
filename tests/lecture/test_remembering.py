from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.layers import GRU, LSTM, RNN
from shoal.lecture.remembering import CELLS, CONSTANT, adding
from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]
PLAIN, GATED = list(CELLS).index(RNN), list(CELLS).index(GRU)


def test_a_gated_network_remembers_for_long_and_a_plain_one_does_not(computed: Computed) -> None:
    study, found = computed("sequences")
    assert found.errors.shape[:3] == (3, len(study.steps), study.starts)
    last = np.median(found.last, axis=-1)
    assert last[:, 0].max() < 0.3 * CONSTANT
    assert last[GATED, 1] < 0.1 * CONSTANT
    assert 0.8 * CONSTANT < last[PLAIN, 1] < 1.2 * CONSTANT


def test_who_always_says_one_errs_as_is_said() -> None:
    _, y = adding(20_000, 4, seed=0, part=0)
    assert abs(np.square(y - 1).mean() / CONSTANT - 1) < 0.04


def test_one_number_is_marked_in_either_half_and_what_is_asked_for_is_their_sum() -> None:
    X, y = adding(500, 7, seed=1, part=0)
    marks = X[:, 1].astype(bool)
    assert (marks[:, :3].sum(axis=1) == 1).all()
    assert (marks[:, 3:].sum(axis=1) == 1).all()
    assert marks.any(axis=0).all()
    np.testing.assert_array_equal(X[:, 0][marks].reshape(-1, 2).sum(axis=1), y)


def test_other_sequences_judge() -> None:
    assert not np.isin(adding(50, 5, 0, 0)[1], adding(50, 5, 0, 1)[1]).any()


def test_every_kind_of_cell_is_there() -> None:
    assert list(CELLS) == [RNN, GRU, LSTM]
