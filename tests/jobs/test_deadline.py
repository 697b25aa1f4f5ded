from __future__ import annotations

import math

import pytest

from shoal.jobs.deadline import Deadline


def test_a_deadline_knows_what_is_left() -> None:
    now = [50.0]
    deadline = Deadline(10.0, began=48.0, clock=lambda: now[0])
    assert (deadline.elapsed, deadline.left(), deadline.left(reserve=3.0)) == (2.0, 8.0, 5.0)
    now[0] = 60.0
    assert deadline.left() == -2.0


def test_without_an_end_there_is_time() -> None:
    deadline = Deadline(None, began=0.0, clock=lambda: 1e9)
    assert deadline.left(reserve=1e6) == math.inf
    assert deadline.sooner(5.0).left() == math.inf


def test_an_earlier_stage_has_an_earlier_end_by_the_same_clock() -> None:
    deadline = Deadline(10.0, began=0.0, clock=lambda: 4.0)
    assert deadline.sooner(3.0).left() == pytest.approx(3.0)


def test_a_deadline_begins_when_it_is_made() -> None:
    now = [7.0]
    deadline = Deadline(10.0, clock=lambda: now[0])
    now[0] = 9.0
    assert deadline.elapsed == 2.0
