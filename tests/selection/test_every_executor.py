"""Studies on executors of other people: the same networks wherever they are trained."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import distributed
import numpy as np
import pytest

from shoal.engines.compiled import module
from shoal.errors import CapacityError
from shoal.selection.running import dispatch
from shoal.selection.running.runner import StudyProgress
from shoal.selection.running.shipping import Lacking, Parcel, Shipment
from shoal.selection.study import CapacityStudy
from tests.waiting import HANGS

SameStudy = Callable[[CapacityStudy, CapacityStudy], None]
RNG = np.random.default_rng(3)
X = RNG.uniform(size=200)
Y = np.sin(2 * np.pi * X) + 0.3 * RNG.normal(size=200)


def study(**options: Any) -> CapacityStudy:
    """A study of 80 networks; a bound on memory makes it 30 cohorts, and folds train the chosen one again."""
    return CapacityStudy(range(1, 6), 4, [0.0, 0.01], epochs=60, memory=60_000, folds=2, **options)


@pytest.fixture(scope="module")
def at_home() -> CapacityStudy:
    return study(n_jobs=1).fit(X, Y)


@pytest.fixture(scope="module")
def cluster() -> Iterator[distributed.Client]:
    """A Dask cluster of two worker processes.

    Its scheduler listens on a port even without a dashboard: on 8787 for None, on one that is free for 0.
    """
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def laden(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The workers that the arrays of a study were sent to, one after the other."""
    workers: list[str] = []

    class Watched(Shipment):
        def again(self, parcel: Parcel, lacking: Lacking) -> Parcel:
            sent = super().again(parcel, lacking)
            if sent.freight is not None:
                workers.append(lacking.worker)
            return sent

    monkeypatch.setattr(dispatch, "Shipment", Watched)
    return workers


def test_spawned_processes_get_the_arrays_with_their_first_task(
    at_home: CapacityStudy, assert_same_study: SameStudy, laden: list[str]
) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert_same_study(study(executor=pool).fit(X, Y), at_home)
    assert len(laden) == 2  # one worker, and one more shipment of all rows to train the chosen network again


def test_workers_of_another_instruction_set_are_refused() -> None:
    """Whatever sets this machine has: the worker is told of one, by name, that its sender does not have."""
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_pretend) as pool,
        pytest.raises(CapacityError, match=r"has shoal .* with native \(x86-64-v9\), and this process"),
    ):
        study(executor=pool).fit(X, Y)


def _pretend() -> None:
    module.INSTRUCTION_SET = "x86-64-v9"


def test_dask_trains_the_same_networks(
    cluster: distributed.Client, at_home: CapacityStudy, assert_same_study: SameStudy, laden: list[str]
) -> None:
    on = cluster.scheduler.address
    assert_same_study(study(on=on).fit(X, Y), at_home)
    assert len(laden) < 10  # of about 30 cohorts


def test_a_dask_worker_killed_in_the_middle_costs_nothing_but_time(
    cluster: distributed.Client, at_home: CapacityStudy, assert_same_study: SameStudy, tmp_path: Path
) -> None:
    """Not one network is lost, and none is there twice: a store refuses a cohort that it has already."""
    pids = list(cluster.run(os.getpid).values())
    done: list[int] = []

    def kill_one(progress: StudyProgress) -> None:
        if progress.done > 10 >= max(done, default=0):
            os.kill(pids[0], signal.SIGKILL)
        done.append(progress.done)

    kept = study(on=cluster.scheduler.address, progress=kill_one, store=tmp_path).fit(X, Y)
    assert_same_study(kept, at_home)
    assert done[-1] == 84
    # the count stands still once, where the final training begins
    assert [a for a, b in itertools.pairwise(done) if a >= b] == [80]
    cluster.wait_for_workers(2, timeout=HANGS)
    assert set(cluster.run(os.getpid).values()) != set(pids)


def test_a_study_interrupted_on_dask_goes_on_at_home(
    cluster: distributed.Client, at_home: CapacityStudy, assert_same_study: SameStudy, tmp_path: Path
) -> None:
    def interrupt(progress: StudyProgress) -> None:
        if progress.done > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="fit with resume=True to go on"):
        study(executor=cluster.get_executor(), progress=interrupt, store=tmp_path).fit(X, Y)
    told: list[StudyProgress] = []
    assert_same_study(study(n_jobs=1, store=tmp_path, progress=told.append).fit(X, Y, resume=True), at_home)
    assert told[0].done > 20
