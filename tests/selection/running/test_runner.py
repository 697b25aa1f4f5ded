from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from shoal.selection.cohorts.cohort import CohortResult
from shoal.selection.cohorts.task import Task
from shoal.selection.running import runner
from shoal.selection.running.dispatch import completed
from shoal.selection.running.runner import Runner, StudyProgress, Workplace
from shoal.selection.store.trial_store import MemoryStore
from tests.selection.small import task


def test_progress_counts_networks_and_the_work_that_is_left() -> None:
    told: list[StudyProgress] = []
    tasks = [task(0, starts=3), task(1, starts=2), task(2, starts=2)]
    done = {0: next(completed(tasks[:1], n_jobs=1)).trials}
    runner = Runner(MemoryStore(), done, Workplace(n_jobs=1, progress=told.append))
    trials = runner.run(tasks)

    assert [len(part) for part in trials] == [3, 2, 2]
    assert [(p.done, p.total) for p in told] == [(3, 7), (5, 7), (7, 7)]
    best = [min(np.concatenate([t["validation_loss"] for t in trials[:n]])) for n in (1, 2, 3)]
    assert [p.best for p in told] == best
    assert told[0].seconds_left is None
    assert told[1].seconds_left is not None
    assert told[1].seconds_left > 0
    assert told[2].seconds_left == 0
    assert told[1].per_second > 0
    for progress, ended in zip(told, trials, strict=True):
        np.testing.assert_array_equal(progress.trials["validation_loss"], ended["validation_loss"])


def test_a_study_with_an_end_watches_its_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def spied(
        tasks: list[Task], executor: None, n_jobs: int, watched: bool, *_: object
    ) -> Iterator[CohortResult]:
        asked.append(watched)
        yield from ()

    monkeypatch.setattr(runner, "completed", spied)
    for seconds in (None, 60.0):
        Runner(MemoryStore(), {}, Workplace(n_jobs=1, seconds=seconds)).run([])
    assert asked == [False, True]
