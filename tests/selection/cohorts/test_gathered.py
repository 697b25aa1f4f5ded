"""What cohorts are trained on is gathered once a study, and looked at once."""

from __future__ import annotations

import dataclasses
import gc
import tracemalloc
import weakref
from collections import Counter
from typing import Any

import numpy as np
import pytest

from shoal import CapacityStudy, shapes
from shoal.errors import DataError
from shoal.jobs.memory.room import LATER
from shoal.layers import Dense, Embedding, Flatten
from shoal.networks import chain
from shoal.populations.network import Network
from shoal.selection.candidates.candidate import Candidate, Form
from shoal.selection.cohorts import gathered
from shoal.selection.cohorts.cohort import run_cohort
from shoal.selection.cohorts.gathered import Commons
from shoal.selection.cohorts.inputs import Inputs
from shoal.selection.cohorts.planning import Cohort, Member
from shoal.selection.cohorts.task import Conditions, Task
from shoal.training.recipe import Recipe

N, WIDTH = 4000, 64
ROWS = np.random.default_rng(0).normal(size=(N, WIDTH)).astype(np.float32)
TARGETS = ROWS[:, 0].astype(np.float64)
TRAIN, HELD = np.arange(0, N, 2), np.arange(1, N, 2)


def task(units: int = 1, **changes: Any) -> Task:
    form = Form((units,))
    cohort = Cohort(0, form, 0, (Member(Candidate(0, (units,), 0.0), 0),), 1.0)
    network = Network(WIDTH, [Dense(units, "tanh"), Dense(1)])
    recipe = Recipe(epochs=1, batch_size=100)
    whole = Task(cohort, network, recipe, Conditions("float32"), ROWS, TARGETS, TRAIN, HELD)
    return dataclasses.replace(whole, **changes)


def test_cohorts_of_a_fold_share_their_samples() -> None:
    commons = Commons()
    first = commons.of(task())
    np.testing.assert_array_equal(first.trained.samples.X, ROWS[TRAIN])
    assert first.judged is not None
    np.testing.assert_array_equal(first.judged.samples.y, TARGETS[HELD][None].astype(np.float32))
    assert commons.of(task(units=5)) is first
    others: list[dict[str, Any]] = [
        {"train": TRAIN.copy()},
        {"held": HELD[:0]},
        {"weights": np.ones(N)},
        {"conditions": Conditions("float64")},
        {"inputs": Inputs(np.array([0, 3]))},
        {"inputs": Inputs(scale=np.full(WIDTH, 0.5))},
    ]
    assert len({id(commons.of(task(**other))) for other in others} | {id(first)}) == len(others) + 1


def test_views_are_the_same_wherever_a_task_has_come_from() -> None:
    commons = Commons()
    one, same = (commons.of(task(inputs=Inputs(np.array([2, 7])))) for _ in range(2))
    assert one is same
    np.testing.assert_array_equal(one.trained.samples.X, ROWS[TRAIN][:, [2, 7]])


def test_the_second_cohort_of_a_fold_copies_nothing() -> None:
    def most(units: int) -> int:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        run_cohort(task(units), commons=commons)
        return tracemalloc.get_traced_memory()[1] - before

    run_cohort(task(), commons=Commons())  # whatever is loaded once
    commons = Commons()
    tracemalloc.start()
    try:
        first, second = most(1), most(2)
    finally:
        tracemalloc.stop()
    assert first > ROWS.nbytes
    assert second < ROWS.nbytes / 4


def test_a_study_looks_at_its_samples_however_many_cohorts_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[str] = Counter()
    looks = shapes.all_finite

    def all_finite(array: Any) -> bool:
        seen["numbers"] += array.size if array.ndim == 2 and array.shape[1] == WIDTH else 0
        return looks(array)

    gathers = Inputs.rows

    def rows(inputs: Inputs, *arguments: Any) -> Any:
        seen["gathered"] += 1
        return gathers(inputs, *arguments)

    monkeypatch.setattr(shapes, "all_finite", all_finite)
    monkeypatch.setattr(Inputs, "rows", rows)
    X, y = ROWS[:300], TARGETS[:300]
    for hidden, starts, n_jobs in (([1], 1, 1), ([1, 2, 3], 4, 1), ([1, 2, 3], 4, 2)):
        seen.clear()
        CapacityStudy(hidden, starts, epochs=2, folds=3, n_jobs=n_jobs).fit(X, y)
        # as they come, in the precision of the solver, and held out to be predicted; two parts of each fold
        # for all cohorts, and of one for the curves of the network chosen, then all samples at the end
        assert seen == {"numbers": 3 * X.size, "gathered": 2 * 3 + 2 + 1}


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "KEPT", 0)


def test_what_is_kept_takes_no_more_than_what_is_loaded_later() -> None:
    assert gathered.KEPT <= LATER


def test_of_large_samples_the_last_alone_are_kept_and_those_in_use(no_room: None) -> None:
    commons = Commons()
    used, last = commons.of(task()), weakref.ref(commons.of(task(train=HELD, held=TRAIN)))
    gc.collect()
    assert last() is not None
    assert commons.of(task()) is used  # a cohort still works with it
    gc.collect()
    assert last() is None


def test_too_large_for_single_precision_is_said_before_the_first_cohort() -> None:
    X = np.ones((30, 2))
    X[3, 1] = 1e300
    with pytest.raises(DataError, match=r"X reaches 1e\+300, too large for float32"):
        CapacityStudy([1], epochs=1, solver="adam").fit(X, np.arange(30.0))


def test_codes_that_a_first_layer_does_not_know_are_refused_by_each() -> None:
    codes = np.full((10, 4), 3.0)
    commons = Commons()

    def of_words(words: int) -> Task:
        network = Network(4, [Embedding(words, 2), Flatten(), Dense(1)])
        rows = {"train": np.arange(8), "held": np.arange(8, 10)}
        return task(network=network, X=codes, y=np.zeros(10), conditions=Conditions("float64"), **rows)

    commons.of(of_words(4))
    with pytest.raises(DataError, match="3"):
        commons.of(of_words(3))
    assert chain.finite_rows(np.array([[np.nan]]), "X", checked=True).shape == (1, 1)
