from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.populations.trainer import train
from shoal.selection.running.runner import StudyProgress
from shoal.selection.samples.attributes import Attributes
from shoal.selection.store.networks import StoredNetworks
from shoal.selection.store.trial_store import TrialStore
from shoal.selection.study import CapacityStudy
from tests.waiting import written

STUDY = """
    import os, signal, sys
    import numpy as np
    from shoal.selection.study import CapacityStudy

    store, n_jobs, kill_after = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = np.random.default_rng(3)
    X = rng.uniform(size=200)
    y = np.sin(2 * np.pi * X) + 0.3 * rng.normal(size=200)
    calls = 0

    def progress(p):
        global calls
        calls += 1
        print(p.done, flush=True)
        sys.stdin.readline()  # where there is somebody to wait for, until told to go on
        if calls - 1 == kill_after:
            os.kill(os.getpid(), signal.SIGKILL)

    def study(**options):
        small = {"epochs": 60, "memory": 60_000}  # a bound on memory makes many small cohorts
        return CapacityStudy(range(1, 6), 4, [0.0, 0.01], **small, **options)

    if __name__ == "__main__":
        try:
            study(store=store, n_jobs=n_jobs, progress=progress).fit(X, y, resume=True)
        except KeyboardInterrupt as error:
            print(error, file=sys.stderr)
            sys.exit(130)
"""


@pytest.fixture
def started(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start the study above in a process of its own, on the folder ``kept``."""
    script = tmp_path / "study_script.py"
    script.write_text(textwrap.dedent(STUDY))

    def start(n_jobs: int, kill_after: int = -1, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        command = [sys.executable, str(script), str(tmp_path / "kept"), str(n_jobs), str(kill_after)]
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "study_script"}
    code = textwrap.dedent(STUDY).replace("sys.argv[1], int(sys.argv[2]), int(sys.argv[3])", "None, 1, -1")
    exec(code, namespace)  # noqa: S102
    return namespace


@pytest.fixture(scope="module")
def undisturbed(script: dict[str, Any]) -> CapacityStudy:
    study: CapacityStudy = script["study"](n_jobs=1).fit(script["X"], script["y"])
    assert len(study.table) == 40
    return study


def resume(tmp_path: Path, script: dict[str, Any], told: list[StudyProgress]) -> CapacityStudy:
    study: CapacityStudy = script["study"](store=tmp_path / "kept", n_jobs=1, progress=told.append)
    return study.fit(script["X"], script["y"], resume=True)


@pytest.mark.parametrize(("n_jobs", "cohorts"), [(1, 0), (1, 7), (2, 4)])
def test_a_study_killed_after_some_cohorts_ends_as_if_undisturbed(
    assert_same_study: Callable[[CapacityStudy, CapacityStudy], None],
    tmp_path: Path,
    started: Callable[..., subprocess.Popen[str]],
    script: dict[str, Any],
    undisturbed: CapacityStudy,
    n_jobs: int,
    cohorts: int,
) -> None:
    process = started(n_jobs, kill_after=cohorts)
    out, _ = written(process)
    assert process.returncode == -signal.SIGKILL
    told: list[StudyProgress] = []
    resumed = resume(tmp_path, script, told)
    assert told[0].done == int(out.split()[-1])
    assert told[0].done > 0 or cohorts == 0
    assert_same_study(resumed, undisturbed)
    assert_same_weights(tmp_path / "kept", undisturbed, script)


@pytest.mark.parametrize("attempt", range(2))
def test_a_study_killed_again_and_again_at_random_moments_ends_as_if_undisturbed(
    assert_same_study: Callable[[CapacityStudy, CapacityStudy], None],
    tmp_path: Path,
    started: Callable[..., subprocess.Popen[str]],
    script: dict[str, Any],
    undisturbed: CapacityStudy,
    attempt: int,
) -> None:
    pause = random.Random(attempt)  # noqa: S311
    done = 0
    for _ in range(3):
        process = started(n_jobs=1)
        assert process.stdout is not None
        begun_with = int(process.stdout.readline())
        assert begun_with >= done  # nothing that was told is lost
        time.sleep(pause.uniform(0, 0.15))
        process.kill()
        told, _ = process.communicate()
        done = int(([begun_with, *told.split()])[-1])
    progress: list[StudyProgress] = []
    resumed = resume(tmp_path, script, progress)
    assert progress[0].done >= done
    assert_same_study(resumed, undisturbed)
    assert_same_weights(tmp_path / "kept", undisturbed, script)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_ends_a_study_with_a_word_on_resuming(
    assert_same_study: Callable[[CapacityStudy, CapacityStudy], None],
    tmp_path: Path,
    started: Callable[..., subprocess.Popen[str]],
    script: dict[str, Any],
    undisturbed: CapacityStudy,
    n_jobs: int,
) -> None:
    process = started(n_jobs, stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
        print(file=process.stdin, flush=True)
    os.killpg(process.pid, signal.SIGINT)
    _, err = written(process)
    assert process.returncode == 130
    assert "they are kept in" in err
    assert "Traceback" not in err
    told: list[StudyProgress] = []
    assert_same_study(resume(tmp_path, script, told), undisturbed)
    assert told[0].done > 0


def assert_same_weights(folder: Path, undisturbed: CapacityStudy, script: dict[str, Any]) -> None:
    """Hold every network in the folder to the one that a study in memory trains."""
    tasks = undisturbed._design(script["X"], script["y"], None, Attributes()).tasks()
    store = TrialStore(folder)
    stored = StoredNetworks(store, tasks)
    for task in tasks:
        keys = [(m.candidate.index, m.start, task.cohort.fold) for m in task.cohort.members]
        expected = train(
            task.network.population(1, candidate=keys[0][0], first_start=keys[0][1], dtype="float64"),
            script["X"][task.train],
            script["y"][task.train],
            solver="scg",
            epochs=60,
            l2=task.cohort.members[0].candidate.l2,
        )
        np.testing.assert_array_equal(stored.population(keys).theta[0], expected.population.theta[0])
    store.close()
