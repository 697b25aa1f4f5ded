from __future__ import annotations

from typing import cast
from unittest.mock import Mock

import numpy as np
import pytest

from shoal.errors import CapacityError
from shoal.jobs.memory import room as module
from shoal.jobs.memory.footprint import Allowance, bytes_of_predictions
from shoal.jobs.memory.room import LATER, Room
from shoal.jobs.prepared import Prepared, Subset
from shoal.selection.cohorts.design import StudyPlan

GIB = 2**30


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "resident_bytes", lambda: GIB)
    monkeypatch.setattr(module, "peak_bytes", lambda: 2 * GIB)
    monkeypatch.setattr(module, "cores", lambda: 4)
    monkeypatch.setattr(module, "SLACK", 1.0)
    monkeypatch.setattr(module, "MARGIN", 1.0)


def room(most: int | None, cohorts: int = 100, validation: int = 0, outputs: int = 1) -> Room:
    X = np.zeros((1, 8))
    part = Subset(X, X[:, 0])
    parts = Mock(
        train=part, validation=part if validation else None, test=part, loss=("", outputs), following=0
    )
    return Room(Allowance(most, "so much is there"), cast("Prepared", parts), StudyPlan(9, cohorts, "", GIB))


@pytest.mark.parametrize(
    ("most", "cohorts", "workers"),
    [(None, 100, 4), (9, 100, 4), (4, 100, 3), (3, 100, 2), (2, 100, 1), (3, 2, 4)],
)
def test_there_are_as_many_threads_as_there_is_room_for(most: int | None, cohorts: int, workers: int) -> None:
    assert room(most and most * GIB + LATER, cohorts).workers(4) == workers


def test_fewer_threads_than_asked_for_are_told() -> None:
    assert room(9 * GIB).sentence(4) == ()
    assert room(3 * GIB + LATER).sentence(4) == ("There is memory for 2 of 4 cores: so much is there.",)


def test_no_room_for_a_single_thread_is_an_error() -> None:
    with pytest.raises(
        CapacityError, match=r"needs about 2\.0 GiB with the data, and so much is there; allow"
    ):
        room(2 * GIB + LATER - 1).workers(4)


def test_what_is_told_is_the_most_of_all_stages() -> None:
    assert room(None).bytes(3) == 4 * GIB + LATER
    assert room(None, cohorts=1).bytes(3) == 2 * GIB + LATER
    assert room(None, validation=1).bytes(3) == 4 * GIB + LATER + 2 * 8 * 8


def test_predictions_of_many_classes_may_be_the_most() -> None:
    outputs = 2**26  # of a row held out for 8 bytes each, and of one for the test for thrice as many
    assert room(None, outputs=outputs).bytes(1) == GIB + LATER + bytes_of_predictions(1, 1, outputs)
    assert bytes_of_predictions(1, 1, outputs) > 2 * GIB


def test_what_follows_the_study_may_be_the_most_and_costs_no_thread() -> None:
    told = room(3 * GIB + LATER)
    told.prepared.following = 5 * GIB  # type: ignore[misc]
    assert told.bytes(2) == 6 * GIB + LATER
    assert told.workers(4) == 2


def test_what_is_told_has_a_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MARGIN", 1.5)
    assert room(None).bytes(3) == 1.5 * (4 * GIB + LATER)


def test_reading_may_have_been_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "peak_bytes", lambda: 9 * GIB)
    assert room(None).bytes(1) == 9 * GIB


def test_on_all_cores_threads_take_turns() -> None:
    """Ten cohorts on four cores end sooner in two rounds of five."""
    assert room(None, cohorts=10).bytes(4) == 6 * GIB + LATER
    assert room(None, cohorts=10).bytes(3) == 4 * GIB + LATER


def test_threads_are_given_some_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLACK", 1.5)
    assert room(None).bytes(2) == 4 * GIB + LATER
