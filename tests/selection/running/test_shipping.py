from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator

import numpy as np
import pytest

from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.selection.candidates.candidate import Form, grid
from shoal.selection.cohorts.cohort import CohortResult, run_cohort
from shoal.selection.cohorts.planning import Cohort, Member
from shoal.selection.cohorts.task import Conditions, Task
from shoal.selection.running import shipping
from shoal.selection.running.shipping import Hold, Lacking, Shipment, Stranger, keep, run_parcel
from shoal.training.recipe import Recipe

X, Y = np.linspace(-1, 1, 12)[:, None], np.linspace(0, 1, 12) ** 2


@pytest.fixture
def tasks() -> list[Task]:
    """Two tasks that share their data and not their rows."""
    recipe = Recipe(solver="scg", epochs=5, batch_order="shared", seed=0)
    network, members = Network(1, [Dense(2, "tanh"), Dense(1)]), (Member(grid([2], [0.0])[0], 0),)
    cohorts = [Cohort(index, Form((2,)), index, members, work=1.0) for index in range(2)]
    rows, conditions = np.arange(12), Conditions("float64")
    return [
        Task(cohort, network, recipe, conditions, X, Y, rows[rows % 2 == fold], rows[rows % 2 != fold])
        for fold, cohort in enumerate(cohorts)
    ]


@pytest.fixture(autouse=True)
def empty_worker() -> Iterator[None]:
    """Let this process be a worker that has not seen any study."""
    shipping._kept.clear()
    yield
    shipping._kept.clear()


def test_a_parcel_is_trained_as_its_task_would_be(tasks: list[Task]) -> None:
    shipment = Shipment(tasks)
    keep(shipment.freight)
    for task, parcel in zip(tasks, shipment.parcels, strict=True):
        result, expected = run_parcel(parcel), run_cohort(task)
        assert isinstance(result, CohortResult)
        assert result.index == expected.index
        np.testing.assert_array_equal(result.theta, expected.theta)
        np.testing.assert_array_equal(result.trials["validation_loss"], expected.trials["validation_loss"])


def test_arrays_travel_once_and_stay_with_the_worker(tasks: list[Task]) -> None:
    shipment = Shipment(tasks)
    assert [array.size for array in shipment.freight.arrays.values()] == [12, 12, 6, 6, 6, 6]
    first, second = shipment.parcels
    assert first.task.X.size == first.task.train.size == 0

    refused = run_parcel(first)
    assert isinstance(refused, Lacking)
    assert refused.worker.endswith(f" {os.getpid()}")
    laden = shipment.again(first, refused)
    assert laden.freight == shipment.freight
    assert isinstance(run_parcel(laden), CohortResult)
    assert isinstance(run_parcel(second), CohortResult)


def test_a_worker_keeps_the_arrays_of_one_study_only(tasks: list[Task]) -> None:
    studies = [Shipment(tasks), Shipment(tasks)]
    for study in studies:
        assert isinstance(run_parcel(study.again(study.parcels[0], Lacking("here"))), CohortResult)
    assert list(shipping._kept) == [studies[1].freight.key]
    assert isinstance(run_parcel(studies[0].parcels[1]), Lacking)


def test_arrays_are_sent_again_only_to_workers_that_cannot_have_them_yet(tasks: list[Task]) -> None:
    shipment = Shipment([*tasks, *tasks])
    a, b, c, d = shipment.parcels
    to_first = shipment.again(a, Lacking("worker 1"))
    waits = shipment.again(b, Lacking("worker 1"))  # b was sent before the arrays, which are on their way
    to_second = shipment.again(c, Lacking("worker 2"))
    assert [p.freight is None for p in (to_first, waits, to_second)] == [False, True, False]
    once_more = shipment.again(
        waits, Lacking("worker 1")
    )  # sent after the arrays: another worker has taken them
    assert once_more.freight == shipment.freight
    numbers = [p.number for p in (a, b, c, d, to_first, waits, to_second, once_more)]
    assert len(set(numbers)) == len(numbers)
    assert dataclasses.replace(to_first, number=0, freight=None) == dataclasses.replace(a, number=0)


def test_a_worker_that_would_make_other_bits_trains_nothing(
    tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    laden = Shipment(tasks).again(Shipment(tasks).parcels[0], Lacking("here"))
    monkeypatch.setattr(shipping, "__version__", "0.0.1")
    answer = run_parcel(laden)
    assert isinstance(answer, Stranger)
    assert answer.makeup.startswith("shoal 0.0.1 with ")
    assert answer.worker.endswith(f" {os.getpid()}")
    assert shipping._kept == {}


def test_what_a_worker_has_of_a_study_is_not_sent_for_the_final_training(tasks: list[Task]) -> None:
    hold, everything = Hold(), np.arange(12)
    study = Shipment(tasks, hold)
    assert isinstance(run_parcel(study.again(study.parcels[0], Lacking("here"))), CohortResult)
    final = Shipment([dataclasses.replace(tasks[0], train=everything, held=everything[:0])], hold)
    lacking = run_parcel(final.parcels[0])
    assert isinstance(lacking, Lacking)
    sent = final.again(final.parcels[0], lacking)
    assert sent.freight is not None
    assert sorted(array.size for array in sent.freight.arrays.values()) == [0, 12]  # neither X nor y
    assert isinstance(run_parcel(sent), CohortResult)
